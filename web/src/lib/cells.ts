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

/** Nulls last. */
export function compareCells(a: CellValue, b: CellValue): number {
  if (a === null || a === undefined) return b === null || b === undefined ? 0 : 1;
  if (b === null || b === undefined) return -1;
  const isNumber = (cell: CellValue) => typeof cell === 'number' || (typeof cell === 'object' && cell !== null && 'isNumeral' in cell);
  if (isNumber(a) && isNumber(b)) return Number(a) - Number(b);
  return textOf(a) < textOf(b) ? -1 : textOf(a) > textOf(b) ? 1 : 0;
}

export interface ColumnStatistics {
  nulls: number;
  distinct: number;
  min: string | null;
  max: string | null;
  mean: number | null;
}

export function statisticsOf(column: Column, cells: CellValue[]): ColumnStatistics {
  const there = cells.filter((cell) => cell !== null && cell !== undefined);
  const distinct = new Set(there.map(textOf)).size;
  let min: CellValue = null;
  let max: CellValue = null;
  let sum = 0;
  for (const cell of there) {
    if (min === null || compareCells(cell, min) < 0) min = cell;
    if (max === null || compareCells(cell, max) > 0) max = cell;
    sum += isNumeric(column) ? Number(cell) : 0;
  }
  return {
    nulls: cells.length - there.length,
    distinct,
    min: min === null ? null : textOf(min),
    max: max === null ? null : textOf(max),
    mean: isNumeric(column) && there.length > 0 ? sum / there.length : null,
  };
}
