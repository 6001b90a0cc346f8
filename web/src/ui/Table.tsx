// Rows of things with their columns: one markup for every table that is read rather than scrolled through by the thousand.
import type { Key, ReactNode } from 'react';

export interface TableColumn<Row> {
  title: ReactNode;
  cell: (row: Row) => ReactNode;
  kind?: 'numeric' | 'mono' | 'number' | 'wrap' | 'text'; // numeric: digits, to the right; number: digits where they are; text: as it was written, in as many lines as it takes
  hidden?: boolean; // of buttons, at the end of the row: the title is for screen readers alone
}

interface TableProps<Row> {
  label: string;
  columns: TableColumn<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row, index: number) => Key;
  isChosen?: (row: Row) => boolean;
  className?: string;
}

const CLASSES = { numeric: 'num', mono: 'mono', number: 'number', wrap: 'wrap', text: 'wrap mono' };

export function Table<Row>({ label, columns, rows, keyOf, isChosen, className = '' }: TableProps<Row>) {
  return (
    <div className={`table-wrap ${className}`} tabIndex={0} role="region" aria-label={label}>
      <table className="table">
        <thead>
          <tr>
            {columns.map(({ title, kind, hidden }, i) => (
              <th key={i} scope="col" className={kind === 'numeric' ? 'num' : undefined}>
                {hidden ? <span className="visually-hidden">{title}</span> : title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={keyOf(row, at)} data-chosen={isChosen?.(row) || undefined}>
              {columns.map(({ cell, kind, hidden }, i) => (
                <td key={i} className={hidden ? 'actions' : kind && CLASSES[kind]}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
