import { useQuery } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { Link, useParams, useSearchParams } from 'react-router';
import { get } from '../../api/client';
import type { Run } from '../../api/types';
import { useSession } from '../../app/session';
import { count, seconds, when } from '../../lib/format';
import { Card, Empty, Failure, Loading, PageHead, Stat, Stats } from '../../ui/parts';
import { Table } from '../../ui/Table';
import { Backfill } from './Backfill';
import { CancelRun } from './CancelRun';
import { isOver, RunBadge } from './RunBadge';
import { RunNow } from './RunNow';
import './jobs.css';

const EVERY_MS = 1500;
const SHOWN = 50;

export function JobPage() {
  const { job = '' } = useParams();
  const [search, setSearch] = useSearchParams();
  const session = useSession();
  const page = useQuery({ queryKey: ['job', job], queryFn: ({ signal }) => get('/jobs/{job}', { path: { job }, query: { limit: SHOWN }, signal }), refetchInterval: EVERY_MS });
  const runs = page.data?.runs ?? [];
  const chosen = search.get('run') ?? runs[0]?.run ?? '';
  return (
    <>
      <PageHead
        title={job}
        text={
          <>
            <Link to="/console/jobs">Jobs and alerts</Link> / {job}
          </>
        }
      >
        <RunNow job={job} />
      </PageHead>
      {page.error && <Failure error={page.error} what={`The job ${job} cannot be shown`} />}
      {page.isLoading && <Loading />}
      {page.data && (
        <>
          <Stats>
            <Stat name="Schedule" value={<span className="small mono">{page.data.job.schedule || 'by hand'}</span>} />
            <Stat name="Next" value={<span className="small">{page.data.job.next ? when(page.data.job.next) : 'when it is asked for'}</span>} />
            <Stat name="Waiting" value={count(page.data.job.waiting)} />
            <Stat name="Steps" value={<span className="small">{page.data.steps.join(', ')}</span>} />
          </Stats>
          <div className="split jobs">
            <Card title="Runs" flush>
              {runs.length === 0 ? (
                <Empty icon={History} title="It has not run yet">
                  <p>Run it now, or wait until it is due.</p>
                </Empty>
              ) : (
                <Runs runs={runs} chosen={chosen} onChoose={(run) => setSearch({ run }, { replace: true })} />
              )}
            </Card>
            <div className="stack">
              {chosen && <RunLog job={job} run={chosen} />}
              {session.may('admin') && page.data.job.schedule && <Backfill job={job} />}
            </div>
          </div>
        </>
      )}
    </>
  );
}

function Runs({ runs, chosen, onChoose }: { runs: Run[]; chosen: string; onChoose: (run: string) => void }) {
  return (
    <Table
      label="Runs"
      rows={runs}
      keyOf={({ run }) => run}
      isChosen={({ run }) => run === chosen}
      columns={[
        {
          title: 'Due',
          cell: ({ run, due, due_times }) => (
            <>
              <button type="button" className="link-button number" onClick={() => onChoose(run)}>
                {due ? when(due) : run}
              </button>
              {due_times && <span className="faint small"> {count(due_times)} due times</span>}
            </>
          ),
        },
        { title: 'State', cell: (run) => <RunBadge run={run} /> },
        { title: 'Took', kind: 'number', cell: (run) => (run.seconds === null ? '' : seconds(run.seconds)) },
        { title: 'Rows', kind: 'numeric', cell: ({ rows }) => count(rows) },
        { title: 'By', cell: ({ trigger }) => trigger },
      ]}
    />
  );
}

function RunLog({ job, run }: { job: string; run: string }) {
  const log = useQuery({
    queryKey: ['run', job, run],
    queryFn: ({ signal }) => get('/jobs/{job}/log', { path: { job }, query: { run }, signal }),
    refetchInterval: (query) => (query.state.data && !isOver(query.state.data.run) ? EVERY_MS : false),
  });
  return (
    <Card
      title="Log of the run"
      actions={
        log.data && (
          <>
            <RunBadge run={log.data.run} />
            <CancelRun key={run} run={log.data.run} />
          </>
        )
      }
    >
      <div className="stack">
        {log.error && <Failure error={log.error} what="The log cannot be read" />}
        {log.data?.run.reason && <p className={`small ${log.data.run.state === 'cancelled' ? 'muted' : 'bad-text'}`}>{log.data.run.reason}</p>}
        {log.data && (
          <pre className="code" tabIndex={0} aria-label="Log of the run">
            {log.data.log.map((line) => `${line.time.slice(11, 19)}  ${line.step ? `${line.step}: ` : ''}${line.text}`).join('\n') || 'Nothing was written.'}
          </pre>
        )}
        {log.isLoading && <Loading rows={3} />}
      </div>
    </Card>
  );
}
