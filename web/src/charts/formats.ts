// Numbers, dates, currencies and durations as people read them. What is written out keeps every digit that the server sent: it never
// passes through a double. Short forms are for axes and large figures.
import type { Column } from '../api/types';
import { isNumeric, textOf, type CellValue } from '../lib/cells';

const LOCALE = 'en-GB';
const MINUS = '−';
const NOTHING = '–';
/** A number shown in full has so many decimals at most where its column does not say how many. */
const DECIMALS_MAX = 6;
const SHORT_FROM = 10_000;
const PRICE_MAX = 1;
const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];

export type FormatKind = 'number' | 'integer' | 'percent' | 'bytes' | 'duration' | 'currency' | 'date' | 'datetime' | 'text';

export interface Format {
  kind: FormatKind;
  currency?: string; // ISO 4217
  currencyColumn?: string; // that holds it, row by row
}

/** `integer`, `currency GBP`, `currency:CODE` ...; a column without a format is shown after its type. */
export function parseFormat(text: string | undefined, column: Column): Format {
  if (!text) return formatOfType(column);
  const currency = /^currency\s*(?::\s*(\w+)|\s([A-Za-z]{3}))?$/.exec(text.trim());
  if (currency) return { kind: 'currency', currencyColumn: currency[1], currency: currency[2]?.toUpperCase() };
  return { kind: text.trim() as FormatKind };
}

function formatOfType(column: Column): Format {
  if (column.type === 'DATE') return { kind: 'date' };
  if (column.type.startsWith('TIMESTAMP')) return { kind: 'datetime' };
  return { kind: isNumeric(column) ? 'number' : 'text' };
}

const isMissing = (cell: CellValue): boolean => cell === null || cell === undefined;

/** Digits in groups of three, exactly as many as are there: "-1234.50" is −1,234.50. */
export function grouped(text: string, decimals?: { min: number; max: number }): string {
  const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!found) return ungroupable(text);
  const [, sign, whole = '', fraction = ''] = found;
  let digits = fraction;
  if (decimals) {
    if (digits.length > decimals.max) {
      const [cutWhole, cutFraction = ''] = rounded(text, decimals.max).split('.');
      // Noughts at the end that only rounding has brought say nothing.
      const kept = cutFraction.replace(/0+$/, '').padEnd(decimals.min, '0');
      return grouped(kept ? `${cutWhole}.${kept}` : cutWhole!);
    }
    digits = digits.padEnd(decimals.min, '0');
  }
  const isNought = !/[1-9]/.test(whole + digits);
  return `${sign && !isNought ? MINUS : ''}${whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')}${digits ? `.${digits}` : ''}`;
}

/** 1e+21 and the like, which only doubles have. */
function ungroupable(text: string): string {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) return text;
  return new Intl.NumberFormat('en-US', { maximumSignificantDigits: 15, notation: Math.abs(value) >= 1e15 ? 'scientific' : 'standard' }).format(value).replace('-', MINUS);
}

/** Half away from nought, on the digits themselves. */
export function rounded(text: string, decimals: number): string {
  const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!found) return text;
  const [, sign = '', whole = '', fraction = ''] = found;
  const all = BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, '0')) + (Number(fraction[decimals] ?? 0) >= 5 ? 1n : 0n);
  const digits = all.toString().padStart(decimals + 1, '0');
  const cut = digits.length - decimals;
  return `${sign}${digits.slice(0, cut)}${decimals ? `.${digits.slice(cut)}` : ''}`;
}

/** 12.3k, 3.4M: for axes. `step`: what lies between two of them, which must not be written alike. */
export function short(value: number, step = Infinity): string {
  const size = Math.abs(value);
  const isCompact = size >= SHORT_FROM;
  const unit = isCompact ? 1000 ** Math.min(4, Math.floor(Math.log10(size) / 3)) : 1;
  const needed = Number.isFinite(step) && step > 0 ? Math.min(DECIMALS_MAX, trimmedDecimals((step / unit).toFixed(8))) : null;
  const usual = isCompact ? 1 : size >= 100 ? 0 : size >= 1 ? 2 : 4;
  const options: Intl.NumberFormatOptions = { maximumFractionDigits: needed ?? usual, minimumFractionDigits: needed ?? 0, ...(isCompact && { notation: 'compact' }) };
  return new Intl.NumberFormat('en-US', options).format(value).replace('K', 'k').replace('-', MINUS);
}

export function isCurrency(code: string): boolean {
  return /^[A-Z]{3}$/.test(code);
}

function currencyParts(code: string): { sign: string; decimals: number } {
  // Of all locales this one has a sign of its own for each dollar.
  const format = new Intl.NumberFormat('en-US', { style: 'currency', currency: code });
  const sign = format.formatToParts(0).find((part) => part.type === 'currency')?.value ?? code;
  return { sign: /^[A-Z]{3}$/.test(sign) ? `${sign} ` : sign, decimals: format.resolvedOptions().maximumFractionDigits ?? 2 };
}

function withSign(number: string, sign: string): string {
  return number.startsWith(MINUS) ? `${MINUS}${sign}${number.slice(1)}` : `${sign}${number}`;
}

