// What stands in a tile: its chart or table, or why there is none.
import { ChartNoAxesColumn, ListFilter } from 'lucide-react';
import type { RefObject } from 'react';
import { ApiError } from '../../api/client';
import { draw } from '../../charts/options';
import { missingFor } from '../../charts/params';
import type { DashboardParam, ParamValues, TileResult, TileSpec } from '../../charts/spec';
import { paletteNow } from '../../charts/theme';
import { readable } from '../../charts/formats';
import type { CellValue } from '../../lib/cells';
import type { PlotHandle } from '../../ui/Plot';
import { ChartTile } from './ChartTile';
import { NumberTile } from './NumberTile';
import { RowsTable } from './RowsTable';

interface TileBodyProps {
  tile: TileSpec;
  params: DashboardParam[];
  values: ParamValues;
  result: TileResult | undefined;
  error: unknown;
  asTable: boolean;
  handle: RefObject<PlotHandle | null>;
  onRow: (row: CellValue[]) => void;
}

function Told({ icon: Icon, title, children }: { icon: typeof ListFilter; title: string; children?: React.ReactNode }) {
  return (
    <div className="tile-told">
      <Icon size={22} strokeWidth={1.6} aria-hidden />
      <strong>{title}</strong>
      {children && <p>{children}</p>}
    </div>
  );
}

export function TileBody({ tile, params, values, result, error, asTable, handle, onRow }: TileBodyProps) {
  const [missing] = missingFor(tile, params, values);
  if (missing) return <Told icon={ListFilter} title={`Choose ${readable(missing.name).toLowerCase()}`}>This tile shows one at a time.</Told>;
  if (error && !result) {
    const told = error instanceof ApiError ? error : null;
    return (
      <div className="tile-told bad" role="alert">
        <strong>{told?.message ?? String(error)}</strong>
        <p>{told?.hint || 'The menu of this tile opens its query on the SQL page.'}</p>
      </div>
    );
  }
  if (!result) return <div className={`tile-skeleton ${tile.chart}`} aria-busy="true" aria-label="Loading" />;
  if (result.rows.length === 0) {
    return (
      <Told icon={ChartNoAxesColumn} title="Nothing to show">
        {Object.keys(values).length ? 'No row fits what is chosen above.' : 'It appears as records come.'}
      </Told>
    );
  }
  if (tile.chart === 'number' && !asTable) return <NumberTile tile={tile} result={result} />;
  if (tile.chart === 'table' || asTable) {
    // A histogram counts: its table has the counts.
    const table = tile.chart === 'histogram' ? draw(tile, result, { palette: paletteNow(), width: 600, values }).table : undefined;
    return <RowsTable tile={tile} columns={table?.columns ?? result.columns} rows={table?.rows ?? result.rows} values={values} onRow={onRow} />;
  }
  return <ChartTile tile={tile} result={result} values={values} handle={handle} onRow={onRow} />;
}
