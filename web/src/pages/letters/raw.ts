// The bytes of a dead letter as people can read them.
import type { Letter } from '../../api/types';
import { partsOf, rangeOf, rangeOfByte, type Range } from '../../lib/pointer';

export interface Raw {
  text: string;
  isBinary: boolean;
}

const HEX_COLUMNS = 16;

/** Sixteen bytes a line: where, in hexadecimal, as text. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += HEX_COLUMNS) {
    const row = [...bytes.slice(at, at + HEX_COLUMNS)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const shown = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(HEX_COLUMNS * 3)} ${shown}`);
  }
  return lines.join('\n');
}

export function rawOf(letter: { raw?: string; raw_base64?: string }): Raw {
  if (letter.raw_base64 === undefined) return { text: letter.raw ?? '', isBinary: false };
  const bytes = Uint8Array.from(atob(letter.raw_base64), (letter) => letter.charCodeAt(0));
  return { text: hexDump(bytes), isBinary: true };
}

/** Where in the raw text the fault is; null when that cannot be told. */
export function faultyRange(letter: Letter): Range | null {
  const { text, isBinary } = rawOf(letter);
  if (isBinary) return null;
  const byByte = rangeOfByte(text, letter.reason);
  if (byByte) return byByte;
  if (letter.pointer === undefined) return null;
  const inJson = rangeOf(text, letter.pointer);
  if (inJson) return inJson;
  // A row of CSV: the value as the record made of it has it.
  const parts = partsOf(letter.pointer);
  const record = letter.record as Record<string, unknown> | undefined;
  const value = parts.length === 1 ? record?.[parts[0]!] : undefined;
  if (typeof value !== 'string' || value === '') return null;
  const start = text.indexOf(value);
  return start < 0 || text.indexOf(value, start + 1) >= 0 ? null : { start, end: start + value.length };
}
