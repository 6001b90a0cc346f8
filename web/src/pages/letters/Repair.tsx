// Letters put right by SQL: what it makes of the first hundred, what would become of all, then the redrive itself.
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { CircleCheck, Eye, OctagonAlert, Send } from 'lucide-react';
import { useMemo, useState } from 'react';
import { post } from '../../api/client';
import { runSql } from '../../api/sql';
import type { Fault, FaultList, Letter, RedriveReport } from '../../api/types';
import { fixesFor } from '../../lib/fixes';
import { count, plural } from '../../lib/format';
import { Editor } from '../../ui/Editor';
import { Button, Card, Failure, Notice } from '../../ui/parts';
import { Table, type TableColumn } from '../../ui/Table';
import { LETTERS_KEY } from './useLetters';

const PREVIEWED = 100;

interface Change {
  letter: number;
  before: string;
  after: string | null; // null: it stays as it is
  refused: string | null;
}

interface Preview {
  sql: string;
  changes: Change[];
  report: RedriveReport;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** What the fix makes of the first letters of the fault; `dead_letters` are these and no others. */
async function changesOf(stream: string, fault: string, sql: string): Promise<Map<number, { before: string; after: string | null }>> {
  const letters = `SELECT letter, fault, stage, materialization, pointer, reason, time, source, item, line, request, "partition", "offset", raw,
      coalesce(record, raw) AS record FROM tailrace.dead_letters WHERE stream = ${quoted(stream)} AND fault_id = ${quoted(fault)} AND state = 'open'
      ORDER BY letter LIMIT ${PREVIEWED}`;
  const before = await runSql(letters);
  const id = before.columns.findIndex((column) => column.name === 'letter');
  const record = before.columns.findIndex((column) => column.name === 'record');
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  const rows = new Map(before.rows.map((row) => [Number(row[id]), { before: text(row[record]), after: sql ? null : text(row[record]) }]));
  if (!sql) return rows;
  const after = await runSql(`WITH dead_letters AS (${letters}) SELECT * FROM (\n${sql.replace(/;\s*$/, '')}\n)`);
  const newId = after.columns.findIndex((column) => column.name === 'letter');
  const newRecord = after.columns.findIndex((column) => column.name === 'record');
  const made = newRecord < 0 ? after.columns.findIndex((column) => column.name === 'raw') : newRecord;
  if (newId < 0 || made < 0) return rows;
  for (const row of after.rows) {
    const known = rows.get(Number(row[newId]));
    if (known && row[made] !== null) known.after = text(row[made]);
  }
  return rows;
}

async function previewOf(stream: string, fault: string, sql: string): Promise<Preview> {
  const report = await post('/dlq/{stream}/redrive', { fault, ...(sql && { with: sql }), dry_run: true }, { path: { stream } });
  const rows = await changesOf(stream, fault, sql);
  const refused = new Map(report.failures.map((failure) => [failure.letter, failure.reason]));
  const changes = [...rows].map(([letter, row]) => ({ letter, ...row, refused: refused.get(letter) ?? null }));
  return { sql, changes, report };
}

export function Repair({ stream, fault, letter, result, onResult }: { stream: string; fault: Fault; letter: Letter; result: RedriveReport | null; onResult: (report: RedriveReport | null) => void }) {
  const queries = useQueryClient();
  const fixes = useMemo(() => fixesFor(letter), [letter]);
  const [sql, setSql] = useState(fixes[1]?.sql ?? '');
  const [preview, setPreview] = useState<Preview | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState('');
  const fix = sql.trim();
  const run = async (what: string, work: () => Promise<void>) => {
    setBusy(what);
    setError(null);
    try {
      await work();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy('');
    }
  };
  const look = (text = sql) =>
    run('look', async () => {
      onResult(null);
      setPreview(await previewOf(stream, fault.id, text.trim()));
    });
  const redrive = () =>
    run('send', async () => {
      onResult(await post('/dlq/{stream}/redrive', { fault: fault.id, ...(fix && { with: fix }) }, { path: { stream } }));
      setPreview(null);
      await askAgain(queries, stream, fault.id);
    });
  const shown = preview?.sql === fix ? preview : null;
  return (
    <Card title="Put them right and send them again">
      <div className="stack">
        <div className="row tight">
          <span className="label">Begin with</span>
          {fixes.map((one) => (
            <button key={one.title} type="button" className="chip" aria-pressed={one.sql === sql} onClick={() => setSql(one.sql)}>
              {one.title}
            </button>
          ))}
        </div>
        <Editor className="fix-editor" label="SQL that makes the new records" placeholder="Empty: send the records as they are" value={sql} onChange={setSql} onRun={(text) => void look(text)} />
        <p className="muted small">
          A SELECT over <code>dead_letters</code> (letter, record, raw, pointer, reason, source, line, ...) that returns <code>letter</code> and the new <code>record</code>. What it does not return stays.
        </p>
        <div className="row">
          <Button icon={Eye} disabled={busy !== ''} onClick={() => void look()}>
            {busy === 'look' ? 'Looking' : 'Preview'}
          </Button>
          <Button look="primary" icon={Send} disabled={busy !== '' || !shown || shown.report.sent === 0} onClick={() => void redrive()}>
            {busy === 'send' ? 'Sending' : shown ? `Send ${plural(shown.report.sent, 'record')} again` : 'Send again'}
          </Button>
          {!shown && !result && <span className="muted small">Look at the preview first; nothing is sent by it.</span>}
        </div>
        {Boolean(error) && <Failure error={error} what="That did not work" />}
        {result && <Result report={result} />}
        {shown && <Changes preview={shown} />}
      </div>
    </Card>
  );
}

/** All that is shown, but not the letters of a fault that has none any more. */
async function askAgain(queries: QueryClient, stream: string, fault: string): Promise<void> {
  await queries.invalidateQueries({ queryKey: LETTERS_KEY });
  const lists = queries.getQueryData<{ streams: FaultList[] }>(LETTERS_KEY);
  const isLeft = lists?.streams.some((list) => list.stream === stream && list.faults.some((one) => one.id === fault));
  await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== LETTERS_KEY[0] && (isLeft || queryKey[0] !== 'letters') });
}