export function bytes(value: number): string {
  let unit = 0;
  let size = Math.abs(value);
  while (size >= 1024 && unit < BYTE_UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || size >= 100 ? Math.round(size).toString() : size.toFixed(1).replace(/\.0$/, '');
  return `${value < 0 ? MINUS : ''}${digits} ${BYTE_UNITS[unit]}`;
}

/** Of seconds: 850 ms, 12.5 s, 4 min 5 s, 3 h 20 min, 2 days 4 h. */
export function duration(seconds: number): string {
  const size = Math.abs(seconds);
  const sign = seconds < 0 ? MINUS : '';
  if (size < 1) return `${sign}${Math.round(size * 1000)} ms`;
  if (size < 60) return `${sign}${size.toFixed(size < 10 ? 1 : 0).replace(/\.0$/, '')} s`;
  const steps: [number, string, number, string][] = [
    [3600, 'min', 60, 's'],
    [86_400, 'h', 3600, 'min'],
    [Infinity, 'days', 86_400, 'h'],
  ];
  const [, big, unit, small] = steps.find(([below]) => size < below)!;
  const whole = Math.floor(size / unit);
  const rest = Math.floor((size - whole * unit) / (small === 's' ? 1 : small === 'min' ? 60 : 3600));
  return `${sign}${whole} ${big === 'days' && whole === 1 ? 'day' : big}${rest ? ` ${rest} ${small}` : ''}`;
}

/** Milliseconds since 1970 of what the server writes for a date or time; times are UTC. NaN when it is none. */
export function timeOf(cell: CellValue): number {
  const text = textOf(cell);
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return Date.parse(`${text}T00:00:00Z`);
  const plain = text.replace(' ', 'T').replace(/(\.\d{3})\d+/, '$1');
  return Date.parse(/(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(plain) ? plain : `${plain}Z`);
}

const dateFormat = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(LOCALE, { timeZone: 'UTC', ...options });
const DAY = dateFormat({ day: 'numeric', month: 'short', year: 'numeric' });
const MINUTE = dateFormat({ day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });
const SECOND = dateFormat({ day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' });

function dateTime(cell: CellValue): string {
  const at = timeOf(cell);
  if (Number.isNaN(at)) return textOf(cell);
  return (at % 60_000 === 0 ? MINUTE : SECOND).format(at);
}

export interface About {
  currency?: string; // of all that stands on the axis
  step?: number; // between two labels
}

export interface Formatter {
  format: Format;
  /** Every digit, for tips and tables. `row` is there for what depends on another column. */
  exact: (cell: CellValue, row?: CellValue[]) => string;
  /** For axes and labels. */
  short: (value: number, about?: About) => string;
}

const NUMBER: { min: number; max: number } = { min: 0, max: DECIMALS_MAX };

/** `decimals`: the fewest and most to show. Decimals of a scale keep it; doubles lose their noise. */
function decimalsOf(column: Column): { min: number; max: number } {
  const scale = /^DECIMAL\(\d+,\s*(\d+)\)$/.exec(column.type);
  return scale ? { min: Number(scale[1]), max: Number(scale[1]) } : NUMBER;
}

export function formatterOf(column: Column, columns: Column[], text: string | undefined): Formatter {
  const format = parseFormat(text, column);
  const at = format.currencyColumn ? columns.findIndex((one) => one.name === format.currencyColumn) : -1;
  const decimals = decimalsOf(column);
  const exact = (cell: CellValue, row?: CellValue[]): string => {
    if (isMissing(cell)) return NOTHING;
    const digits = textOf(cell);
    switch (format.kind) {
      case 'integer':
        return grouped(digits, { min: 0, max: 0 });
      case 'number':
        return grouped(digits, decimals);
      case 'percent':
        return `${grouped(digits, { min: 0, max: 2 })}%`;
      case 'bytes':
        return bytes(Number(cell));
      case 'duration':
        return duration(Number(cell));
      case 'currency': {
        const code = (at >= 0 ? textOf(row?.[at]) : format.currency) ?? '';
        if (!isCurrency(code)) return grouped(digits, decimals);
        const { sign, decimals: usual } = currencyParts(code);
        // A price below one keeps what it has beyond the cents; nobody counts the cents of what was never counted in them.
        if (!column.type.startsWith('DECIMAL') && /^-?\d+$/.test(digits)) return withSign(grouped(digits), sign);
        const most = Math.abs(Number(cell)) >= PRICE_MAX ? usual : Math.max(usual, Math.min(trimmedDecimals(digits), DECIMALS_MAX));
        return withSign(grouped(digits, { min: usual, max: most }), sign);
      }
      case 'date':
        return Number.isNaN(timeOf(cell)) ? digits : DAY.format(timeOf(cell));
      case 'datetime':
        return dateTime(cell);
      case 'text':
        return digits;
      default:
        return digits;
    }
  };
  const axis = (value: number, { currency = format.currency, step }: About = {}): string => {
    switch (format.kind) {
      case 'percent':
        return `${short(value, step)}%`;
      case 'bytes':
        return bytes(value);
      case 'duration':
        return duration(value);
      case 'currency':
        return currency && isCurrency(currency) ? withSign(short(value, step), currencyParts(currency).sign) : short(value, step);
      case 'date':
        return DAY.format(value);
      case 'datetime':
        return dateTime(new Date(value).toISOString());
      default:
        return short(value, step);
    }
  };
  return { format, exact, short: axis };
}

/** How many decimals are more than noughts at the end. */
function trimmedDecimals(digits: string): number {
  return (/\.(\d*?)0*$/.exec(digits)?.[1] ?? '').length;
}

export const formatters = (columns: Column[], formats: Record<string, string>): Formatter[] => columns.map((column) => formatterOf(column, columns, formats[column.name]));

/** `revenue_by_hour` is "Revenue by hour", `UnitPrice` "Unit price", `number_users_joined` "Number users joined". */
export function readable(name: string): string {
  const words = name
    .replace(/_+/g, ' ')
    .replace(/([a-z0-9])([A-Z])(?=[a-z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
