// The pages, each loaded when it is first opened.
import { createBrowserRouter, isRouteErrorResponse, Link, useRouteError, type LoaderFunctionArgs, type ShouldRevalidateFunctionArgs } from 'react-router';
import { OctagonAlert, Signpost } from 'lucide-react';
import { queries } from './app/queries';
import { Shell } from './app/Shell';
import { dashboardQuery } from './pages/dashboards/api';
import { Empty, PageHead } from './ui/parts';

function NotFound() {
  return (
    <>
      <PageHead title="Nothing here" />
      <Empty icon={Signpost} title="There is no such page">
        <p>
          The address may be of another version of the console. <Link to="/">Go to the pipeline</Link>, or press Ctrl K to find something by its name.
        </p>
      </Empty>
    </>
  );
}

/** A fault of the console itself, or a piece of it that a newer server no longer has. */
function Broken() {
  const error = useRouteError();
  const text = isRouteErrorResponse(error) ? error.statusText : error instanceof Error ? error.message : String(error);
  return (
    <main className="empty">
      <OctagonAlert size={30} aria-hidden />
      <h1>This page broke</h1>
      <p>{text}</p>
      <p>
        If the server was just replaced by another version, loading the page again helps. <a href={window.location.href}>Load it again</a>
      </p>
    </main>
  );
}

/** What the page of a dashboard asks for first, asked while its script is on its way; the page waits for it and tells what went wrong. */
const dashboardAhead = {
  loader: ({ params }: LoaderFunctionArgs) => {
    void queries.prefetchQuery(dashboardQuery(params.dashboard!));
    return null;
  },
  // A filter changes the address, not the dashboard.
  shouldRevalidate: ({ currentParams, nextParams }: ShouldRevalidateFunctionArgs) => currentParams.dashboard !== nextParams.dashboard,
};

export const router = createBrowserRouter([
  {
    path: 'console/embed/:dashboard/:tile',
    errorElement: <Broken />,
    ...dashboardAhead,
    lazy: async () => ({ Component: (await import('./pages/dashboards/EmbedPage')).EmbedPage }),
  },
  {
    element: <Shell />,
    errorElement: <Broken />,
    children: [
      { index: true, lazy: async () => ({ Component: (await import('./pages/pipeline/PipelinePage')).PipelinePage }) },
      { path: 'console/streams', lazy: async () => ({ Component: (await import('./pages/streams/StreamsPage')).StreamsPage }) },
      { path: 'console/streams/:stream', lazy: async () => ({ Component: (await import('./pages/streams/StreamPage')).StreamPage }) },
      { path: 'console/letters', lazy: async () => ({ Component: (await import('./pages/letters/LettersPage')).LettersPage }) },
      { path: 'console/letters/:stream', lazy: async () => ({ Component: (await import('./pages/letters/StreamLettersPage')).StreamLettersPage }) },
      { path: 'console/sql', lazy: async () => ({ Component: (await import('./pages/sql/SqlPage')).SqlPage }) },
      { path: 'console/documents', lazy: async () => ({ Component: (await import('./pages/documents/DocumentsPage')).DocumentsPage }) },
      { path: 'console/documents/:collection/:key?', lazy: async () => ({ Component: (await import('./pages/documents/CollectionPage')).CollectionPage }) },
      { path: 'console/dashboards', lazy: async () => ({ Component: (await import('./pages/dashboards/DashboardsPage')).DashboardsPage }) },
      { path: 'console/dashboards/:dashboard', ...dashboardAhead, lazy: async () => ({ Component: (await import('./pages/dashboards/DashboardPage')).DashboardPage }) },
      { path: 'console/jobs', lazy: async () => ({ Component: (await import('./pages/jobs/JobsPage')).JobsPage }) },
      { path: 'console/jobs/:job', lazy: async () => ({ Component: (await import('./pages/jobs/JobPage')).JobPage }) },
      { path: 'console/trace', lazy: async () => ({ Component: (await import('./pages/trace/TraceStart')).TraceStartPage }) },
      { path: 'console/trace/:stream/:partition/:offset', lazy: async () => ({ Component: (await import('./pages/trace/TracePage')).TracePage }) },
      { path: 'console/settings', lazy: async () => ({ Component: (await import('./pages/settings/SettingsPage')).SettingsPage }) },
      { path: '*', Component: NotFound },
    ],
  },
]);
