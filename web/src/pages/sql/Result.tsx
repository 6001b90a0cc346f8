// What a query answered: as a table, a chart, numbers about its columns, files, and as a part of the pipeline file.
import { Database, Download } from 'lucide-react';
import { Tabs } from 'radix-ui';
import { useMemo, useState } from 'react';
import { send } from '../../api/client';
import type { SqlResult } from '../../api/sql';
import { statisticsOf } from '../../lib/cells';
import { count, plural, seconds } from '../../lib/format';
import { save } from '../../lib/save';
import { DataTable } from '../../ui/DataTable';
import { Button, Card, Empty, Failure } from '../../ui/parts';
import { Table } from '../../ui/Table';
import { ResultChart } from './ResultChart';
import { SaveAs } from './SaveAs';
import { paramsOf, type Asked, type Done } from './useQueryRun';

/** Asks again, for a file as the server writes it. */
async function fileOf(asked: Asked, type: string): Promise<Blob> {
  const body = JSON.stringify({ sql: asked.sql, params: paramsOf(asked) });
  const response = await send('/sql', { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: type }, body });
  return response.blob();
}

/** The rows as objects, their numbers as the server wrote them. */
function jsonOf({ columns, rows }: SqlResult): Blob {
  const value = (cell: unknown): string => (typeof cell === 'object' && cell !== null && 'isNumeral' in cell ? String(cell) : JSON.stringify(cell));
  const names = columns.map((column) => JSON.stringify(column.name));
  const lines = rows.map((row) => `  {${names.map((name, i) => `${name}: ${value(row[i])}`).join(', ')}}`);
  return new Blob([`[\n${lines.join(',\n')}\n]\n`], { type: 'application/json' });
}

const FORMS: { title: string; ending: string; make: (done: Done) => Promise<Blob> }[] = [
  { title: 'CSV', ending: 'csv', make: (done) => fileOf(done, 'text/csv') },
  { title: 'JSON', ending: 'json', make: ({ result }) => Promise.resolve(jsonOf(result)) },
  { title: 'Parquet', ending: 'parquet', make: (done) => fileOf(done, 'application/vnd.apache.parquet') },
];

/** `isOld`: another query was asked since. */
export function Result({ done, isOld }: { done: Done; isOld: boolean }) {
  const { result } = done;
  const [failed, setFailed] = useState<unknown>(null);
  const [making, setMaking] = useState('');
  const saveAs = async ({ title, ending, make }: (typeof FORMS)[number]) => {
    setFailed(null);
    setMaking(title);
    try {
      save(`result.${ending}`, await make(done));
    } catch (error) {
      setFailed(error);
    } finally {
      setMaking('');
    }
  };
  return (
    <Card
      title={
        <span className="number" data-testid="result-size" role="status">
          {plural(result.rows.length, 'row')} <span className="muted">in {seconds(done.seconds)}</span>
          {isOld && <span className="muted">, of the query before</span>}
        </span>
      }
      actions={FORMS.map((form) => (
        <Button key={form.title} icon={Download} disabled={making !== ''} onClick={() => void saveAs(form)}>
          {making === form.title ? 'Making it' : form.title}
        </Button>
      ))}
      flush
    >
      {failed !== null && <Failure error={failed} what="It was not downloaded" />}
      {result.truncated && <p className="muted small note">These are the first {count(result.rows.length)} rows; there are more. Aggregate them, or add a LIMIT.</p>}
      <Tabs.Root defaultValue="table">
        <Tabs.List className="tabs" aria-label="Shown as">
          <Tabs.Trigger value="table">Table</Tabs.Trigger>
          <Tabs.Trigger value="chart">Chart</Tabs.Trigger>
          <Tabs.Trigger value="columns">Columns</Tabs.Trigger>
          <Tabs.Trigger value="save">Save as</Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="table" tabIndex={-1}>
          {result.rows.length === 0 ? <Empty title="No rows" icon={Database} /> : <DataTable key={done.number} columns={result.columns} rows={result.rows} />}
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
