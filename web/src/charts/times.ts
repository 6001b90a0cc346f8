// Times as a person reads them along an axis and in a tooltip, always UTC.
import type { CellValue } from '../lib/cells';
import { grainOf, type Grain } from './data';
import { timeOf } from './formats';

const DAY_FORMAT = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' });
const MONTH_FORMAT = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', month: 'short', year: 'numeric' });
const MONTH_ALONE = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', month: 'short' });
const DAY_ALONE = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' });
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', hour: '2-digit', minute: '2-digit' });
const DAY_SECONDS = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' });
const SECONDS = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', hour: '2-digit', minute: '2-digit', second: '2-digit' });
const TIME_FORMAT = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });

export function timeLabel(at: number, grain: Grain): string {
  if (Number.isNaN(at)) return '–';
  if (grain === 'year') return String(new Date(at).getUTCFullYear());
  return (grain === 'month' ? MONTH_FORMAT : grain === 'day' ? DAY_FORMAT : at % 60_000 === 0 ? TIME_FORMAT : DAY_SECONDS).format(at);
}

const DAY_MS = 86_400_000;

/** What tells two ticks apart: hours within two days, days within a season, months within three years; where it begins, and where a year does, more of it. */
export function timeTicks(cells: CellValue[]): (value: number, at: number) => string {
  const times = cells.map(timeOf).filter((time) => !Number.isNaN(time));
  const span = Math.max(...times) - Math.min(...times);
  return (value, at) => {
    const date = new Date(value);
    const isDay = value % DAY_MS === 0;
    const isYear = isDay && date.getUTCMonth() === 0 && date.getUTCDate() === 1;
    if (span < 2 * DAY_MS) return isDay ? DAY_ALONE.format(date) : (value % 60_000 === 0 ? CLOCK : SECONDS).format(date);
    if (span < 120 * DAY_MS) return at === 0 || isYear ? DAY_FORMAT.format(date) : DAY_ALONE.format(date);
    if (span < 1100 * DAY_MS) return isYear ? String(date.getUTCFullYear()) : at === 0 ? MONTH_FORMAT.format(date) : MONTH_ALONE.format(date);
    return String(date.getUTCFullYear());
  };
}

/** Of bars at times, in little room: "Dec 2010", "Jan 2011", "Feb 2011" have the year below where it begins. */
export function barTicks(cells: CellValue[]): (label: string, at: number) => string {
  const isMonths = grainOf(cells) === 'month';
  const ticks = timeTicks(cells);
  const dates = cells.map((cell) => new Date(timeOf(cell)));
  return (_, at) => {
    const date = dates[at]!;
    if (Number.isNaN(date.getTime())) return '–';
    if (!isMonths) return ticks(date.getTime(), at);
    const isFirst = at === 0 || dates[at - 1]!.getUTCFullYear() !== date.getUTCFullYear();
    return MONTH_ALONE.format(date) + (isFirst ? `\n${date.getUTCFullYear()}` : '');
  };
}
