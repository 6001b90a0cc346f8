// Which chart fits a result, and what it draws.
import type { Column } from '../api/types';
import { isNumeric, isTemporal, numberOf, textOf, type CellValue } from './cells';

export type ChartKind = 'line' | 'area' | 'bar' | 'pie' | 'scatter';

export interface ChartChoice {
  kind: ChartKind;
  x: number; // index of the column
  ys: number[];
}

const SERIES_MAX = 6;

/** Null: there is nothing to draw. */
export function suggestChart(columns: Column[]): ChartChoice | null {
  const numbers = columns.map((column, index) => ({ column, index })).filter(({ column }) => isNumeric(column));
  const others = columns.map((column, index) => ({ column, index })).filter(({ column }) => !isNumeric(column));
  const time = others.find(({ column }) => isTemporal(column));
  const x = time ?? others[0] ?? (numbers.length > 1 ? numbers[0] : undefined);
  if (!x) return null;
  const ys = numbers.map(({ index }) => index).filter((index) => index !== x.index);
  if (ys.length === 0) return null;
  const kind = time ? 'line' : others.length > 0 ? 'bar' : 'scatter';
  return { kind, x: x.index, ys: ys.slice(0, 1) };
}

export interface ChartData {
  names: string[];
  labels: string[];
  values: (number | null)[][]; // by series
}

/** In the order of x where that is time. */
export function chartData(columns: Column[], rows: CellValue[][], { x, ys }: ChartChoice): ChartData {
  const shown = ys.slice(0, SERIES_MAX);
  const ordered = isTemporal(columns[x]!) ? [...rows].sort((a, b) => (textOf(a[x]) < textOf(b[x]) ? -1 : 1)) : rows;
  return {
    names: shown.map((index) => columns[index]!.name),
    labels: ordered.map((row) => textOf(row[x])),
    values: shown.map((index) => ordered.map((row) => numberOf(row[index]))),
  };
}
