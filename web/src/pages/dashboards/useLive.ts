// Tiles whose data changed are asked for again, each at most once at a time.
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useLayoutEffect, useRef, useState } from 'react';
import { subscribe, type Connection } from '../../api/events';
import { tileKey } from './api';

export interface LiveState {
  state: Connection | 'paused';
  at: Date | null; // when what is shown was last known to be true
  isPaused: boolean;
  setPaused: (paused: boolean) => void;
  /** A tile has new rows. */
  onFresh: (at: number) => void;
}

export function useLive(dashboard: string, tiles: string[]): LiveState {
  const queries = useQueryClient();
  const [state, setState] = useState<Connection>('connecting');
  const [at, setAt] = useState<Date | null>(null);
  const [isPaused, setIsPaused] = useState(false);
  const paused = useRef(false);
  const waiting = useRef(new Set<string>()); // changed while nobody looked
  const running = useRef(new Set<string>());
  const again = useRef(new Set<string>());
  const names = tiles.join('\n');

  const refresh = useCallback(
    async (tile: string, isFirst = false): Promise<void> => {
      if (running.current.has(tile)) {
        again.current.add(tile);
        return;
      }
      running.current.add(tile);
      // Rows that are on their way, for another filter, may have been read before this commit.
      if (!isFirst && queries.isFetching({ queryKey: tileKey(dashboard, tile) }) > 0) again.current.add(tile);
      await queries.invalidateQueries({ queryKey: tileKey(dashboard, tile) }, { cancelRefetch: false });
      running.current.delete(tile);
      if (again.current.delete(tile)) await refresh(tile);
    },
    [queries, dashboard],
  );

  // Before the tiles ask, which they do when all is laid out: what they ask for after that is of what the first event tells, and not asked for twice.
  useLayoutEffect(() => {
    if (!names) return;
    return subscribe({
      address: `/dashboards/${encodeURIComponent(dashboard)}/events`,
      onEvent: ({ event, data }) => {
        if (event !== 'commit') return;
        const { tiles: changed, first = false } = JSON.parse(data) as { tiles: string[]; first?: boolean };
        for (const tile of changed) {
          if (paused.current) waiting.current.add(tile);
          else void refresh(tile, first);
        }
        if (!paused.current) setAt(new Date());
      },
      onState: setState,
    });
  }, [dashboard, names, refresh]);

  const setPaused = useCallback(
    (now: boolean) => {
      paused.current = now;
      setIsPaused(now);
      if (now) return;
      for (const tile of waiting.current) void refresh(tile);
      waiting.current.clear();
    },
    [refresh],
  );
  const onFresh = useCallback((time: number) => setAt((now) => (now && now.getTime() >= time ? now : new Date(time))), []);
  return { state: isPaused ? 'paused' : state, at, isPaused, setPaused, onFresh };
}
