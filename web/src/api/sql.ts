// POST /sql, with every number as the server wrote it: a decimal or a 64-bit integer never passes through a double.
import { send } from './client';
import type { Column } from './types';

/** A number that a double would change: its text is what counts, its value is for charts and sorting. */
export class Numeral {
  readonly isNumeral = true;
  constructor(readonly text: string) {}
  valueOf(): number {
    return Number(this.text);
  }
  toString(): string {
    return this.text;
  }
  toJSON(): number {
    return Number(this.text);
  }
}

export type Cell = string | number | boolean | null | Numeral | object;

export interface SqlResult {
  columns: Column[];
  rows: Cell[][];
  truncated?: boolean;
  as_of: Record<string, number[]>;
}

type Reviver = (this: unknown, key: string, value: unknown, context?: { source?: string }) => unknown;

const exact: Reviver = (_, value, context) =>
  typeof value === 'number' && context?.source !== undefined && String(value) !== context.source ? new Numeral(context.source) : value;

/** JSON whose numbers keep their digits, where the browser can tell them. */
export const parseExact = (text: string): unknown => JSON.parse(text, exact as (key: string, value: unknown) => unknown);

export interface SqlOptions {
  params?: Record<string, string | number | boolean | null>;
  signal?: AbortSignal;
}

export async function runSql(sql: string, { params, signal }: SqlOptions = {}): Promise<SqlResult> {
  const response = await send('/sql', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ sql, params }), signal });
  return parseExact(await response.text()) as SqlResult;
}
