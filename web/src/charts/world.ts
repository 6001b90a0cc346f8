// The countries of the world: Natural Earth at 1:50 million, public domain, drawn in its own projection. Loaded when a map is shown.
import { MapChart } from 'echarts/charts';
import { registerMap, use } from 'echarts/core';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import type { MultiPolygon, Polygon } from 'geojson';
import atlas from 'world-atlas/countries-50m.json';
import { cut } from './dateline';

export const WORLD = 'world';
const ANTARCTICA = '010';

interface Named {
  name: string;
}

const topology = atlas as unknown as Topology<{ countries: GeometryCollection<Named> }>;
const world = feature(topology, topology.objects.countries);

/** Places that have a shape, with their usual names: by number of ISO 3166, else by name. */
export const shapes = new Map<string, string>();
for (const one of world.features) {
  const id = one.id === undefined ? one.properties.name : String(one.id);
  if (id !== ANTARCTICA) shapes.set(id, one.properties.name);
}

use([MapChart]);
registerMap(WORLD, {
  geoJSON: {
    type: 'FeatureCollection',
    features: world.features
      .filter((one) => String(one.id) !== ANTARCTICA)
      .map((one) => ({ ...one, geometry: cut(one.geometry as Polygon | MultiPolygon), properties: { name: one.id === undefined ? one.properties.name : String(one.id) } })),
  } as never,
  specialAreas: {},
});

// The polynomial of B. Šavrič, T. Patterson and B. Jenny, "The Natural Earth projection", 2011.
const RADIANS = Math.PI / 180;
export function project([longitude, latitude]: [number, number]): [number, number] {
  const phi = latitude * RADIANS;
  const p2 = phi * phi;
  const p4 = p2 * p2;
  const length = 0.8707 - 0.131979 * p2 + p4 * (-0.013791 + p4 * p2 * (0.003971 - 0.001529 * p2));
  const y = phi * (1.007226 + p2 * (0.015085 + p4 * (-0.044475 + 0.028874 * p2 - 0.005916 * p4)));
  return [longitude * RADIANS * length, -y];
}

/** By Newton's method on the distance from the equator. */
export function unproject([x, y]: [number, number]): [number, number] {
  let latitude = -y / RADIANS;
  for (let i = 0; i < 8; i += 1) {
    const at = -project([0, latitude])[1];
    const slope = (-project([0, latitude + 0.01])[1] - at) / 0.01;
    latitude -= (at + y) / slope;
  }
  return [x / project([1, latitude])[0], latitude];
}
