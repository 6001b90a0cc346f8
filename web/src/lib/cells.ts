// Cells of a result: how they are shown, sorted, counted and written to files.
import type { Column } from '../api/types';

export type CellValue = unknown;

const NUMERIC = /^(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|U\w*INT\w*|FLOAT|DOUBLE|DECIMAL.*)$/;
const TEMPORAL = /^(?:DATE|TIMESTAMP.*|TIME.*)$/;

export const isNumeric = (column: Column): boolean => NUMERIC.test(column.type);
export const isTemporal = (column: Column): boolean => TEMPORAL.test(column.type);

/** As the server wrote it; null is null, not an empty text. */
export function textOf(cell: CellValue): string {
  if (cell === null || cell === undefined) return 'null';
  if (typeof cell === 'object' && !('isNumeral' in cell)) return JSON.stringify(cell);
  return String(cell);
}

export const numberOf = (cell: CellValue): number | null => (cell === null || cell === undefined || cell === '' ? null : Number(cell));

const isNull = (cell: CellValue): boolean => cell === null || cell === undefined;

/** By what a cell is compared: its number where it has one, else its text. */
const keyOf = (cell: CellValue): number | string => (typeof cell === 'number' ? cell : typeof cell === 'object' && cell !== null && 'isNumeral' in cell ? Number(cell) : textOf(cell));

function compareKeys(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Nulls last. */
export function compareCells(a: CellValue, b: CellValue): number {
  if (isNull(a) || isNull(b)) return Number(isNull(a)) - Number(isNull(b));
  return compareKeys(keyOf(a), keyOf(b));
}

/** The places of the cells in their order, equal ones as they stood, nulls last in both directions. */
export function orderOf(cells: CellValue[], descending = false): Uint32Array {
  const keys = cells.map((cell) => (isNull(cell) ? null : keyOf(cell)));
  const sign = descending ? -1 : 1;
  return Uint32Array.from(keys.keys()).sort((i, j) => {
    const [a, b] = [keys[i]!, keys[j]!];
    if (a === null || b === null) return Number(a === null) - Number(b === null) || i - j;
    return sign * compareKeys(a, b) || i - j;
  });
}

export interface ColumnStatistics {
  nulls: number;
  distinct: number;
  min: string | null;
  max: string | null;
  mean: number | null;
}

export function statisticsOf(column: Column, cells: CellValue[]): ColumnStatistics {
  const different = new Set<unknown>();
  let there = 0;
  let [min, max]: [CellValue, CellValue] = [null, null];
  let [least, greatest]: [number | string, number | string] = [0, 0];
  let sum = 0;
  const numeric = isNumeric(column);
  for (const cell of cells) {
    if (isNull(cell)) continue;
    const key = keyOf(cell);
    if (there === 0 || compareKeys(key, least) < 0) [min, least] = [cell, key];
    if (there === 0 || compareKeys(key, greatest) > 0) [max, greatest] = [cell, key];
    different.add(typeof cell === 'object' ? textOf(cell) : cell);
    there += 1;
    if (numeric) sum += Number(key);
  }
  return {
    nulls: cells.length - there,
    distinct: different.size,
    min: min === null ? null : textOf(min),
    max: max === null ? null : textOf(max),
    mean: numeric && there > 0 ? sum / there : null,
  };
}
