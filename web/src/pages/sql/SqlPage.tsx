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
import { DataTable } from '../../ui/DataTable';
import { Editor } from '../../ui/Editor';
import { KIND_ICONS } from '../../ui/kinds';
import { Button, Card, CopyButton, Empty, Failure, PageHead } from '../../ui/parts';
import { ALL_SYSTEM_RELATIONS } from './relations';
import { forgetQueries, pastQueries, remember } from './history';
import { ResultChart } from './ResultChart';
import './sql.css';

interface Done {
  sql: string;
  result: SqlResult;
  seconds: number;
}

function save(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

async function download(sql: string, type: string, name: string): Promise<void> {
  const response = await send('/sql', { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: type }, body: JSON.stringify({ sql }) });
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
  const asked = search.get('q') ?? '';
  const [sql, setSql] = useState(asked);
  const [past, setPast] = useState(pastQueries);
  const stop = useRef<AbortController>(undefined);
  const schema = useSchema();
  const query = useMutation<Done, unknown, string>({
    mutationFn: async (text) => {
      stop.current = new AbortController();
      const began = performance.now();
      const result = await runSql(text, { signal: stop.current.signal });
      return { sql: text, result, seconds: (performance.now() - began) / 1000 };
    },
    onSuccess: ({ sql: text }) => setPast(remember(text)),
  });
  const { mutate } = query;
  useEffect(() => {
    setSql(asked);
    if (asked) mutate(asked);
    return () => stop.current?.abort();
  }, [asked, mutate]);
  const run = () => {
    const text = sql.trim();
    if (!text || query.isPending) return;
    if (text === asked) mutate(text);
    else setSearch({ q: text });
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
  const { result, sql } = done;
  return (
    <Card
      title={
        <span className="number" data-testid="result-size">
          {plural(result.rows.length, 'row')} <span className="muted">in {seconds(done.seconds)}</span>
        </span>
      }
      actions={
        <>
          <Button icon={Download} onClick={() => void download(sql, 'text/csv', 'result.csv')}>
            CSV
          </Button>
          <Button icon={Download} onClick={() => save('result.json', new Blob([jsonOf(result)], { type: 'application/json' }))}>
            JSON
          </Button>
        </>
      }
      flush
    >
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
          <SaveAs sql={sql} />
        </Tabs.Content>
      </Tabs.Root>
    </Card>
  );
}

function Statistics({ result }: { result: SqlResult }) {
  const columns = useMemo(() => result.columns.map((column, i) => ({ column, ...statisticsOf(column, result.rows.map((row) => row[i])) })), [result]);
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label="Columns">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Type</th>
            <th scope="col" className="num">
              Nulls
            </th>
            <th scope="col" className="num">
              Different values
            </th>
            <th scope="col">Least</th>
            <th scope="col">Greatest</th>
            <th scope="col" className="num">
              Mean
            </th>
          </tr>
        </thead>
        <tbody>
          {columns.map(({ column, nulls, distinct, min, max, mean }, i) => (
            <tr key={i}>
              <td className="mono">{column.name}</td>
              <td className="mono">{column.type}</td>
              <td className="num">{count(nulls)}</td>
              <td className="num">{count(distinct)}</td>
              <td className="number">{min}</td>
              <td className="number">{max}</td>
              <td className="num">{mean === null ? '' : mean.toLocaleString('en-US', { maximumFractionDigits: 4 })}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Lines of a YAML block, indented so far. */
const block = (sql: string, indent: number): string =>
  sql
    .trim()
    .split('\n')
    .map((line) => ' '.repeat(indent) + line)
    .join('\n');

function SaveAs({ sql }: { sql: string }) {
  const [name, setName] = useState('my_query');
  const isName = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
  const forms = [
    { title: 'A view: a name for the query', yaml: `views:\n  ${name}:\n    sql: |\n${block(sql, 6)}\n` },
    { title: `An API: GET /api/${name}`, yaml: `apis:\n  ${name}:\n    sql: |\n${block(sql, 6)}\n` },
  ];
  return (
    <div className="body stack save-as">
      <div className="field">
        <label htmlFor="save-name">Name</label>
        <input id="save-name" className="input inline mono" value={name} onChange={(event) => setName(event.target.value)} aria-invalid={!isName} />
        {!isName && <span className="small bad-text">Letters, digits and _; it does not begin with a digit.</span>}
      </div>
      {forms.map(({ title, yaml }) => (
        <div key={title}>
          <div className="row between">
            <p className="label">{title}</p>
            <CopyButton text={yaml} />
          </div>
          <pre className="code" tabIndex={0} aria-label={title}>
            {yaml}
          </pre>
        </div>
      ))}
      <p className="muted small">Paste it into the pipeline file, and start the pipeline again.</p>
    </div>
  );
}
