import { useQuery } from '@tanstack/react-query';
import { BellRing, CalendarClock } from 'lucide-react';
import { Link } from 'react-router';
import { ApiError, get } from '../../api/client';
import type { Job } from '../../api/types';
import { jobPath } from '../../app/places';
import { seconds, when } from '../../lib/format';
import { Badge, Card, Empty, Failure, Live, Loading, PageHead } from '../../ui/parts';
import { Table, type TableColumn } from '../../ui/Table';
import { AlertTable } from './AlertTable';
import { RunBadge } from './RunBadge';
import { RunNow } from './RunNow';

const EVERY_MS = 2000;

const isNone = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

export function JobsPage() {
  const jobs = useQuery({ queryKey: ['jobs'], queryFn: ({ signal }) => get('/jobs', { signal }), refetchInterval: (query) => (isNone(query.state.error) ? false : EVERY_MS) });
  const alerts = useQuery({ queryKey: ['alerts'], queryFn: ({ signal }) => get('/alerts', { signal }), refetchInterval: (query) => (isNone(query.state.error) ? false : EVERY_MS) });
  const hasNone = jobs.data?.jobs.length === 0 || isNone(jobs.error);
  return (
    <>
      <PageHead title="Jobs and alerts" text="What is done on a schedule, and what is watched.">
        <Live at={jobs.data ? new Date(jobs.dataUpdatedAt) : null} state={jobs.isError && !isNone(jobs.error) ? 'waiting' : jobs.data || hasNone ? 'live' : 'connecting'} />
      </PageHead>
      {jobs.error && !isNone(jobs.error) && <Failure error={jobs.error} what="The jobs cannot be shown" />}
      {jobs.isLoading && <Loading />}
      {hasNone && (
        <Empty icon={CalendarClock} title="No jobs">
          <p>The pipeline file has none. A job runs SQL into the schema jobs, sends messages or asks other servers, by a schedule:</p>
          <pre className="code">{`jobs:\n  nightly:\n    cron: "0 6 * * *"\n    steps:\n      - sql: CREATE OR REPLACE TABLE monthly AS SELECT ...`}</pre>
        </Empty>
      )}
      {jobs.data && !hasNone && <JobTable jobs={jobs.data.jobs} />}
      {alerts.error && !isNone(alerts.error) && <Failure error={alerts.error} what="The alerts cannot be shown" />}
      {alerts.data && alerts.data.alerts.length > 0 && <AlertTable alerts={alerts.data.alerts} />}
      {alerts.data?.alerts.length === 0 && (
        <Empty icon={BellRing} title="No alerts">
          <p>An alert is a SELECT: while it has rows, it fires, and tells whom the file names.</p>
        </Empty>
      )}
    </>
  );
}

const COLUMNS: TableColumn<Job>[] = [
  {
    title: 'Job',
    cell: ({ job, description }) => (
      <>
        <Link to={jobPath(job)}>{job}</Link>
        {description && <div className="faint small">{description}</div>}
      </>
    ),
  },
  { title: 'Schedule', kind: 'mono', cell: ({ schedule }) => schedule || 'by hand' },
  { title: 'Next', kind: 'number', cell: ({ next }) => (next ? when(next) : '') },
  {
    title: 'Last run',
    cell: ({ running, last, waiting }) => (
      <span className="row tight">
        {running ? <Badge tone="accent">running</Badge> : last ? <RunBadge run={last} /> : <span className="faint">never</span>}
        {waiting > 0 && <Badge>{waiting} waiting</Badge>}
        {last?.ended && <span className="faint number">{when(last.ended)}</span>}
      </span>
    ),
  },
  { title: 'Took', kind: 'number', cell: ({ last }) => (last?.seconds != null ? seconds(last.seconds) : '') },
  { title: 'Actions', hidden: true, cell: ({ job }) => <RunNow job={job} /> },
];

function JobTable({ jobs }: { jobs: Job[] }) {
  return (
    <Card title="Jobs" flush>
      <Table label="Jobs" columns={COLUMNS} rows={jobs} keyOf={({ job }) => job} />
    </Card>
  );
}
