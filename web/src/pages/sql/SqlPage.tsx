import { useMutation } from '@tanstack/react-query';
import { CircleStop, Database, Download, History as HistoryIcon, Play } from 'lucide-react';
import { Tabs } from 'radix-ui';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { send } from '../../api/client';
import { useGraph } from '../../api/graph';
import { runSql, type SqlResult } from '../../api/sql';
import { selectOf } from '../../app/places';
import { statisticsOf } from '../../lib/cells';
import { count, plural, seconds } from '../../lib/format';
import { save } from '../../lib/save';
import { parametersOf, valueOf, type ParamValue } from '../../lib/saveAs';
import { DataTable } from '../../ui/DataTable';
import { Table } from '../../ui/Table';
import { Editor } from '../../ui/Editor';
import { KIND_ICONS } from '../../ui/kinds';
import { Button, Card, Empty, Failure, PageHead } from '../../ui/parts';
import { ALL_SYSTEM_RELATIONS } from './relations';
import { forgetQueries, pastQueries, remember } from './history';
import { Params } from './Params';
import { ResultChart } from './ResultChart';
import { SaveAs } from './SaveAs';
import './sql.css';

// Of the page's address: the value of a parameter stands behind this and its name.
const PARAM = 'p.';

interface Asked {
  sql: string;
  values: Record<string, string>; // typed, by parameter
}

interface Done extends Asked {
  result: SqlResult;
  seconds: number;
}

function paramsOf({ sql, values }: Asked): Record<string, ParamValue> | undefined {
  const names = parametersOf(sql);
  return names.length > 0 ? Object.fromEntries(names.map((name) => [name, valueOf(values[name] ?? '')])) : undefined;
}

async function download(asked: Asked, type: string, name: string): Promise<void> {
  const body = JSON.stringify({ sql: asked.sql, params: paramsOf(asked) });
  const response = await send('/sql', { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: type }, body });
  save(name, await response.blob());
}

/** The rows as objects, their numbers as the server wrote them. */
function jsonOf({ columns, rows }: SqlResult): string {
  const value = (cell: unknown): string => (typeof cell === 'object' && cell !== null && 'isNumeral' in cell ? String(cell) : JSON.stringify(cell));
  const lines = rows.map((row) => `  {${columns.map((column, i) => `${JSON.stringify(column.name)}: ${value(row[i])}`).join(', ')}}`);
  return `[\n${lines.join(',\n')}\n]\n`;
}

export function SqlPage() {
  const [search, setSearch] = useSearchParams();
  const address = search.toString();
  const [sql, setSql] = useState(search.get('q') ?? '');
  const [values, setValues] = useState<Record<string, string>>({});
  const [past, setPast] = useState(pastQueries);
  const stop = useRef<AbortController>(undefined);
  const schema = useSchema();
  const query = useMutation<Done, unknown, Asked>({
    mutationFn: async (text) => {
      stop.current = new AbortController();
      const began = performance.now();
      const result = await runSql(text.sql, { params: paramsOf(text), signal: stop.current.signal });
      return { ...text, result, seconds: (performance.now() - began) / 1000 };
    },
    onSuccess: ({ sql: text }) => setPast(remember(text)),
  });
  const { mutate } = query;
  useEffect(() => {
    const now = new URLSearchParams(address);
    const text = now.get('q') ?? '';
    const typed = Object.fromEntries([...now].filter(([name]) => name.startsWith(PARAM)).map(([name, value]) => [name.slice(PARAM.length), value]));
    setSql(text);
    setValues(typed);
    if (text) mutate({ sql: text, values: typed });
    return () => stop.current?.abort();
  }, [address, mutate]);
  const names = useMemo(() => parametersOf(sql), [sql]);
  const run = () => {
    const text = sql.trim();
    if (!text || query.isPending) return;
    const next = new URLSearchParams({ q: text, ...Object.fromEntries(names.filter((name) => values[name]).map((name) => [PARAM + name, values[name]!])) });
    if (next.toString() === address) mutate({ sql: text, values });
    else setSearch(next);
  };
  const isStopped = query.error instanceof DOMException && query.error.name === 'AbortError';
  return (
    <>
      <PageHead title="SQL" text="One SELECT over streams, tables, views and tailrace.*; it changes nothing." />
      <div className="sql-page">
        <Relations onChoose={(name) => setSearch({ q: selectOf(name) })} />
        <div className="stack sql-main">
          <section className="card">
            <Editor className="sql-editor" label="SQL" placeholder="SELECT ...  (Ctrl-Enter runs it)" value={sql} onChange={setSql} onRun={run} schema={schema} />
            <Params names={names} values={values} onChange={(name, text) => setValues({ ...values, [name]: text })} onRun={run} />
            <div className="toolbar sql-actions">
              {query.isPending ? (
                <Button icon={CircleStop} look="danger" onClick={() => stop.current?.abort()}>
                  Stop
                </Button>
              ) : (
                <Button icon={Play} look="primary" disabled={!sql.trim()} onClick={run}>
                  Run
                </Button>
              )}
              <kbd>Ctrl Enter</kbd>
              <span className="grow" />
              <Past queries={past} onChoose={(text) => setSearch({ q: text })} onForget={() => (forgetQueries(), setPast([]))} />
            </div>
          </section>
          {isStopped && <p className="muted small">Stopped. The server has dropped the query.</p>}
          {query.error && !isStopped ? <Failure error={query.error} what="The query failed" /> : null}
          {query.data && !query.isPending && <Result done={query.data} />}
          {query.isPending && <div className="skeleton s1" aria-label="The query runs" />}
          {query.isIdle && (
            <Empty icon={Database} title="Ask something">
              <p>Write a SELECT, or choose a relation: its first hundred rows are shown. Names complete as you type.</p>
            </Empty>
          )}
        </div>
      </div>
    </>
  );
}

