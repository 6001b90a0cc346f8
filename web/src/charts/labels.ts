// What values are called along an axis, in a legend and in a table.
import { isTemporal, textOf, type CellValue } from '../lib/cells';
import { grainOf } from './data';
import { timeOf, type Formatter } from './formats';
import type { TileResult } from './spec';
import { timeLabel } from './times';

/** Years, keys and the like are counted by no one: 2010, not 2,010. */
export const isName = (column: string): boolean => /(?:^|_)(?:id|ind|key|code|year|no)$|[a-z](?:ID|Id|No|Code|Year)$/.test(column);

/** A name along an axis or in a legend, as a person writes it. */
export function labeller(result: TileResult, formats: Formatter[], at: number, explicit: boolean): (cell: CellValue) => string {
  const column = result.columns[at];
  if (!column) return textOf;
  if (isTemporal(column) && !explicit) {
    const grain = grainOf(result.rows.map((row) => row[at]));
    return (cell) => (cell === null || cell === undefined ? '–' : timeLabel(timeOf(cell), grain));
  }
  if (!explicit && formats[at]!.format.kind === 'number') return (cell) => (cell === null || cell === undefined ? '–' : textOf(cell));
  return (cell) => formats[at]!.exact(cell);
}

/** Two series of one name would be one to ECharts. */
export function distinct(names: string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  });
}