export function Result({ report }: { report: RedriveReport }) {
  const bad = report.failing > 0;
  return (
    <Notice tone={bad ? 'warn' : 'ok'} icon={bad ? OctagonAlert : CircleCheck} title={`${plural(report.sent, 'record')} sent again`}>
      {bad ? `${plural(report.failing, 'was', 'were')} refused again and stay here with the new reason. ` : 'All of them were taken. '}
      {report.left > 0 && `${count(report.left)} were left as they are. `}
      {report.pending > 0 && `${count(report.pending)} are still on their way.`}
    </Notice>
  );
}

const CHANGES: TableColumn<Change>[] = [
  { title: 'Letter', kind: 'numeric', cell: ({ letter }) => letter },
  { title: 'Before', kind: 'text', cell: ({ before }) => before },
  { title: 'After', kind: 'text', cell: ({ before, after }) => (after === null ? <span className="faint">stays</span> : <Difference before={before} after={after} />) },
  {
    title: 'Then',
    kind: 'wrap',
    cell: ({ after, refused }) => (after === null ? '' : refused ? <span className="bad-text">{refused}</span> : <span className="ok-text">taken</span>),
  },
];

function Changes({ preview }: { preview: Preview }) {
  const { report, changes } = preview;
  return (
    <>
      <Notice tone={report.failing || report.left ? 'warn' : 'ok'} icon={report.failing ? OctagonAlert : CircleCheck} title={`Of ${plural(report.letters, 'letter')}, ${count(report.sent - report.failing)} would be taken`}>
        {report.failing > 0 && `${count(report.failing)} would be refused again. `}
        {report.left > 0 && `${count(report.left)} would stay as they are. `}
        {report.letters > changes.length && `The first ${count(changes.length)} are below.`}
      </Notice>
      <Table label="What would become of the letters" className="changes" columns={CHANGES} rows={changes} keyOf={({ letter }) => letter} />
    </>
  );
}

/** The new text with what is new in it marked: all but the beginning and the end that both have. */
function Difference({ before, after }: { before: string; after: string }) {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < before.length - start && end < after.length - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return (
    <>
      {after.slice(0, start)}
      <mark className="new">{after.slice(start, after.length - end)}</mark>
      {after.slice(after.length - end)}
    </>
  );
}
