// POST /sql, with every number as the server wrote it.
import { send } from './client';
import { parseExact, type Numeral } from './json';
import type { Column } from './types';

export type Cell = string | number | boolean | null | Numeral | object;

export interface SqlResult {
  columns: Column[];
  rows: Cell[][];
  truncated?: boolean;
  as_of: Record<string, number[]>;
}

export interface SqlOptions {
  params?: Record<string, string | number | boolean | null>;
  signal?: AbortSignal;
}

export async function runSql(sql: string, { params, signal }: SqlOptions = {}): Promise<SqlResult> {
  const response = await send('/sql', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ sql, params }), signal });
  return parseExact(await response.text()) as SqlResult;
}
