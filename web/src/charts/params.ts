// Params of a dashboard: in the address, in requests, and in a query as it would be typed by hand.
import type { Dashboard, DashboardParam, ParamValues, TileSpec } from './spec';

export const defaultOf = (param: DashboardParam): string | undefined => (param.default === null || param.default === undefined ? undefined : String(param.default));

/** What a param becomes when nobody chooses a value: NULL, which an empty text asks for, where it may be that and is not by default. */
export const noneOf = (param: DashboardParam): '' | null => (param.nullable && defaultOf(param) !== undefined ? '' : null);

const isGiven = (param: DashboardParam, text: string | null): text is string => text !== null && text !== defaultOf(param) && (text !== '' || noneOf(param) === '');

/** What the address says that is not as by default; what it says of others is not ours. */
export function valuesOf(params: DashboardParam[], search: URLSearchParams): ParamValues {
  const values: Record<string, string> = {};
  for (const param of params) {
    const text = search.get(param.name);
    if (isGiven(param, text)) values[param.name] = text;
  }
  return values;
}

/** The address with `changes` made; null and what is as by default is left out of it. */
export function withValues(search: URLSearchParams, params: DashboardParam[], changes: Record<string, string | null>): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const [name, text] of Object.entries(changes)) {
    const param = params.find((one) => one.name === name);
    if (text !== null && (param ? isGiven(param, text) : text !== '')) next.set(name, text);
    else next.delete(name);
  }
  return next;
}

/** Text with its strings, quoted names, comments and params told apart; `at` replaces params. */
function mapParams(sql: string, at: (name: string) => string): string {
  const pieces = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$([A-Za-z_]\w*)/g;
  return sql.replace(pieces, (piece, name: string | undefined) => (name === undefined ? piece : at(name)));
}

/** Of all values those that the tile asks for: the others do not make it ask again. */
export function valuesFor(tile: TileSpec, values: ParamValues): ParamValues {
  return Object.fromEntries(Object.entries(values).filter(([name]) => tile.params.includes(name)));
}

/** Params that the tile cannot do without and that nobody has given. */
export function missingFor(tile: TileSpec, params: DashboardParam[], values: ParamValues): DashboardParam[] {
  return params.filter((param) => tile.params.includes(param.name) && param.required && defaultOf(param) === undefined && values[param.name] === undefined);
}

const NUMERIC = /^(?:int|decimal|double|float)/;

function literal(param: DashboardParam, text: string | undefined): string {
  if (text === undefined || (text === '' && param.nullable)) return 'NULL';
  if (NUMERIC.test(param.type) && /^-?\d+(?:\.\d+)?$/.test(text)) return text;
  if (/^bool/.test(param.type)) return text === 'true' ? 'true' : 'false';
  const quoted = `'${text.replaceAll("'", "''")}'`;
  if (/^date/.test(param.type)) return `DATE ${quoted}`;
  if (/^timestamp/.test(param.type)) return `TIMESTAMPTZ ${quoted}`;
  return quoted;
}

/** The query with its params written out, to be run on the SQL page. */
export function sqlWith(sql: string, params: DashboardParam[], values: ParamValues): string {
  return mapParams(sql, (name) => {
    const param = params.find((one) => one.name === name);
    return param ? literal(param, values[name] ?? defaultOf(param)) : `$${name}`;
  });
}

/** A mark of the tile was chosen: what that makes of the params. Choosing it again takes it back. */
export function chosen(tile: TileSpec, columns: { name: string }[], row: unknown[], values: ParamValues, textOf: (cell: unknown) => string): Record<string, string | null> {
  const changes: Record<string, string | null> = {};
  for (const [param, column] of Object.entries(tile.sets)) {
    const cell = row[columns.findIndex((one) => one.name === column)];
    const text = cell === null || cell === undefined ? null : textOf(cell);
    changes[param] = values[param] === text ? null : text;
  }
  return changes;
}

export interface Preset {
  title: string;
  from: string;
  to: string;
}

const DAY_MS = 86_400_000;
const dayText = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Ends at the end that is the default, or today: old data have no "last 30 days" before now. */
export function presetsOf(dashboard: Dashboard, now = Date.now()): Preset[] {
  if (!dashboard.range) return [];
  const of = (name: string) => dashboard.params.find((param) => param.name === name);
  const from = of(dashboard.range.from);
  const to = of(dashboard.range.to);
  if (!from || !to) return [];
  const write = (at: number, param: DashboardParam) => (param.type.startsWith('date') ? dayText(at) : `${dayText(at)}T00:00:00Z`);
  const end = Date.parse((defaultOf(to) ?? dayText(now)).slice(0, 10));
  const first = defaultOf(from) ? Date.parse(defaultOf(from)!) : Number.NEGATIVE_INFINITY;
  const back = (days: number): Preset => ({ title: days === 365 ? 'Last 12 months' : `Last ${days} days`, from: write(end - days * DAY_MS, from), to: write(end, to) });
  return [7, 30, 90, 365].filter((days) => end - days * DAY_MS > first).map(back);
}