function useSchema(): Record<string, string[]> {
  const { data: graph } = useGraph();
  const relations = graph?.nodes.filter((node) => node.columns && node.kind !== 'api') ?? [];
  const shape = JSON.stringify(relations.map((node) => [node.name, node.columns]));
  return useMemo(() => ({ ...Object.fromEntries(relations.map((node) => [node.name, node.columns!.map((column) => column.name)])), ...ALL_SYSTEM_RELATIONS }), [shape]);
}

function Relations({ onChoose }: { onChoose: (name: string) => void }) {
  const { data: graph } = useGraph();
  const relations = graph?.nodes.filter((node) => node.kind === 'stream' || node.kind === 'table' || node.kind === 'view') ?? [];
  return (
    <section className="card relations" aria-label="Relations">
      <header>
        <h2>Relations</h2>
      </header>
      <ul>
        {relations.map((node) => {
          const Icon = KIND_ICONS[node.kind];
          return (
            <li key={node.id}>
              <button type="button" className="relation" title={node.columns?.map((column) => `${column.name} ${column.type}`).join('\n')} onClick={() => onChoose(node.name)}>
                <Icon size={14} aria-hidden />
                <span className="ellipsis">{node.name}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Past({ queries, onChoose, onForget }: { queries: string[]; onChoose: (sql: string) => void; onForget: () => void }) {
  if (queries.length === 0) return null;
  return (
    <details className="past">
      <summary className="button">
        <HistoryIcon size={15} aria-hidden /> History
      </summary>
      <div className="past-list">
        <ul>
          {queries.map((sql) => (
            <li key={sql}>
              <button type="button" className="mono" onClick={() => onChoose(sql)}>
                {sql.length > 300 ? `${sql.slice(0, 300)} ...` : sql}
              </button>
            </li>
          ))}
        </ul>
        <Button look="quiet" onClick={onForget}>
          Forget them
        </Button>
      </div>
    </details>
  );
}

function Result({ done }: { done: Done }) {
  const { result } = done;
  const [failed, setFailed] = useState<unknown>(null);
  const fetchAs = (type: string, name: string) => {
    setFailed(null);
    download(done, type, name).catch(setFailed);
  };
  return (
    <Card
      title={
        <span className="number" data-testid="result-size">
          {plural(result.rows.length, 'row')} <span className="muted">in {seconds(done.seconds)}</span>
        </span>
      }
      actions={
        <>
          <Button icon={Download} onClick={() => fetchAs('text/csv', 'result.csv')}>
            CSV
          </Button>
          <Button icon={Download} onClick={() => save('result.json', new Blob([jsonOf(result)], { type: 'application/json' }))}>
            JSON
          </Button>
          <Button icon={Download} onClick={() => fetchAs('application/vnd.apache.parquet', 'result.parquet')}>
            Parquet
          </Button>
        </>
      }
      flush
    >
      {failed !== null && <Failure error={failed} what="It was not downloaded" />}
      {result.truncated && <p className="muted small note">The answer is cut here. Aggregate it, or add a LIMIT.</p>}
      <Tabs.Root defaultValue="table">
        <Tabs.List className="tabs" aria-label="Shown as">
          <Tabs.Trigger value="table">Table</Tabs.Trigger>
          <Tabs.Trigger value="chart">Chart</Tabs.Trigger>
          <Tabs.Trigger value="columns">Columns</Tabs.Trigger>
          <Tabs.Trigger value="save">Save as</Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="table" tabIndex={-1}>
          {result.rows.length === 0 ? <Empty title="No rows" icon={Database} /> : <DataTable columns={result.columns} rows={result.rows} />}
        </Tabs.Content>
        <Tabs.Content value="chart" tabIndex={-1}>
          <ResultChart result={result} />
        </Tabs.Content>
        <Tabs.Content value="columns" tabIndex={-1}>
          <Statistics result={result} />
        </Tabs.Content>
        <Tabs.Content value="save" tabIndex={-1}>
          <SaveAs query={{ sql: done.sql, values: done.values, columns: result.columns }} />
        </Tabs.Content>
      </Tabs.Root>
    </Card>
  );
}

function Statistics({ result }: { result: SqlResult }) {
  const columns = useMemo(() => result.columns.map((column, i) => ({ column, ...statisticsOf(column, result.rows.map((row) => row[i])) })), [result]);
  return (
    <Table
      label="Columns"
      rows={columns}
      keyOf={(_, at) => at}
      columns={[
        { title: 'Column', kind: 'mono', cell: ({ column }) => column.name },
        { title: 'Type', kind: 'mono', cell: ({ column }) => column.type },
        { title: 'Nulls', kind: 'numeric', cell: ({ nulls }) => count(nulls) },
        { title: 'Different values', kind: 'numeric', cell: ({ distinct }) => count(distinct) },
        { title: 'Least', kind: 'number', cell: ({ min }) => min },
        { title: 'Greatest', kind: 'number', cell: ({ max }) => max },
        { title: 'Mean', kind: 'numeric', cell: ({ mean }) => (mean === null ? '' : mean.toLocaleString('en-US', { maximumFractionDigits: 4 })) },
      ]}
    />
  );
}
