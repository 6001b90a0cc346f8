import { describe, expect, it } from 'vitest';
import { Numeral } from '../api/json';
import { describe as described } from './describe';
import { palette, resultOf, tileOf } from './fixtures';
import { drawMap } from './map';
import type { Drawing } from './look';
import { draw } from './options';
import { timeLabel, timeTicks } from './times';

interface Series {
  name: string;
  type: string;
  data: unknown[];
  stack?: string;
  tooltip?: { valueFormatter: (value: unknown, at: number) => string };
}
interface Axis {
  type: string;
  data?: string[];
  name?: string;
  inverse?: boolean;
  axisLabel: { formatter?: (value: never, at: number) => string; width?: number };
}
const look = { palette, width: 600, values: {} };
const seriesOf = (drawing: Drawing): Series[] => drawing.option.series as Series[];
const axisOf = (drawing: Drawing, axis: 'xAxis' | 'yAxis'): Axis => drawing.option[axis] as Axis;
const tipOf = (drawing: Drawing): ((mark: object) => string) => (drawing.option.tooltip as { formatter: (mark: object) => string }).formatter;

const countries = resultOf(['country VARCHAR', 'revenue DECIMAL(38,2)'], [
  ['France', new Numeral('12345678901234567.89')],
  ['Spain', '20.50'],
]);

describe('bars', () => {
  const tile = tileOf({ x: 'country', y: ['revenue'], format: { revenue: 'currency GBP' } });
  it('stand at names, tell every digit and have short axes', () => {
    const drawing = draw(tile, countries, look);
    expect(axisOf(drawing, 'xAxis')).toMatchObject({ type: 'category', data: ['France', 'Spain'] });
    expect(seriesOf(drawing)[0]).toMatchObject({ type: 'bar', data: [12345678901234568, 20.5] });
    expect(seriesOf(drawing)[0]!.tooltip!.valueFormatter(0, 0)).toBe('£12,345,678,901,234,567.89');
    expect(axisOf(drawing, 'yAxis').axisLabel.formatter!(34_000 as never, 0)).toBe('£34k');
    expect(drawing.rowOf(0, 1)).toBe(1);
  });
  it('lie when they are horizontal, the first one on top', () => {
    const drawing = draw({ ...tile, horizontal: true }, countries, look);
    expect(axisOf(drawing, 'yAxis')).toMatchObject({ type: 'category', inverse: true });
    expect(axisOf(drawing, 'xAxis').type).toBe('value');
  });
  it('need no legend when there is one series', () => {
    expect(draw(tile, countries, look).option.legend).toEqual({ show: false });
    const two = resultOf(['c VARCHAR', 'a BIGINT', 'b BIGINT'], [['x', 1, 2]]);
    expect(draw(tileOf({ x: 'c', y: ['a', 'b'], stacked: true }), two, look).option.legend).toMatchObject({ data: ['A', 'B'] });
    expect(seriesOf(draw(tileOf({ x: 'c', y: ['a', 'b'], stacked: true }), two, look)).map(({ stack }) => stack)).toEqual(['all', 'all']);
  });
  it('that are not chosen step back', () => {
    const drawing = draw({ ...tile, sets: { land: 'country' } }, countries, { ...look, values: { land: 'Spain' } });
    expect(seriesOf(drawing)[0]!.data).toEqual([{ value: 12345678901234568, itemStyle: { opacity: 0.32 } }, 20.5]);
  });
  it('of months name the year where it begins', () => {
    const drawing = draw(tileOf({ x: 'month', y: ['n'] }), resultOf(['month DATE', 'n BIGINT'], [['2010-12-01', 1], ['2011-01-01', 2], ['2011-02-01', 3]]), look);
    expect(axisOf(drawing, 'xAxis').data).toEqual(['Dec 2010', 'Jan 2011', 'Feb 2011']);
    expect([0, 1, 2].map((at) => axisOf(drawing, 'xAxis').axisLabel.formatter!('' as never, at))).toEqual(['Dec\n2010', 'Jan\n2011', 'Feb']);
  });
  it('have names that lean where they are too long, and stand again where they are few', () => {
    const labels = (count: number) => draw(tileOf({ x: 'c', y: ['n'] }), resultOf(['c VARCHAR', 'n BIGINT'], Array.from({ length: count }, (_, i) => [`a long name ${i}`, i])), look);
    const rotated = [3, 12, 60].map((count) => axisOf(labels(count), 'xAxis').axisLabel as { rotate?: number; interval?: unknown });
    expect(rotated.map(({ rotate, interval }) => [rotate, interval])).toEqual([[0, 0], [38, 0], [0, 'auto']]);
  });
  it('of years are called 2010, not 2,010', () => {
    const drawing = draw(tileOf({ x: 'year', y: ['n'] }), resultOf(['year BIGINT', 'n BIGINT'], [[2010, 1], [null, 2]]), look);
    expect(axisOf(drawing, 'xAxis').data).toEqual(['2010', '–']);
  });
  it('of two series of one name stay two', () => {
    const drawing = draw(tileOf({ x: 'c', y: ['n'], series: 's' }), resultOf(['c VARCHAR', 's VARCHAR', 'n BIGINT'], [['x', 'n', 1], ['x', null, 2], ['x', 'null', 2]]), look);
    expect(new Set(seriesOf(drawing).map(({ name }) => name)).size).toBe(seriesOf(drawing).length);
  });
});

