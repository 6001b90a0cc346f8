// A query as a part of the pipeline file: the YAML to paste.
import type { Column } from '../api/types';
import { suggestChart } from './chart';

/** What of SQL holds no parameter: texts, names in quotes, comments, texts between dollars. */
const QUIET = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$/g;

/** Names of the parameters ($name), each once, in their order. */
export function parametersOf(sql: string): string[] {
  const bare = sql.replace(QUIET, ' ');
  return [...new Set([...bare.matchAll(/\$([A-Za-z_]\w*)/g)].map((found) => found[1]!))];
}

export type ParamValue = string | number | boolean | null;

/** What a typed value means: nothing is null, digits are a number. */
export function valueOf(text: string): ParamValue {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  if (trimmed === 'true' || trimmed === 'false') return trimmed === 'true';
  // Only what a double holds exactly goes as a number; the rest keeps its digits as a text.
  return /^-?\d{1,15}(?:\.\d{1,6})?$/.test(trimmed) && trimmed.replace(/\D/g, '').length <= 15 ? Number(trimmed) : text;
}

/** The type of the pipeline file that a typed value has. */
export function typeOf(text: string): string {
  const trimmed = text.trim();
  if (trimmed === 'true' || trimmed === 'false') return 'bool';
  if (/^-?\d{1,18}$/.test(trimmed)) return 'int';
  if (/^-?\d+\.\d+$/.test(trimmed)) return 'double';
  if (/^\d{4}-\d\d-\d\d$/.test(trimmed)) return 'date';
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(trimmed)) return 'timestamp';
  return 'string';
}

/** Lines of a block scalar, indented so far. A "${" that SQL means is written "$${" in the file. */
function block(sql: string, indent: number): string {
  const pad = ' '.repeat(indent);
  return sql
    .trim()
    .replaceAll('${', () => '$${')
    .split('\n')
    .map((line) => (line === '' ? '' : pad + line))
    .join('\n');
}

/** As YAML reads it as a text, whatever it looks like. */
const quoted = (text: string): string => JSON.stringify(text);

/** A name where YAML would read another thing gets quotes. */
const nameIn = (name: string): string => (/^[A-Za-z_][\w]*$/.test(name) && !/^(?:true|false|yes|no|on|off|null|y|n)$/i.test(name) ? name : quoted(name));

export interface Query {
  sql: string;
  /** What was typed for each parameter. */
  values: Record<string, string>;
  columns: Column[];
}

/** Of an API a caller must give it; on a dashboard it begins with what was typed here. */
function params(query: Query, withDefaults: boolean): string[] {
  return parametersOf(query.sql).map((name) => {
    const text = query.values[name] ?? '';
    const type = typeOf(text);
    const suffix = !withDefaults ? '' : text.trim() === '' ? '?' : ` = ${text.trim()}`;
    return `${nameIn(name)}: ${quoted(type + suffix)}`;
  });
}

/** Null: a view has no parameters. */
export function viewYaml(name: string, query: Query): string | null {
  if (parametersOf(query.sql).length > 0) return null;
  return `views:\n  ${nameIn(name)}:\n    sql: |\n${block(query.sql, 6)}\n`;
}

export function apiYaml(name: string, query: Query): string {
  const lines = params(query, false).map((line) => `      ${line}\n`);
  return `apis:\n  ${nameIn(name)}:\n${lines.length > 0 ? `    params:\n${lines.join('')}` : ''}    sql: |\n${block(query.sql, 6)}\n`;
}

export function tileYaml(name: string, query: Query): string {
  const lines = params(query, true).map((line) => `      ${line}\n`);
  const choice = suggestChart(query.columns);
  const axes = choice
    ? [`chart: ${choice.kind}`, `x: ${nameIn(query.columns[choice.x]!.name)}`, `y: ${nameIn(query.columns[choice.ys[0]!]!.name)}`]
    : [`chart: table`];
  return (
    `dashboards:\n  ${nameIn(name)}:\n${lines.length > 0 ? `    params:\n${lines.join('')}` : ''}    tiles:\n      - sql: |\n${block(query.sql, 10)}\n` +
    axes.map((line) => `        ${line}\n`).join('')
  );
}
