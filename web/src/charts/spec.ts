// A dashboard as GET /dashboards/{dashboard} tells it, with all that may be left out in the file filled in.
import type { SqlResult } from '../api/sql';
import type { Column } from '../api/types';

export type ChartKind = 'line' | 'area' | 'bar' | 'pie' | 'scatter' | 'heatmap' | 'histogram' | 'map' | 'number' | 'table' | 'text';

export interface DashboardParam {
  name: string;
  type: string; // as in the file: string, int, decimal(12,2), date, timestamp ...
  required: boolean;
  nullable: boolean;
  default?: string | null;
  min?: string | null;
  max?: string | null;
}

export interface TileSpec {
  name: string;
  title: string;
  chart: ChartKind;
  sql: string;
  text?: string | null;
  x: string;
  y: string[];
  series?: string | null;
  value?: string | null;
  stacked: boolean;
  horizontal: boolean;
  format: Record<string, string>;
  width: number; // of 12 columns
  height: number; // rows of 80 pixels
  change?: string | null;
  sets: Record<string, string>; // param: column
  columns: Column[];
  reads: string[];
  params: string[]; // that its query names
}

/** As it comes: what there is none of is null. */
export interface AnsweredTile extends Omit<TileSpec, 'sql' | 'x'> {
  sql: string | null;
  x: string | null;
}

export interface Dashboard {
  name: string;
  title: string;
  description: string;
  params: DashboardParam[];
  range: { from: string; to: string } | null;
  choices: string[];
  tiles: TileSpec[];
  definition: { file: string; line: number };
}

export interface TileResult extends SqlResult {
  cut?: boolean;
}

/** Value of each param that is not as by default, as texts of the address. */
export type ParamValues = Readonly<Record<string, string>>;