describe('lines', () => {
  it('have time along them and gaps where nothing is known', () => {
    const drawing = draw(tileOf({ chart: 'line', x: 'at', y: ['n'] }), resultOf(['at TIMESTAMP', 'n BIGINT'], [['2011-01-02 00:00:00', null], ['2011-01-01 00:00:00', 4]]), look);
    expect(axisOf(drawing, 'xAxis').type).toBe('time');
    expect(seriesOf(drawing)[0]!.data).toEqual([[Date.UTC(2011, 0, 1), 4], [Date.UTC(2011, 0, 2), null]]);
    expect(seriesOf(drawing)[0]!.tooltip!.valueFormatter(null, 1)).toBe('–');
    expect(drawing.rowOf(0, 0)).toBe(1);
  });
  it('of areas that stand on each other have nought for what is missing, and say so', () => {
    const result = resultOf(['x BIGINT', 's VARCHAR', 'n BIGINT'], [[1, 'a', 5], [2, 'b', 6]]);
    const [a] = seriesOf(draw(tileOf({ chart: 'area', stacked: true, x: 'x', y: ['n'], series: 's' }), result, look));
    expect(a!.data).toEqual([[1, 5], [2, 0]]);
    expect(a!.tooltip!.valueFormatter(0, 1)).toBe('–');
  });
  it('have ticks that tell what differs', () => {
    const ticks = (from: string, to: string, ...values: number[]) => values.map(timeTicks([from, to]));
    expect(ticks('2017-03-02', '2017-03-09', Date.UTC(2017, 2, 2), Date.UTC(2017, 2, 4))).toEqual(['2 Mar 2017', '4 Mar']);
    expect(ticks('2010-12-01', '2011-12-09', Date.UTC(2010, 11, 1), Date.UTC(2011, 0, 1), Date.UTC(2011, 2, 1))).toEqual(['Dec 2010', '2011', 'Mar']);
    expect(ticks('2011-01-01T08:00:00Z', '2011-01-02T09:00:00Z', Date.UTC(2011, 0, 1, 12), Date.UTC(2011, 0, 2))).toEqual(['12:00', '2 Jan']);
    expect(ticks('2001-01-01', '2011-01-01', Date.UTC(2005, 0, 1))).toEqual(['2005']);
  });
  it('that begin far from nought have labels of their own', () => {
    const drawing = draw(tileOf({ chart: 'line', x: 'day', y: ['yen'], format: { yen: 'currency JPY' } }), resultOf(['day DATE', 'yen DECIMAL(18,6)'], [['2017-03-02', '114.1'], ['2017-03-03', '114.9']]), look);
    expect(axisOf(drawing, 'yAxis')).toMatchObject({ scale: true });
    expect([114.2, 114.4].map((value) => axisOf(drawing, 'yAxis').axisLabel.formatter!(value as never, 0))).toEqual(['¥114.2', '¥114.4']);
  });
  it('tell times by their grain', () => expect([timeLabel(Date.UTC(2011, 0, 1), 'year'), timeLabel(Date.UTC(2011, 0, 1), 'month'), timeLabel(Date.UTC(2011, 0, 1), 'day'), timeLabel(Number.NaN, 'day')]).toEqual(['2011', 'Jan 2011', '1 Jan 2011', '–']));
});

