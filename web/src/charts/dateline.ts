// Shapes that cross the 180th meridian are whole on a globe; on paper they are cut there, or they would lie across the whole map.
import type { MultiPolygon, Polygon, Position } from 'geojson';

const TURN = 360;
const EDGE = 180;

/** Longitudes without a jump: they may go on beyond 180. */
function unwrapped(ring: Position[]): Position[] {
  let turns = 0;
  return ring.map(([longitude = 0, latitude = 0], at) => {
    const before = ring[at - 1]?.[0];
    if (before !== undefined && longitude - before > EDGE) turns -= TURN;
    if (before !== undefined && before - longitude > EDGE) turns += TURN;
    return [longitude + turns, latitude];
  });
}

/** The part of a ring on one side of a meridian, after Sutherland and Hodgman. */
function clipped(ring: Position[], meridian: number, isEast: boolean): Position[] {
  const isIn = ([longitude = 0]: Position) => (isEast ? longitude >= meridian : longitude <= meridian);
  const part: Position[] = [];
  ring.forEach((point, at) => {
    const before = ring[(at + ring.length - 1) % ring.length]!;
    if (isIn(point) !== isIn(before)) {
      const share = (meridian - before[0]!) / (point[0]! - before[0]!);
      part.push([meridian, before[1]! + share * (point[1]! - before[1]!)]);
    }
    if (isIn(point)) part.push(point);
  });
  return part.length > 2 ? [...part, part[0]!] : [];
}

export function ringsOf(ring: Position[]): Position[][] {
  const whole = unwrapped(ring);
  const longitudes = whole.map(([longitude = 0]) => longitude);
  const west = Math.min(...longitudes) < -EDGE;
  const meridian = west ? -EDGE : EDGE;
  if (!west && Math.max(...longitudes) <= EDGE) return [ring];
  const beyond = clipped(whole, meridian, !west).map(([longitude = 0, latitude = 0]) => [longitude + (west ? TURN : -TURN), latitude]);
  return [clipped(whole, meridian, west), beyond].filter((part) => part.length > 0);
}

/** Holes of shapes that are cut are few and small, and left out. */
export function cut(shape: Polygon | MultiPolygon): MultiPolygon {
  const polygons = shape.type === 'Polygon' ? [shape.coordinates] : shape.coordinates;
  return {
    type: 'MultiPolygon',
    coordinates: polygons.flatMap((polygon) => {
      const rings = ringsOf(polygon[0]!);
      return rings.length === 1 && rings[0] === polygon[0] ? [polygon] : rings.map((ring) => [ring]);
    }),
  };
}
