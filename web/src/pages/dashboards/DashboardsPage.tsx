import { LayoutDashboard } from 'lucide-react';
import { Link } from 'react-router';
import { dashboardPath } from '../../app/places';
import { plural } from '../../lib/format';
import { CopyButton, Empty, Failure, Loading, PageHead } from '../../ui/parts';
import { useDashboards } from './api';
import { Markdown } from './Markdown';
import './dashboards.css';

const EXAMPLE = `dashboards:
  sales:
    title: Sales
    tiles:
      - {title: Revenue, sql: "SELECT sum(revenue) AS revenue FROM revenue_by_country"}
      - {from: revenue_by_country, chart: bar}
`;

export function DashboardsPage() {
  const { data, error } = useDashboards();
  return (
    <>
      <PageHead title="Dashboards" text="Charts that follow the records as they come. The pipeline file says what they show." />
      {error && <Failure error={error} what="The dashboards cannot be shown" />}
      {!data && !error && <Loading />}
      {data?.dashboards.length === 0 && (
        <Empty icon={LayoutDashboard} title="No dashboards yet">
          <p>Write one into the pipeline file, with your own tables, and start the pipeline again:</p>
          <pre className="code" tabIndex={0} aria-label="Example of a dashboard">
            {EXAMPLE}
          </pre>
          <CopyButton text={EXAMPLE} />
        </Empty>
      )}
      <ul className="dashboard-list">
        {data?.dashboards.map((dashboard) => (
          <li key={dashboard.name}>
            <LayoutDashboard size={18} aria-hidden />
            <div className="grow">
              <h2>
                <Link to={dashboardPath(dashboard.name)}>{dashboard.title}</Link>
              </h2>
              {dashboard.description && <Markdown text={dashboard.description} />}
            </div>
            <span className="muted small">{plural(dashboard.tiles, 'tile')}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
