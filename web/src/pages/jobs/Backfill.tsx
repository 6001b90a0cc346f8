// A job for due times that have passed: first which they are, then a run for each.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { get, post } from '../../api/client';
import { count, plural } from '../../lib/format';
import { Button, Card, Failure } from '../../ui/parts';

const SHOWN = 8;
const utc = (local: string): string => `${local}:00Z`;
const readable = (time: string): string => time.replace('T', ' ').replace(/:00Z$|Z$/, '');

export function Backfill({ job }: { job: string }) {
  const queries = useQueryClient();
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const range = { from: utc(from), to: utc(to) };
  const due = useQuery({
    queryKey: ['due', job, range.from, range.to],
    queryFn: ({ signal }) => get('/jobs/{job}/due', { path: { job }, query: range, signal }),
    enabled: from !== '' && to !== '',
  });
  const fill = useMutation({ mutationFn: () => post('/jobs/{job}/run', {}, { path: { job }, query: range }), onSettled: () => queries.invalidateQueries() });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    fill.mutate();
  };
  const runs = due.data && !due.data.too_many ? due.data.count : 0;
  return (
    <Card title="Run it for past due times">
      <form className="stack" onSubmit={submit}>
        <div className="row">
          <div className="field">
            <label htmlFor="fill-from">From (UTC)</label>
            <input id="fill-from" className="input" type="datetime-local" required value={from} onChange={(event) => setFrom(event.target.value)} />
          </div>
          <div className="field">
            <label htmlFor="fill-to">up to, but without</label>
            <input id="fill-to" className="input" type="datetime-local" required value={to} onChange={(event) => setTo(event.target.value)} />
          </div>
        </div>
        {due.data && <DueTimes {...due.data} />}
        {due.error && <Failure error={due.error} what="The due times are not known" />}
        <div className="row">
          <Button type="submit" icon={History} disabled={fill.isPending || runs === 0}>
            {runs > 0 ? `Run it for ${plural(runs, 'due time')}` : 'Run it for each due time'}
          </Button>
          {fill.data && <span className="ok-text small">{plural(fill.data.runs.length, 'run was', 'runs were')} asked for</span>}
        </div>
        {fill.error && <Failure error={fill.error} what="Nothing was asked for" />}
      </form>
    </Card>
  );
}

function DueTimes({ count: all, too_many, first, last }: { count: number; too_many: boolean; first: string[]; last?: string }) {
  if (too_many) return <p className="small bad-text">There are more than {count(all)} due times between these: take them in parts.</p>;
  if (all === 0) return <p className="small muted">It is never due between these.</p>;
  const shown = first.slice(0, SHOWN);
  return (
    <div className="row tight" role="status">
      {shown.map((time) => (
        <span key={time} className="badge number">
          {readable(time)}
        </span>
      ))}
      {all > shown.length && last && (
        <span className="small muted">
          and {count(all - shown.length)} more, up to <span className="number">{readable(last)}</span>
        </span>
      )}
    </div>
  );
}
