// How a figure stands to what it was.
import { numberOf, type CellValue } from '../lib/cells';

export interface Change {
  direction: 'up' | 'down' | 'same';
  percent: string; // with its sign
  words: string; // for those who hear it
}

/** Null where there is nothing to compare with. */
export function changeOf(now: CellValue, before: CellValue): Change | null {
  const value = numberOf(now);
  const was = numberOf(before);
  if (value === null || was === null || was === 0 || Number.isNaN(value) || Number.isNaN(was)) return null;
  const part = ((value - was) / Math.abs(was)) * 100;
  const size = Math.abs(part);
  const text = `${size >= 1000 ? Math.round(size).toLocaleString('en-US') : size.toFixed(1).replace(/\.0$/, '')}%`;
  if (text === '0%') return { direction: 'same', percent: '0%', words: 'no change' };
  return part > 0 ? { direction: 'up', percent: `+${text}`, words: `up by ${text}` } : { direction: 'down', percent: `−${text}`, words: `down by ${text}` };
}
