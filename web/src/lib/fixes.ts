// SELECTs to begin with when refused records are to be put right.
import type { Letter } from '../api/types';
import { partsOf } from './pointer';

export interface Fix {
  title: string;
  sql: string; // empty: send them as they are
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** json_object('a', json_object('b', value)) */
function nested(path: string[], value: string): string {
  const [first, ...rest] = path;
  return `json_object(${text(first!)}, ${rest.length ? nested(rest, value) : value})`;
}

const patched = (path: string[], value: string): string =>
  `SELECT letter,\n       json_merge_patch(record, ${nested(path, value)}) AS record\nFROM dead_letters`;

/** What the field holds now, as text. */
function current(path: string[]): string {
  const steps = path.map((part) => text(part));
  return `record${steps.slice(0, -1).map((step) => `->${step}`).join('')}->>${steps.at(-1)!}`;
}

/** There is no such member: nothing to change, only something to set. */
const isMissing = (reason: string): boolean => /found nothing$/.test(reason);

const wantsNumber = (reason: string): boolean => /expected (int|double|decimal)/.test(reason);

export function fixesFor(letter: Letter): Fix[] {
  const asTheyAre: Fix = { title: 'As they are', sql: '' };
  const path = partsOf(letter.pointer ?? '');
  // A list cannot be patched by its numbers.
  if (path.length === 0 || path.some((part) => /^\d+$/.test(part))) {
    return [asTheyAre, { title: 'Begin from the record', sql: 'SELECT letter, record\nFROM dead_letters' }];
  }
  const set: Fix = { title: `Set ${path.join('.')}`, sql: patched(path, wantsNumber(letter.reason) ? '0' : "'unknown'") };
  if (isMissing(letter.reason)) return [asTheyAre, set];
  const number = `TRY_CAST(regexp_replace(${current(path)}, '[^0-9.+-]', '', 'g') AS ${/expected int/.test(letter.reason) ? 'BIGINT' : 'DECIMAL(18,3)'})`;
  return [
    asTheyAre,
    ...(wantsNumber(letter.reason) ? [{ title: `Read the number in ${path.join('.')}`, sql: patched(path, number) }] : []),
    { title: `Change ${path.join('.')}`, sql: patched(path, `trim(${current(path)})`) },
    set,
    { title: `Leave ${path.join('.')} out`, sql: patched(path, 'NULL') },
  ];
}
