import { expect, it } from 'vitest';
import { placesOf, plain } from './countries';
import { cut, ringsOf } from './dateline';
import { project, shapes, unproject } from './world';

// As they stand in the file of the retailer.
const RETAIL =
  'United Kingdom,Germany,France,EIRE,Spain,Netherlands,Belgium,Switzerland,Portugal,Australia,Norway,Italy,Channel Islands,Finland,Cyprus,Sweden,Austria,Denmark,Japan,Poland,Israel,USA,Hong Kong,Singapore,Iceland,Canada,Greece,Malta,United Arab Emirates,RSA,Lebanon,Lithuania,Brazil,Czech Republic,Bahrain,Saudi Arabia';

it('every country of the retailer has a shape', () => expect(RETAIL.split(',').filter((name) => !placesOf(name).some((place) => shapes.has(place)))).toEqual([]));
it('what is no country has no place', () => expect(['European Community', 'Unspecified', '', 'null', 'Atlantis'].map(placesOf)).toEqual([[], [], [], [], []]));
it('codes, names and older names lead to one place', () => {
  expect(new Set(['GB', 'gbr', 'UK', 'United Kingdom', 'Great Britain', ' united kingdom '].map((name) => placesOf(name).join()))).toEqual(new Set(['826']));
  expect(placesOf("Cote d'Ivoire")).toEqual(placesOf('Côte d’Ivoire'));
  expect(placesOf('Channel Islands')).toEqual(['832', '831']);
  expect(plain('Trinidad & Tobago')).toBe(plain('Trinidad and Tobago'));
});
it('few names of real posts have no place', () => {
  const names = ['Bosnia and Herzegovina', 'Korea', 'Libyan Arab Jamahiriya', 'Holy See (Vatican City State)', 'Sao Tome and Principe', 'British Virgin Islands', 'Saint Kitts and Nevis', 'Slovakia (Slovak Republic)', 'Netherlands Antilles', 'Swaziland', 'Lao People\'s Democratic Republic'];
  expect(names.filter((name) => placesOf(name).length === 0)).toEqual([]);
});

it('shapes are cut where the map ends', () => {
  const crossing: [number, number][] = [[170, 0], [-170, 0], [-170, 10], [170, 10], [170, 0]];
  const parts = ringsOf(crossing);
  expect(parts).toHaveLength(2);
  for (const ring of parts) expect(Math.max(...ring.map(([x]) => x!)) - Math.min(...ring.map(([x]) => x!))).toBe(10);
  const plainRing: [number, number][] = [[0, 0], [10, 0], [10, 10], [0, 0]];
  expect(cut({ type: 'Polygon', coordinates: [plainRing] })).toEqual({ type: 'MultiPolygon', coordinates: [[plainRing]] });
});

it('a place on the map leads back to its coordinates', () => {
  for (const place of [[0, 0], [12.5, 41.9], [-70.3, -33.4], [179, 70]] as [number, number][]) {
    const [x, y] = unproject(project(place));
    expect(x).toBeCloseTo(place[0], 6);
    expect(y).toBeCloseTo(place[1], 6);
  }
  // By the paper, the equator is 0.8707 of its length.
  expect(project([180, 0])[0]).toBeCloseTo(0.8707 * Math.PI, 10);
});
