// The rows of a result, of which only those in sight are in the page.
import { flexRender, getCoreRowModel, useReactTable, type ColumnDef, type SortingState } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useMemo, useRef, useState, type ReactNode } from 'react';
import type { Column } from '../api/types';
import { isNumeric, orderOf, textOf, type CellValue } from '../lib/cells';
import './data-table.css';

const ROW_HEIGHT = 28;
const WIDTH_MIN = 90;
const WIDTH_MAX = 360;
const WIDTH_PLAIN_MAX = 260;
const LETTER = 7.6; // of the fixed font
const LETTER_PLAIN = 7.1;
const TYPE_SHARE = 0.8; // of a type's letters, which are smaller
const MEASURED_ROWS = 60;

export interface DataTableProps {
  columns: Column[];
  rows: CellValue[][];
  label?: string;
  /** How a cell is written; as the server did when it is left out. */
  show?: (cell: CellValue, at: number, row: CellValue[]) => string;
  /** How a column is called; by its name and type when it is left out. */
  title?: (column: Column) => string;
  /** What stands in a cell instead of its text. */
  cell?: (text: string, at: number, row: CellValue[]) => ReactNode;
  isChosen?: (row: CellValue[]) => boolean;
}

// TanStack Table keeps columns and their sorting. Rows it does not see: an object of its own for each of a hundred thousand takes seconds and hundreds of megabytes.
const NO_ROWS: CellValue[][] = [];

interface Meta {
  at: number;
  numeric: boolean;
  type: string;
}

/** As wide as the longest of the first values. */
function widthOf(title: string, texts: string[], letter: number): number {
  const longest = texts.reduce((most, text) => Math.max(most, text.length), title.length + 2);
  return Math.min(letter === LETTER ? WIDTH_MAX : WIDTH_PLAIN_MAX, Math.max(WIDTH_MIN, longest * letter + 32));
}

export function DataTable({ columns: given, rows: data, label = 'Result', show = textOf, title, cell: drawn, isChosen }: DataTableProps) {
  const [sorting, setSorting] = useState<SortingState>([]);
  const scroller = useRef<HTMLDivElement>(null);
  const columns = useMemo<ColumnDef<CellValue[]>[]>(
    () =>
      given.map((column, at) => ({
        id: `${at} ${column.name}`,
        accessorFn: (row) => row[at],
        sortDescFirst: isNumeric(column),
        header: title?.(column) ?? column.name,
        size: widthOf(
          title?.(column) ?? (column.name.length > column.type.length * TYPE_SHARE ? column.name : column.type.slice(0, Math.ceil(column.type.length * TYPE_SHARE))),
          data.slice(0, MEASURED_ROWS).map((row) => show(row[at], at, row)),
          title ? LETTER_PLAIN : LETTER,
        ),
        meta: { at, numeric: isNumeric(column), type: column.type } satisfies Meta,
      })),
    [given, data, show, title],
  );
  const table = useReactTable({ data: NO_ROWS, columns, state: { sorting }, onSortingChange: setSorting, getCoreRowModel: getCoreRowModel(), manualSorting: true, enableMultiSort: false });
  const by = sorting[0];
  const order = useMemo(() => {
    const at = by ? columns.findIndex(({ id }) => id === by.id) : -1;
    return at < 0 ? null : orderOf(data.map((row) => row[at]), by!.desc);
  }, [data, columns, by]);
  const visible = useVirtualizer({ count: data.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_HEIGHT, overscan: 14 });
  const template = table.getAllLeafColumns().map((column) => `minmax(${column.getSize()}px, 1fr)`).join(' ');
  const width = table.getTotalSize();
  const plain = title ? 'plain' : '';
  return (
    <div className="result" ref={scroller} tabIndex={0} role="table" aria-label={label} aria-rowcount={data.length + 1} aria-colcount={columns.length}>
      <div role="rowgroup" className="result-head" style={{ minWidth: width }}>
        <div role="row" aria-rowindex={1} className="result-row" style={{ gridTemplateColumns: template }}>
          {table.getLeafHeaders().map((header) => {
            const meta = header.column.columnDef.meta as Meta;
            const sorted = header.column.getIsSorted();
            return (
              <div key={header.id} role="columnheader" aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : 'none'} className={meta.numeric ? 'num' : ''}>
                <button type="button" onClick={header.column.getToggleSortingHandler()} title={`${given[meta.at]!.name} ${meta.type}`}>
                  <span className="column-name">
                    <span className="ellipsis">{flexRender(header.column.columnDef.header, header.getContext())}</span>
                    {sorted === 'asc' && <ArrowUp size={12} aria-hidden />}
                    {sorted === 'desc' && <ArrowDown size={12} aria-hidden />}
                  </span>
                  {!title && <small className="ellipsis">{meta.type.toLowerCase()}</small>}
                </button>
              </div>
            );
          })}
        </div>
      </div>
      <div role="rowgroup" className="result-body" style={{ height: visible.getTotalSize(), minWidth: width }}>
        {visible.getVirtualItems().map((item) => {
          const place = order ? order[item.index]! : item.index;
          const row = data[place]!;
          return (
            <div
              key={place}
              role="row"
              aria-rowindex={item.index + 2}
              className={`result-row ${plain} ${isChosen?.(row) ? 'is-chosen' : ''}`}
              style={{ gridTemplateColumns: template, height: ROW_HEIGHT, transform: `translateY(${item.start}px)` }}
            >
              {given.map((column, at) => {
                const value = row[at];
                const text = show(value, at, row);
                return (
                  <div key={at} role="cell" title={text.length > 30 ? text : undefined} className={`ellipsis ${isNumeric(column) ? 'num' : ''} ${value === null ? 'null' : ''}`}>
                    {drawn?.(text, at, row) ?? text}
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
