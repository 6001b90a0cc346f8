import { expect, it } from 'vitest';
import { apiYaml, parametersOf, tileYaml, typeOf, valueOf, viewYaml, type Query } from './saveAs';

const SALES: Query = {
  sql: 'SELECT hour, sum(revenue) AS revenue\nFROM revenue_by_hour\n  WHERE country = $country AND hour >= $since\nGROUP BY ALL;',
  values: { country: 'France', since: '2026-01-01' },
  columns: [
    { name: 'hour', type: 'TIMESTAMP' },
    { name: 'revenue', type: 'DECIMAL(38,2)' },
  ],
};

it('parameters are found, and nothing that only looks like one', () => {
  expect(parametersOf('SELECT $a, $b_2, $a')).toEqual(['a', 'b_2']);
  expect(parametersOf(`SELECT '$a', "$b", $$ $c $$, $x$ $d $x$, 'it''s $e' -- $f\n/* $g */ , $h`)).toEqual(['h']);
  expect(parametersOf("SELECT $1, '5 $'")).toEqual([]);
});

it('a typed value keeps its digits', () => {
  expect(valueOf('12')).toBe(12);
  expect(valueOf('-0.25')).toBe(-0.25);
  expect(valueOf('12345678901234567890')).toBe('12345678901234567890');
  expect(valueOf('true')).toBe(true);
  expect(valueOf('  ')).toBeNull();
  expect(valueOf('France')).toBe('France');
  expect(['1', '1.5', '2026-01-01', '2026-01-01T06:00:00Z', 'true', 'x', ''].map(typeOf)).toEqual(['int', 'double', 'date', 'timestamp', 'bool', 'string', 'string']);
});

it('a view has no parameters', () => {
  expect(viewYaml('sold', SALES)).toBeNull();
  expect(viewYaml('sold', { ...SALES, sql: 'SELECT 1' })).toBe('views:\n  sold:\n    sql: |\n      SELECT 1\n');
});

it('callers of an API give its parameters', () => {
  expect(apiYaml('sold', SALES)).toBe(
    'apis:\n  sold:\n    params:\n      country: "string"\n      since: "date"\n    sql: |\n      SELECT hour, sum(revenue) AS revenue\n      FROM revenue_by_hour\n        WHERE country = $country AND hour >= $since\n      GROUP BY ALL;\n',
  );
});

it('a tile begins with the values that were typed, and with the chart that fits', () => {
  const yaml = tileYaml('sold', SALES);
  expect(yaml).toContain('    params:\n      country: "string = France"\n      since: "date = 2026-01-01"\n    tiles:\n      - sql: |\n          SELECT hour');
  expect(yaml.endsWith('        chart: line\n        x: hour\n        y: revenue\n')).toBe(true);
  expect(tileYaml('sold', { sql: 'SELECT $a AS a', values: {}, columns: [{ name: 'a', type: 'VARCHAR' }] })).toContain('      a: "string?"\n');
});

it('what YAML or the file would read as something else is written so that it is not', () => {
  expect(viewYaml('on', { ...SALES, sql: "SELECT '${x}'" })).toBe('views:\n  "on":\n    sql: |\n      SELECT \'$${x}\'\n');
  expect(viewYaml('v', { ...SALES, sql: 'SELECT 1,\n\n\t2 ' })).toBe('views:\n  v:\n    sql: |\n      SELECT 1,\n\n      \t2\n');
});