describe('pies', () => {
  it('draw what is small together, without losing a penny', () => {
    const rows = Array.from({ length: 12 }, (_, i) => [`c${i}`, `${100 - i}.10`]);
    const drawing = draw(tileOf({ chart: 'pie', x: 'c', y: ['n'] }), resultOf(['c VARCHAR', 'n DECIMAL(12,2)'], rows), look);
    expect(seriesOf(drawing)[0]!.data).toHaveLength(8);
    expect(seriesOf(drawing)[0]!.data.at(-1)).toMatchObject({ name: '5 others' });
    expect(tipOf(drawing)({ dataIndex: 7 })).toBe('5 others\n455.50  ·  40.1%');
    expect(drawing.rowOf(0, 7)).toBe(null);
    expect(drawing.rowOf(0, 0)).toBe(0);
  });
  it('say what cannot be a slice', () => {
    const drawing = draw(tileOf({ chart: 'pie', x: 'c', y: ['n'] }), resultOf(['c VARCHAR', 'n BIGINT'], [['a', 1], ['b', -2], ['c', null]]), look);
    expect(seriesOf(drawing)[0]!.data).toHaveLength(1);
    expect(drawing.notes).toEqual(['2 that are not above nought cannot be slices.']);
  });
});

describe('scatters, heat maps, histograms', () => {
  it('points are by group and lead back to their rows', () => {
    const result = resultOf(['x DOUBLE', 'y DOUBLE', 'who VARCHAR'], [[1, 2, 'a'], [3, 4, 'b'], [5, 6, 'a']]);
    const drawing = draw(tileOf({ chart: 'scatter', x: 'x', y: ['y'], series: 'who' }), result, look);
    expect(seriesOf(drawing).map(({ name, data }) => [name, data])).toEqual([['a', [{ value: [1, 2] }, { value: [5, 6] }]], ['b', [{ value: [3, 4] }]]]);
    expect(drawing.rowOf(0, 1)).toBe(2);
    expect(tipOf(drawing)({ seriesIndex: 0, dataIndex: 1 })).toBe('a\nX: 5\nY: 6');
  });
  it('cells are at the places of their names', () => {
    const result = resultOf(['hour BIGINT', 'day VARCHAR', 'n BIGINT'], [[20, 'Mon', 3], [6, 'Tue', 5], [20, 'Tue', null]]);
    const drawing = draw(tileOf({ chart: 'heatmap', x: 'hour', y: ['day'], value: 'n' }), result, look);
    // Numbers in their order, names in that of the query.
    expect(axisOf(drawing, 'xAxis').data).toEqual(['6', '20']);
    expect(axisOf(drawing, 'yAxis').data).toEqual(['Mon', 'Tue']);
    expect(seriesOf(drawing)[0]!.data.map((cell) => (cell as { value: number[] }).value)).toEqual([[1, 0, 3], [0, 1, 5]]);
    expect(tipOf(drawing)({ dataIndex: 1 })).toBe('6 · Tue\n5');
  });
  it('bars of a histogram are its bins, and so is its table', () => {
    const result = resultOf(['price DECIMAL(12,2)'], [['1.00'], ['2.00'], ['2.50'], ['9.00'], [null]]);
    const drawing = draw(tileOf({ chart: 'histogram', x: 'price' }), result, look);
    const data = seriesOf(drawing)[0]!.data as number[];
    expect(data.reduce((a, b) => a + b, 0)).toBe(4);
    expect(drawing.table!.rows.map((row) => row[2])).toEqual(data);
    expect(drawing.notes).toEqual(['1 without a value is left out.']);
  });
});

describe('maps', () => {
  it('lose no row: what has no place is told, with its number', () => {
    const result = resultOf(['country VARCHAR', 'revenue DECIMAL(12,2)'], [['EIRE', '5'], ['Channel Islands', '7'], ['European Community', '1291.75'], ['France', '2'], ['FR', '3']]);
    const drawing = drawMap(tileOf({ chart: 'map', x: 'country', y: ['revenue'], format: { revenue: 'currency GBP' } }), result, look);
    expect(seriesOf(drawing)[0]!.data.map((item) => (item as { name: string; value: number }).name)).toEqual(['372', '832', '831', '250']);
    expect(drawing.notes).toEqual(['Without a place on the map: European Community £1,291.75, FR £3.00.']);
    expect(drawing.rowOf(0, 2)).toBe(1);
    expect(tipOf(drawing)({ name: '372', dataIndex: 0 })).toBe('EIRE\n£5.00');
    expect(tipOf(drawing)({ name: '276', dataIndex: 99 })).toBe('Germany\nnothing');
  });
});

it('a chart is told in words', () => {
  expect(described(tileOf({ title: 'Revenue', x: 'country', y: ['revenue'], format: { revenue: 'currency GBP' } }), countries)).toBe('Bar chart: Revenue, 2 values. Revenue from £20.50 (Spain) to £12,345,678,901,234,567.89 (France).');
  expect(described(tileOf({ title: 'Empty', x: 'country', y: ['revenue'] }), resultOf(['country VARCHAR', 'revenue BIGINT'], []))).toBe('Bar chart: Empty, 0 values.');
});
