import { CircleStop, Database, Play } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { selectOf } from '../../app/places';
import { seconds } from '../../lib/format';
import { parametersOf } from '../../lib/saveAs';
import { Editor } from '../../ui/Editor';
import { Button, Empty, Failure, PageHead } from '../../ui/parts';
import { forgetQueries, pastQueries, remember } from './history';
import { Params } from './Params';
import { Past } from './Past';
import { Relations, useSchema } from './Relations';
import { Result } from './Result';
import { useQueryRun, type Run } from './useQueryRun';
import './sql.css';

// Of the page's address: the value of a parameter stands behind this and its name.
const PARAM = 'p.';
const TICK_MS = 100;

export function SqlPage() {
  const [search, setSearch] = useSearchParams();
  const address = search.toString();
  const [sql, setSql] = useState(search.get('q') ?? '');
  const [values, setValues] = useState<Record<string, string>>({});
  const [past, setPast] = useState(pastQueries);
  const schema = useSchema();
  // The address that this page is about to have: the reader may have typed on by then.
  const own = useRef('');
  const { run, done, start, stop, clear } = useQueryRun((asked) => setPast(remember(asked.sql)));
  useEffect(() => {
    const now = new URLSearchParams(address);
    const text = now.get('q') ?? '';
    const typed = Object.fromEntries([...now].filter(([name]) => name.startsWith(PARAM)).map(([name, value]) => [name.slice(PARAM.length), value]));
    if (address !== own.current) {
      setSql(text);
      setValues(typed);
    }
    own.current = '';
    if (text) void start({ sql: text, values: typed });
    else clear();
  }, [address, start, clear]);
  const names = useMemo(() => parametersOf(sql), [sql]);
  const isRunning = run.state === 'running';
  const ask = (typed = sql) => {
    const text = typed.trim();
    if (!text) return;
    const given = parametersOf(text).filter((name) => values[name]);
    const next = new URLSearchParams({ q: text, ...Object.fromEntries(given.map((name) => [PARAM + name, values[name]!])) });
    if (next.toString() === address) return void start({ sql: text, values });
    own.current = next.toString();
    setSearch(next);
  };
  return (
    <>
      <PageHead title="SQL" text="One SELECT over streams, tables, views and tailrace.*; it changes nothing." />
      <div className="sql-page">
        <Relations onChoose={(name) => setSearch({ q: selectOf(name) })} />
        <div className="stack sql-main">
          <section className="card">
            <Editor className="sql-editor" label="SQL" placeholder="SELECT ...  (Ctrl-Enter runs it)" value={sql} onChange={setSql} onRun={ask} schema={schema} />
            <Params names={names} values={values} onChange={(name, text) => setValues({ ...values, [name]: text })} onRun={() => ask()} />
            <div className="toolbar sql-actions">
              {/* One button, so that the keyboard stays on it. */}
              <Button icon={isRunning ? CircleStop : Play} look={isRunning ? 'danger' : 'primary'} disabled={!isRunning && !sql.trim()} onClick={() => (isRunning ? stop() : ask())}>
                {isRunning ? 'Stop' : 'Run'}
              </Button>
              <kbd>Ctrl Enter</kbd>
              <Told run={run} />
              <span className="grow" />
              <Past queries={past} onChoose={(text) => setSearch({ q: text })} onForget={() => (forgetQueries(), setPast([]))} />
            </div>
          </section>
          {run.state === 'failed' && <Failure error={run.error} what="The query failed" />}
          {isRunning && !done && <div className="skeleton s1" aria-label="The query runs" />}
          {done && <Result done={done} isOld={run.state !== 'done'} />}
          {run.state === 'idle' && (
            <Empty icon={Database} title="Ask something">
              <p>Write a SELECT, or choose a relation: its first hundred rows are shown. Names complete as you type.</p>
            </Empty>
          )}
        </div>
      </div>
    </>
  );
}

/** How long it has been running, or that it was stopped. */
function Told({ run }: { run: Run }) {
  return (
    <>
      {run.state === 'running' && <Elapsed began={run.began} />}
      <span role="status" className="muted small">
        {run.state === 'stopped' && `Stopped after ${seconds(run.seconds)}: the server works on it no longer.`}
      </span>
    </>
  );
}

function Elapsed({ began }: { began: number }) {
  const [now, setNow] = useState(began);
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [began]);
  return <span className="muted small number">{((now - began) / 1000).toFixed(1)} s</span>;
}
