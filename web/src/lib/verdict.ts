// Where in the text of one record, or of a list of them, the places are that a refusal names.
import type { Refusal } from '../api/types';
import { rangeOf, type Range } from './pointer';

export interface TextMark {
  line: number; // from 1
  column: number; // from 1, in characters
  end: number; // the same; behind the last one
  severity: 'error';
}

const characters = (text: string): number => [...text].length;

/** A range as a mark in the line where it begins; of one that goes on, to the end of that line. */
export function markOf(text: string, { start, end }: Range): TextMark {
  const before = text.slice(0, start);
  const lineStart = before.lastIndexOf('\n') + 1;
  const lineEnd = text.indexOf('\n', start);
  const last = Math.min(end, lineEnd < 0 ? text.length : lineEnd);
  return {
    line: before.split('\n').length,
    column: characters(text.slice(lineStart, start)) + 1,
    end: characters(text.slice(lineStart, Math.max(last, start + 1))) + 1,
    severity: 'error',
  };
}

const isList = (text: string): boolean => /^\s*\[/.test(text);

/** Of a record that stands in a list, the pointer from the list's beginning. */
export const pointerIn = (text: string, { record, pointer = '' }: Refusal): string => (isList(text) ? `/${record}${pointer}` : pointer);

export function marksOf(text: string, refusals: readonly Refusal[]): TextMark[] {
  return refusals.flatMap((refusal) => {
    const range = rangeOf(text, pointerIn(text, refusal));
    return range ? [markOf(text, range)] : [];
  });
}

/** Why it is no JSON; empty when it is. */
export function whyNoJson(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Where a text is no JSON any more, as the engine's reason says; its end where that names no place. */
export function markOfBroken(text: string, reason: string): TextMark {
  const start = Number(/\bposition (\d+)/.exec(reason)?.[1] ?? text.length);
  // Behind the end there is nothing to mark: the last letter stands for it.
  const at = Math.max(Math.min(start, text.trimEnd().length - 1), 0);
  return markOf(text, { start: at, end: at + 1 });
}
