// The newest records of a stream as they come.
import { useEffect, useRef, useState } from 'react';
import { ApiError } from '../../api/client';
import { subscribe, type Connection } from '../../api/events';
import type { LogRecord, Partition } from '../../api/types';

export const KEPT_MAX = 1000;
const FIRST_SHOWN = 50;
const SHOW_EVERY_MS = 120;

export interface TailRecord extends LogRecord {
  partition: number;
}

export interface Tail {
  records: TailRecord[]; // newest first
  seen: number; // that came since the page was opened
  missed: number; // that the server left out because we are too slow
  state: Connection;
  error: ApiError | null;
  at: Date | null;
}

/** A little before the end of each partition, so that there is something to look at. */
function startOf(partitions: Partition[]): string {
  const each = Math.ceil(FIRST_SHOWN / partitions.length);
  return partitions.map((partition) => `${partition.partition}:${Math.max(partition.begin, partition.end - each)}`).join(',');
}

/** While `paused`, what comes is kept and not shown. */
export function useTail(stream: string, partitions: Partition[] | undefined, paused: boolean): Tail {
  const [tail, setTail] = useState<Tail>({ records: [], seen: 0, missed: 0, state: 'connecting', error: null, at: null });
  const waiting = useRef<TailRecord[]>([]);
  const missed = useRef(0);
  const isPaused = useRef(paused);
  isPaused.current = paused;
  const from = partitions ? 'known' : null;
  useEffect(() => {
    if (!partitions) return;
    waiting.current = [];
    missed.current = 0;
    setTail({ records: [], seen: 0, missed: 0, state: 'connecting', error: null, at: null });
    const stop = subscribe({
      address: `/streams/${encodeURIComponent(stream)}/tail?from=${startOf(partitions)}`,
      onEvent: ({ event, data }) => {
        if (event === 'record') {
          waiting.current.push(JSON.parse(data) as TailRecord);
          if (waiting.current.length > KEPT_MAX) waiting.current.shift();
        } else if (event === 'gap') {
          const gap = JSON.parse(data) as { from: number; to: number };
          missed.current += gap.to - gap.from;
        }
      },
      onState: (state, error) => setTail((now) => ({ ...now, state, error: error ?? null })),
    });
    const timer = setInterval(() => {
      if (isPaused.current || waiting.current.length === 0) return;
      const fresh = waiting.current.splice(0).reverse();
      setTail((now) => ({ ...now, records: [...fresh, ...now.records].slice(0, KEPT_MAX), seen: now.seen + fresh.length, missed: missed.current, at: new Date() }));
    }, SHOW_EVERY_MS);
    return () => {
      stop();
      clearInterval(timer);
    };
    // The positions are where it begins, not where it is.
  }, [stream, from]);
  return tail;
}
