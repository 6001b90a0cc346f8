// Records by offset, or from a moment on.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ChevronLeft, ChevronRight, Waves } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { get } from '../../api/client';
import { runSql } from '../../api/sql';
import type { StreamDescription } from '../../api/types';
import { count } from '../../lib/format';
import { Button, Empty, Failure, Loading } from '../../ui/parts';
import { RecordPanel } from './RecordPanel';
import { placeOf, RecordTable } from './RecordTable';
import type { TailRecord } from './useTail';

const PAGE = 100;

/** The offset of the first record of the partition that came at `time` (UTC) or later. */
async function offsetAt(stream: string, partition: number, time: string): Promise<number | null> {
  const sql = `SELECT min(_offset) FROM "${stream}" WHERE _partition = $partition AND _ingested_at >= CAST($time AS TIMESTAMP)`;
  const result = await runSql(sql, { params: { partition, time } });
  const offset = result.rows[0]?.[0];
  return typeof offset === 'number' ? offset : null;
}

export function RecordsTab({ description }: { description: StreamDescription }) {
  const stream = description.name;
  const [partition, setPartition] = useState(0);
  const limits = description.partitions[partition]!;
  const [from, setFrom] = useState<number | null>(null);
  const [time, setTime] = useState('');
  const [told, setTold] = useState<unknown>(null);
  const [chosen, setChosen] = useState<TailRecord | null>(null);
  const start = from ?? Math.max(limits.begin, limits.end - PAGE);
  const page = useQuery({
    queryKey: ['records', stream, partition, start],
    queryFn: ({ signal }) => get('/streams/{stream}/records', { path: { stream }, query: { partition, from: start, limit: PAGE }, signal }),
    placeholderData: keepPreviousData,
  });
  const records = (page.data?.records ?? []).map((record) => ({ ...record, partition: page.data!.partition }));
  const toTime = async (event: FormEvent) => {
    event.preventDefault();
    setTold(null);
    try {
      const offset = await offsetAt(stream, partition, new Date(time).toISOString());
      setFrom(offset ?? limits.end);
    } catch (error) {
      setTold(error);
    }
  };
  return (
    <div className={`split ${chosen ? 'two' : ''}`}>
      <section className="card records-card">
        <div className="toolbar">
          {description.partitions.length > 1 && (
            <select
              className="input inline"
              aria-label="Partition"
              value={partition}
              onChange={(event) => {
                setPartition(Number(event.target.value));
                setFrom(null);
              }}
            >
              {description.partitions.map((one) => (
                <option key={one.partition} value={one.partition}>
                  Partition {one.partition}
                </option>
              ))}
            </select>
          )}
          <label className="row tight small muted">
            From offset
            <input className="input offset" type="number" min={limits.begin} max={limits.end} value={start} onChange={(event) => setFrom(Number(event.target.value))} />
          </label>
          <Button icon={ChevronLeft} aria-label="Earlier" disabled={start <= limits.begin} onClick={() => setFrom(Math.max(limits.begin, start - PAGE))} />
          <Button icon={ChevronRight} aria-label="Later" disabled={!page.data || page.data.records.length < PAGE} onClick={() => setFrom(page.data!.next)} />
          {description.store && (
            <form className="row tight" onSubmit={(event) => void toTime(event)}>
              <label className="row tight small muted">
                or from
                <input className="input time" type="datetime-local" step={1} required value={time} onChange={(event) => setTime(event.target.value)} />
              </label>
              <Button type="submit">Go</Button>
            </form>
          )}
          <span className="muted small number">
            {count(limits.begin)} to {count(limits.end)} are held
          </span>
        </div>
        {Boolean(told) && <Failure error={told} what="The time cannot be found" />}
        {page.error && <Failure error={page.error} what="The records cannot be read" />}
        {page.isLoading && <Loading />}
        {page.data && records.length === 0 && (
          <Empty icon={Waves} title="No records from here on">
            <Button onClick={() => setFrom(limits.begin)}>Go to the oldest</Button>
          </Empty>
        )}
        {records.length > 0 && <RecordTable records={records} chosen={chosen && placeOf(chosen)} onChoose={setChosen} label={`Records from offset ${start}`} />}
      </section>
      {chosen && <RecordPanel stream={stream} record={chosen} onClose={() => setChosen(null)} />}
    </div>
  );
}
