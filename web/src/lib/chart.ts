// Which chart fits a result.
import type { Column } from '../api/types';
import { isNumeric, isTemporal } from './cells';

export type ChartKind = 'line' | 'area' | 'bar' | 'pie' | 'scatter';

export interface ChartChoice {
  kind: ChartKind;
  x: number; // index of the column
  ys: number[];
}

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
