// Records one a line, of which only those in sight are in the page.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import type { TailRecord } from './useTail';

const ROW_HEIGHT = 30;

export const placeOf = (record: TailRecord): string => `${record.partition}:${record.offset}`;

/** 17:40:45.100, of a time whose last noughts are not written. */
const clockOf = (time: string): string => time.slice(11, 23).replace('Z', '').replace(/^(\d\d:\d\d:\d\d)$/, '$1.').padEnd(12, '0');

interface RecordTableProps {
  records: TailRecord[];
  chosen: string | null;
  onChoose: (record: TailRecord) => void;
  label: string;
  /** Records run away from under the keyboard: it stops at them once they stand still. */
  isMoving?: boolean;
}

export function RecordTable({ records, chosen, onChoose, label, isMoving = false }: RecordTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: records.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_HEIGHT, overscan: 12 });
  return (
    <div className="records" ref={scroller} tabIndex={0} role="region" aria-label={label}>
      <div className="records-inner" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((row) => {
          const record = records[row.index]!;
          const place = placeOf(record);
          return (
            <button
              key={place}
              type="button"
              className="record"
              tabIndex={isMoving ? -1 : undefined}
              aria-pressed={place === chosen}
              style={{ transform: `translateY(${row.start}px)`, height: ROW_HEIGHT }}
              onClick={() => onChoose(record)}
            >
              <span className="record-time">{clockOf(record.ingested_at)}</span>
              <span className="record-place">{place}</span>
              <span className="record-key ellipsis">{record.key ?? ''}</span>
              <span className="record-value ellipsis">{JSON.stringify(record.value)}</span>
            </button>
          );
        })}
      </div>
    </div>
  );
}
