// One query at a time: run, stopped, or replaced by the next one.
import { useCallback, useEffect, useRef, useState } from 'react';
import { runSql, type SqlResult } from '../../api/sql';
import { parametersOf, valueOf, type ParamValue } from '../../lib/saveAs';

export interface Asked {
  sql: string;
  values: Record<string, string>; // typed, by parameter
}

export interface Done extends Asked {
  result: SqlResult;
  seconds: number;
  number: number; // of the results of this page
}

export type Run =
  | { state: 'idle' }
  | { state: 'running'; began: number } // on the clock of performance.now()
  | { state: 'done' }
  | { state: 'stopped'; seconds: number }
  | { state: 'failed'; error: unknown };

export function paramsOf({ sql, values }: Asked): Record<string, ParamValue> | undefined {
  const names = parametersOf(sql);
  return names.length > 0 ? Object.fromEntries(names.map((name) => [name, valueOf(values[name] ?? '')])) : undefined;
}

const since = (began: number): number => (performance.now() - began) / 1000;

/** The result of the last query that ended well stays while the next one runs, is stopped or fails. The server ends a query whose request is broken off. */
export function useQueryRun(onDone: (asked: Asked) => void) {
  const [run, setRun] = useState<Run>({ state: 'idle' });
  const [done, setDone] = useState<Done | null>(null);
  const current = useRef<AbortController>(undefined);
  const results = useRef(0);
  const told = useRef(onDone);
  told.current = onDone;
  const start = useCallback(async (asked: Asked) => {
    current.current?.abort();
    const mine = new AbortController();
    current.current = mine;
    const began = performance.now();
    setRun({ state: 'running', began });
    try {
      const result = await runSql(asked.sql, { params: paramsOf(asked), signal: mine.signal });
      if (current.current !== mine) return;
      results.current += 1;
      setDone({ ...asked, result, seconds: since(began), number: results.current });
      setRun({ state: 'done' });
      told.current(asked);
    } catch (error) {
      if (current.current !== mine) return;
      setRun(mine.signal.aborted ? { state: 'stopped', seconds: since(began) } : { state: 'failed', error });
    }
  }, []);
  const stop = useCallback(() => current.current?.abort(), []);
  /** As if nothing had been asked. */
  const clear = useCallback(() => {
    current.current?.abort();
    current.current = undefined;
    setRun({ state: 'idle' });
    setDone(null);
  }, []);
  useEffect(
    () => () => {
      current.current?.abort();
      current.current = undefined;
    },
    [],
  );
  return { run, done, start, stop, clear };
}
