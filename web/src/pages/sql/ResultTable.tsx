// The rows of a result, of which only those in sight are in the page.
import { flexRender, getCoreRowModel, getSortedRowModel, useReactTable, type ColumnDef, type SortingState } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import type { Cell, SqlResult } from '../../api/sql';
import { compareCells, isNumeric, textOf } from '../../lib/cells';

const ROW_HEIGHT = 28;
const WIDTH_MIN = 90;
const WIDTH_MAX = 360;
const LETTER = 7.6;
const MEASURED_ROWS = 60;

/** As wide as the longest of the first values. */
function widthOf(result: SqlResult, index: number): number {
  const column = result.columns[index]!;
  let longest = Math.max(column.name.length + 3, column.type.length);
  for (const row of result.rows.slice(0, MEASURED_ROWS)) longest = Math.max(longest, textOf(row[index]).length);
  return Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, longest * LETTER + 28));
}

export function ResultTable({ result }: { result: SqlResult }) {
  const [sorting, setSorting] = useState<SortingState>([]);
  const scroller = useRef<HTMLDivElement>(null);
  const columns = useMemo<ColumnDef<Cell[]>[]>(
    () =>
      result.columns.map((column, index) => ({
        id: `${index} ${column.name}`,
        accessorFn: (row) => row[index],
        header: column.name,
        size: widthOf(result, index),
        sortingFn: (a, b) => compareCells(a.original[index], b.original[index]),
        meta: { numeric: isNumeric(column), type: column.type },
      })),
    [result],
  );
  const table = useReactTable({ data: result.rows, columns, state: { sorting }, onSortingChange: setSorting, getCoreRowModel: getCoreRowModel(), getSortedRowModel: getSortedRowModel() });
  const { rows } = table.getRowModel();
  const visible = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_HEIGHT, overscan: 14 });
  const template = table.getAllLeafColumns().map((column) => `minmax(${column.getSize()}px, 1fr)`).join(' ');
  const width = table.getTotalSize();
  return (
    <div className="result" ref={scroller} tabIndex={0} role="table" aria-label="Result" aria-rowcount={rows.length + 1} aria-colcount={columns.length}>
      <div role="rowgroup" className="result-head" style={{ minWidth: width }}>
        <div role="row" aria-rowindex={1} className="result-row" style={{ gridTemplateColumns: template }}>
          {table.getLeafHeaders().map((header) => {
            const meta = header.column.columnDef.meta as { numeric: boolean; type: string };
            const sorted = header.column.getIsSorted();
            return (
              <div key={header.id} role="columnheader" aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : 'none'} className={meta.numeric ? 'num' : ''}>
                <button type="button" onClick={header.column.getToggleSortingHandler()} title={`${String(header.column.columnDef.header)} ${meta.type}`}>
                  <span className="ellipsis">{flexRender(header.column.columnDef.header, header.getContext())}</span>
                  {sorted === 'asc' && <ArrowUp size={12} aria-hidden />}
                  {sorted === 'desc' && <ArrowDown size={12} aria-hidden />}
                  <small className="ellipsis">{meta.type.toLowerCase()}</small>
                </button>
              </div>
            );
          })}
        </div>
      </div>
      <div role="rowgroup" className="result-body" style={{ height: visible.getTotalSize(), minWidth: width }}>
        {visible.getVirtualItems().map((item) => {
          const row = rows[item.index]!;
          return (
            <div key={row.id} role="row" aria-rowindex={item.index + 2} className="result-row" style={{ gridTemplateColumns: template, height: ROW_HEIGHT, transform: `translateY(${item.start}px)` }}>
              {row.getVisibleCells().map((cell) => {
                const value = cell.getValue();
                const text = textOf(value);
                const meta = cell.column.columnDef.meta as { numeric: boolean };
                return (
                  <div key={cell.id} role="cell" title={text.length > 40 ? text : undefined} className={`ellipsis ${meta.numeric ? 'num' : ''} ${value === null ? 'null' : ''}`}>
                    {text}
                  </div>
                );
              })}
            </div>
          );
        })}
      </div>
    </div>
  );
}
