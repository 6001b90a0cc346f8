// What tests draw.
import type { CellValue } from '../lib/cells';
import type { DashboardParam, TileResult, TileSpec } from './spec';
import type { Palette } from './theme';

export const palette: Palette = {
  text: 'text',
  muted: 'muted',
  line: 'line',
  grid: 'grid',
  surface: 'surface',
  raised: 'raised',
  series: ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8'],
  heat: ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'],
  none: 'none',
  font: 'font',
};

/** `columns`: "country VARCHAR", "revenue DECIMAL(12,2)". */
export function resultOf(columns: string[], rows: CellValue[][]): TileResult {
  return {
    columns: columns.map((column) => {
      const [name = '', ...type] = column.split(' ');
      return { name, type: type.join(' ') };
    }),
    rows: rows as TileResult['rows'],
    as_of: {},
  };
}

export function tileOf(tile: Partial<TileSpec>): TileSpec {
  return { name: '1', title: 'Tile', chart: 'bar', sql: '', x: '', y: [], stacked: false, horizontal: false, format: {}, width: 6, height: 4, sets: {}, columns: [], reads: [], params: [], ...tile };
}

export const param = (name: string, type: string, more: Partial<DashboardParam> = {}): DashboardParam => ({ name, type, required: false, nullable: false, ...more });
