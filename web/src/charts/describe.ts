// What a chart shows, for those who do not see it. All of its values are in the table that the tile's menu offers.
import { numberOf } from '../lib/cells';
import { plural } from '../lib/format';
import { indexOf } from './data';
import { formatters, readable } from './formats';
import { labeller } from './labels';
import type { ChartKind, TileResult, TileSpec } from './spec';

const KINDS: Record<ChartKind, string> = {
  line: 'Line chart',
  area: 'Area chart',
  bar: 'Bar chart',
  pie: 'Pie chart',
  scatter: 'Scatter chart',
  heatmap: 'Heat map',
  histogram: 'Histogram',
  map: 'Map of countries',
  number: 'Number',
  table: 'Table',
  text: 'Text',
};

export function describe(tile: TileSpec, result: TileResult): string {
  const what = `${KINDS[tile.chart]}: ${tile.title}, ${plural(result.rows.length, 'value')}`;
  const measure = tile.chart === 'heatmap' ? (tile.value ?? '') : tile.chart === 'histogram' ? tile.x : (tile.y[0] ?? '');
  const y = indexOf(result, measure);
  const x = indexOf(result, tile.x);
  if (y < 0 || result.rows.length === 0) return `${what}.`;
  const formats = formatters(result.columns, tile.format);
  const label = labeller(result, formats, x, tile.format[tile.x] !== undefined);
  const there = result.rows.filter((row) => numberOf(row[y]) !== null);
  if (there.length === 0) return `${what}.`;
  const least = there.reduce((a, b) => (numberOf(b[y])! < numberOf(a[y])! ? b : a));
  const most = there.reduce((a, b) => (numberOf(b[y])! > numberOf(a[y])! ? b : a));
  const at = (row: unknown[]) => `${formats[y]!.exact(row[y], row)}${measure === tile.x || x < 0 ? '' : ` (${label(row[x])})`}`;
  return `${what}. ${readable(measure)} from ${at(least)} to ${at(most)}.`;
}
