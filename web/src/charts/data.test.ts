import { describe, expect, it } from 'vitest';
import { binsOf, grainOf, gridOf, niceStep } from './data';
import { sumOf } from './decimals';
import { resultOf, tileOf } from './fixtures';

describe('grids', () => {
  const result = resultOf(['month DATE', 'country VARCHAR', 'revenue DECIMAL(12,2)'], [
    ['2011-02-01', 'France', '2.00'],
    ['2011-01-01', 'France', '1.00'],
    ['2011-01-01', 'Spain', '3.00'],
  ]);
  it('have a series for each value of the column, and gaps where there is no row', () => {
    const grid = gridOf(tileOf({ chart: 'line', x: 'month', y: ['revenue'], series: 'country' }), result);
    expect(grid.xs).toEqual(['2011-01-01', '2011-02-01']);
    expect(grid.series).toEqual([
      { name: 'France', column: 2, points: [{ value: 1, row: 1 }, { value: 2, row: 0 }] },
      { name: 'Spain', column: 2, points: [{ value: 3, row: 2 }, { value: null, row: null }] },
    ]);
  });
  it('of lines go in the order of time, of bars in that of the query', () => {
    expect(gridOf(tileOf({ chart: 'line', x: 'month', y: ['revenue'] }), result).xs).toEqual(['2011-01-01', '2011-01-01', '2011-02-01']);
    expect(gridOf(tileOf({ chart: 'bar', x: 'month', y: ['revenue'] }), result).xs).toEqual(['2011-02-01', '2011-01-01', '2011-01-01']);
  });
  it('have a series for each y, also beside a series', () => {
    const wide = resultOf(['day DATE', 'EUR DOUBLE', 'GBP DOUBLE', 'kind VARCHAR'], [['2017-03-02', 0.9, 0.8, 'a']]);
    expect(gridOf(tileOf({ chart: 'line', x: 'day', y: ['EUR', 'GBP'] }), wide).series.map(({ name }) => name)).toEqual(['EUR', 'GBP']);
    expect(gridOf(tileOf({ chart: 'line', x: 'day', y: ['EUR', 'GBP'], series: 'kind' }), wide).series.map(({ name }) => name)).toEqual(['a · EUR', 'a · GBP']);
  });
});

describe('bins', () => {
  it('hold every value, the greatest too, within limits that are round', () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i * 7919) % 301);
    const bins = binsOf(values);
    expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(1000);
    expect(bins.length).toBeGreaterThanOrEqual(5);
    expect(bins.length).toBeLessThanOrEqual(41);
    for (const bin of bins) expect(values.filter((value) => value >= bin.from && (value < bin.to || (bin === bins.at(-1) && value <= bin.to))).length).toBe(bin.count);
    const step = bins[0]!.to - bins[0]!.from;
    expect(niceStep(step)).toBeCloseTo(step, 9);
  });
  it('of prices begin and end at exact limits', () => {
    const bins = binsOf([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
    expect(bins.every(({ from, to }) => String(from).length < 5 && String(to).length < 5)).toBe(true);
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(7);
  });
  it('of negative values and of one value', () => {
    expect(binsOf([-5, -1, 0, 3, 9]).reduce((sum, { count }) => sum + count, 0)).toBe(5);
    expect(binsOf([4, 4])).toEqual([{ from: 4, to: 4, count: 2 }]);
    expect(binsOf([])).toEqual([]);
  });
  it('count what rows count for', () => expect(binsOf([1, 2], [10, 5]).reduce((sum, { count }) => sum + count, 0)).toBe(15));
});

it('times have a grain', () => {
  expect(grainOf(['2010-01-01', '2011-01-01'])).toBe('year');
  expect(grainOf(['2010-12-01', '2011-01-01', null])).toBe('month');
  expect(grainOf(['2010-12-01', '2010-12-02T00:00:00Z'])).toBe('day');
  expect(grainOf(['2010-12-01T08:00:00Z'])).toBe('time');
});

it('decimals are added exactly', () => {
  expect(sumOf(['0.1', '0.2'])).toBe('0.3');
  expect(sumOf(['12345678901234567890.12', '-0.003', '1'])).toBe('12345678901234567891.117');
  expect(sumOf(['-1.5', '1'])).toBe('-0.5');
  expect(sumOf([])).toBe('0');
  expect(sumOf(['1e3'])).toBe(null);
});
