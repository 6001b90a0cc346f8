// What a chart draws of a result: its rows by series, and the way back from a mark to its row.
import { isNumeric, isTemporal, numberOf, textOf, type CellValue } from '../lib/cells';
import { readable, timeOf } from './formats';
import type { TileResult, TileSpec } from './spec';

export type AxisKind = 'time' | 'value' | 'category';

/** `row` is the place in the result, null where there is no row for it. */
export interface Point {
  value: number | null;
  row: number | null;
}

export interface Series {
  name: string;
  column: number; // of y
  points: Point[]; // by x
}

export interface Grid {
  axis: AxisKind;
  x: number; // its column
  xs: CellValue[]; // one for each place along x
  series: Series[];
}

/** Index of a column by its name; -1 when there is none. */
export const indexOf = (result: TileResult, name: string | null | undefined): number => result.columns.findIndex((column) => column.name === name);

function axisOf(tile: TileSpec, result: TileResult, x: number): AxisKind {
  const column = result.columns[x];
  // Bars stand side by side, also those of months, which are not equally long.
  if (!column || tile.chart === 'bar') return 'category';
  if (isTemporal(column)) return column.type.startsWith('TIME') && !column.type.startsWith('TIMESTAMP') ? 'category' : 'time';
  return isNumeric(column) ? 'value' : 'category';
}

export function positionOf(axis: AxisKind, cell: CellValue): number {
  return axis === 'time' ? timeOf(cell) : Number(cell);
}

/** The rows as a grid of places along x by series. Lines go in the order of x; bars in the order of the query. */
export function gridOf(tile: TileSpec, result: TileResult): Grid {
  const x = indexOf(result, tile.x);
  const ys = tile.y.map((name) => indexOf(result, name)).filter((y) => y >= 0);
  const by = indexOf(result, tile.series);
  const axis = axisOf(tile, result, x);
  const grid = by < 0 ? plainGrid(result, x, ys, axis) : pivotedGrid(result, x, ys, by, axis);
  return axis === 'category' ? grid : inOrder(grid);
}

function plainGrid(result: TileResult, x: number, ys: number[], axis: AxisKind): Grid {
  return {
    axis,
    x,
    xs: result.rows.map((row) => row[x]),
    series: ys.map((y) => ({ name: readable(result.columns[y]!.name), column: y, points: result.rows.map((row, at) => ({ value: numberOf(row[y]), row: at })) })),
  };
}

function pivotedGrid(result: TileResult, x: number, ys: number[], by: number, axis: AxisKind): Grid {
  const places = new Map<string, number>();
  const xs: CellValue[] = [];
  const names = new Map<string, number>();
  for (const row of result.rows) {
    const text = textOf(row[x]);
    if (!places.has(text)) {
      places.set(text, xs.length);
      xs.push(row[x]);
    }
    const name = textOf(row[by]);
    if (!names.has(name)) names.set(name, names.size);
  }
  const empty = (): Point[] => xs.map(() => ({ value: null, row: null }));
  const series = [...names.keys()].flatMap((name) =>
    ys.map((y): Series => ({ name: ys.length > 1 ? `${name} · ${readable(result.columns[y]!.name)}` : name, column: y, points: empty() })),
  );
  result.rows.forEach((row, at) => {
    const place = places.get(textOf(row[x]))!;
    const name = names.get(textOf(row[by]))!;
    ys.forEach((y, i) => (series[name * ys.length + i]!.points[place] = { value: numberOf(row[y]), row: at }));
  });
  return { axis, x, xs, series };
}

function inOrder(grid: Grid): Grid {
  const order = grid.xs.map((_, at) => at).sort((a, b) => positionOf(grid.axis, grid.xs[a]) - positionOf(grid.axis, grid.xs[b]));
  return { ...grid, xs: order.map((at) => grid.xs[at]), series: grid.series.map((one) => ({ ...one, points: order.map((at) => one.points[at]!) })) };
}

export interface Bin {
  from: number;
  to: number; // not in it, but for the last one
  count: number;
}

const BINS_MIN = 5;
const BINS_MAX = 40;

/** 1, 2, 2.5 or 5 times a power of ten, not below `size`. */
export function niceStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * power >= size * (1 - 1e-9))!;
  return step * power;
}

/** As many bins as Freedman and Diaconis ask for, within bounds, with limits that people can read. `weights`: what each value counts for. */
export function binsOf(values: number[], weights?: number[]): Bin[] {
  const sorted = [...values].sort((a, b) => a - b);
  const low = sorted[0];
  const high = sorted.at(-1);
  if (low === undefined || high === undefined) return [];
  if (low === high) return [{ from: low, to: low, count: weights ? weights.reduce((a, b) => a + b, 0) : values.length }];
  const quartile = (part: number) => sorted[Math.floor(part * (sorted.length - 1))]!;
  const spread = quartile(0.75) - quartile(0.25) || high - low;
  const wanted = (high - low) / ((2 * spread) / Math.cbrt(sorted.length));
  const step = niceStep((high - low) / Math.min(BINS_MAX, Math.max(BINS_MIN, wanted)));
  const first = Math.floor(low / step);
  const bins: Bin[] = [];
  // Limits are multiples of the step, not sums of it: those would drift.
  for (let at = first; at === first || clean(at * step) < high; at += 1) bins.push({ from: clean(at * step), to: clean((at + 1) * step), count: 0 });
  values.forEach((value, i) => {
    const at = Math.min(bins.length - 1, Math.max(0, Math.floor(value / step + 1e-9) - first));
    bins[at]!.count += weights ? weights[i]! : 1;
  });
  return bins;
}

const clean = (value: number): number => Number(value.toPrecision(12));

export type Grain = 'year' | 'month' | 'day' | 'time';

/** What all of the times have in common: first days of months are months. */
export function grainOf(cells: CellValue[]): Grain {
  let grain: Grain = 'year';
  for (const cell of cells) {
    if (cell === null || cell === undefined) continue;
    const at = new Date(timeOf(cell));
    if (at.getTime() % 86_400_000 !== 0) return 'time';
    if (at.getUTCDate() !== 1) grain = 'day';
    else if (grain === 'year' && at.getUTCMonth() !== 0) grain = 'month';
  }
  return grain;
}
