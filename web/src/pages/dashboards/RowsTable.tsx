// Rows of a tile as a table: a tile of its own, and the other face of every chart, by which marks can be chosen with the keyboard too.
import { useCallback, useMemo } from 'react';
import type { Column } from '../../api/types';
import { formatters, readable } from '../../charts/formats';
import { isName } from '../../charts/labels';
import type { ParamValues, TileSpec } from '../../charts/spec';
import { isNumeric, textOf, type CellValue } from '../../lib/cells';
import { DataTable } from '../../ui/DataTable';

interface RowsTableProps {
  tile: TileSpec;
  columns: Column[];
  rows: CellValue[][];
  values: ParamValues;
  onRow?: (row: CellValue[]) => void;
}

export function RowsTable({ tile, columns, rows, values, onRow }: RowsTableProps) {
  const formats = useMemo(() => formatters(columns, tile.format), [columns, tile.format]);
  const show = useCallback(
    (cell: CellValue, at: number, row: CellValue[]) => {
      const column = columns[at]!;
      if (cell === null || cell === undefined) return '–';
      return !tile.format[column.name] && isNumeric(column) && isName(column.name) ? textOf(cell) : formats[at]!.exact(cell, row);
    },
    [columns, formats, tile.format],
  );
  const title = useCallback((column: Column) => readable(column.name), []);
  const setting = useMemo(() => columns.map((column) => Object.entries(tile.sets).find(([, name]) => name === column.name)?.[0]), [columns, tile.sets]);
  const isChosen = (row: CellValue[]) => setting.some((param, at) => param !== undefined && values[param] !== undefined && values[param] === textOf(row[at]));
  return (
    <DataTable
      columns={columns}
      rows={rows}
      label={tile.title}
      show={show}
      title={title}
      isChosen={isChosen}
      cell={(text, at, row) =>
        onRow && setting[at] !== undefined ? (
          <button type="button" className="link-button ellipsis" aria-pressed={isChosen(row)} onClick={() => onRow(row)} title={`Show ${text} alone`}>
            {text}
          </button>
        ) : null
      }
    />
  );
}
