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

const exactReviver: Reviver = (_, value, context) =>
  typeof value === 'number' && context?.source !== undefined && String(value) !== context.source ? new Numeral(context.source) : value;
const parseWith = (text: string, reviver: Reviver): unknown => JSON.parse(text, reviver as (key: string, value: unknown) => unknown);

let tellsSources = false;
parseWith('1', (_, value, context) => {
  tellsSources = context?.source === '1';
  return value;
});

const TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** For browsers whose JSON.parse does not tell how a number was written: such numbers pass through it as marked texts. */
function parseMarked(text: string): unknown {
  JSON.parse(text); // What is no JSON is refused as it stands.
  const mark = `number ${crypto.getRandomValues(new Uint32Array(4)).join('-')} `;
  const marked = text.replace(TEXT_OR_NUMBER, (token) => (token.startsWith('"') || String(Number(token)) === token ? token : `"${mark}${token}"`));
  return parseWith(marked, (_, value) => (typeof value === 'string' && value.startsWith(mark) ? new Numeral(value.slice(mark.length)) : value));
}

/** JSON whose numbers keep their digits. */
export const parseExact = (text: string): unknown => (tellsSources ? parseWith(text, exactReviver) : parseMarked(text));

export interface SqlOptions {
  params?: Record<string, string | number | boolean | null>;
  signal?: AbortSignal;
}

export async function runSql(sql: string, { params, signal }: SqlOptions = {}): Promise<SqlResult> {
  const response = await send('/sql', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ sql, params }), signal });
  return parseExact(await response.text()) as SqlResult;
}
