// Every page of the console with data on it: for the tests and for the screenshots.

export const PAGES = [
  { name: 'pipeline', path: '/', ready: (page) => page.getByTestId('records').waitFor() },
  { name: 'pipeline-part', path: '/?part=stream%2Fsales', ready: (page) => page.getByRole('complementary', { name: 'stream sales' }).waitFor() },
  { name: 'streams', path: '/console/streams', ready: (page) => page.getByRole('link', { name: 'sales', exact: true }).waitFor() },
  { name: 'stream-live', path: '/console/streams/sales', ready: (page) => page.getByText('kettle').first().waitFor() },
  { name: 'stream-records', path: '/console/streams/sales?tab=records', ready: (page) => page.getByText('kettle').first().waitFor() },
  { name: 'stream-schema', path: '/console/streams/sales?tab=schema', ready: (page) => page.getByText('decimal(12,2)').waitFor() },
  { name: 'stream-post', path: '/console/streams/visits?tab=post', ready: (page) => page.getByLabel('JSON of the record').waitFor() },
  { name: 'letters', path: '/console/letters', ready: (page) => page.getByRole('link', { name: 'visits' }).waitFor() },
  { name: 'letters-of-stream', path: '/console/letters/visits', ready: (page) => page.getByTestId('faulty').waitFor() },
  { name: 'sql', path: `/console/sql?q=${encodeURIComponent('SELECT * FROM revenue_by_country ORDER BY country')}`, ready: (page) => page.getByText('Norway').first().waitFor() },
  { name: 'sql-empty', path: '/console/sql', ready: (page) => page.getByText('Ask something').waitFor() },
  { name: 'documents', path: '/console/documents/invoices/I1', ready: (page) => page.getByRole('region', { name: 'Document I1' }).waitFor() },
  { name: 'dashboards', path: '/console/dashboards', ready: (page) => page.getByRole('link', { name: 'The shop today' }).waitFor() },
  { name: 'dashboard', path: '/console/dashboards/shop', ready: (page) => page.locator('[data-tile="map"] canvas').first().waitFor() },
  { name: 'tile', path: '/console/embed/shop/hours', ready: (page) => page.locator('canvas').first().waitFor() },
  { name: 'trace', path: '/console/trace/sales/0/1', ready: (page) => page.getByText('Durable in the log of').waitFor() },
  { name: 'trace-start', path: '/console/trace', ready: (page) => page.getByText('Which record?').waitFor() },
  { name: 'jobs', path: '/console/jobs', ready: (page) => page.getByRole('link', { name: 'nightly' }).waitFor() },
  { name: 'job', path: '/console/jobs/nightly', ready: (page) => page.getByText('succeeded').first().waitFor() },
  { name: 'no-such-page', path: '/console/nothing', ready: (page) => page.getByText('There is no such page').waitFor() },
];
