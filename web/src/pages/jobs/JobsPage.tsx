import { useQuery } from '@tanstack/react-query';
import { BellRing, CalendarClock } from 'lucide-react';
import { Link } from 'react-router';
import { ApiError, get } from '../../api/client';
import type { Job } from '../../api/types';
import { jobPath } from '../../app/places';
import { seconds, when } from '../../lib/format';
import { Badge, Card, Empty, Failure, Live, Loading, PageHead } from '../../ui/parts';
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

function JobTable({ jobs }: { jobs: Job[] }) {
  return (
    <Card title="Jobs" flush>
      <div className="table-wrap" tabIndex={0} role="region" aria-label="Jobs">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Job</th>
              <th scope="col">Schedule</th>
              <th scope="col">Next</th>
              <th scope="col">Last run</th>
              <th scope="col">Took</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {jobs.map((job) => (
              <tr key={job.job}>
                <td>
                  <Link to={jobPath(job.job)}>{job.job}</Link>
                  {job.description && <div className="faint small">{job.description}</div>}
                </td>
                <td className="mono">{job.schedule || 'by hand'}</td>
                <td className="number">{job.next ? when(job.next) : ''}</td>
                <td>
                  <span className="row tight">
                    {job.running ? <Badge tone="accent">running</Badge> : job.last ? <RunBadge run={job.last} /> : <span className="faint">never</span>}
                    {job.waiting > 0 && <Badge>{job.waiting} waiting</Badge>}
                    {job.last?.ended && <span className="faint number">{when(job.last.ended)}</span>}
                  </span>
                </td>
                <td className="number">{job.last?.seconds != null ? seconds(job.last.seconds) : ''}</td>
                <td>
                  <RunNow job={job.job} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
