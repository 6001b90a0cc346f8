// Who has never seen the console finds why records were refused, puts them right, and sees that all is well again: from link to link, no address typed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, getJson, openBrowser, openPage, rowsOf, says, seed, serve, until } from './harness.mjs';

let server;
let browser;

before(async () => {
  server = await serve();
  await seed(server);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const open = async () => (await getJson(server, '/dlq')).streams.reduce((sum, stream) => sum + stream.open + stream.pending, 0);

/** From the graph along the edge that is red, to a preview of the fix that is offered first, to its result. */
async function putRight(page, { marked, after: becomes, count }) {
  const edge = page.getByRole('link', { name: /refused between source web and stream visits/ });
  await edge.click();
  await page.getByRole('heading', { name: 'Dead letters of visits' }).waitFor();
  await says(page.getByTestId('faulty'), marked);
  const send = page.getByRole('button', { name: 'Send again' });
  assert.equal(await send.isEnabled(), false, 'nothing is sent without a look');
  await page.getByRole('button', { name: 'Preview' }).click();
  const preview = page.getByRole('region', { name: 'What would become of the letters' });
  await preview.getByText('taken').first().waitFor();
  await says(preview, becomes);
  await page.getByRole('button', { name: new RegExp(`Send ${count} records? again`) }).click();
  await page.getByText(new RegExp(`${count} records? sent again`)).waitFor();
  await page.getByText('Nothing of this fault is left').waitFor();
}

test('from a red edge to why, to a fix, to a healthy pipeline', async () => {
  const { page, faults, close } = await openPage(browser, server);
  try {
    const edges = page.locator('.react-flow__edge.bad');
    await edges.first().waitFor({ state: 'attached' });
    await page.getByRole('link', { name: '3 open' }).waitFor();
    await putRight(page, { marked: '"75 s"', after: /"seconds":75\b/, count: 2 });
    assert.deepEqual(await axe(page), []);
    await page.getByRole('link', { name: 'Pipeline' }).click();
    await page.getByRole('link', { name: '1 open' }).waitFor();
    await putRight(page, { marked: '{"seconds":3}', after: /"page":"unknown"/, count: 1 });
    await page.getByRole('link', { name: 'Pipeline' }).click();
    await page.getByText('none open').waitFor();
    await until('no edge is red', () => edges.count(), (count) => count === 0);
    await until('its stream is well', () => page.locator('[data-id="stream/visits"] .part.ok').count(), (count) => count === 1);
    assert.equal(await open(), 0);
    const wanted = JSON.stringify([['unknown', 3], ['/cart', 75], ['/cart', 80], ['/', 90]]);
    await until('all visits', () => rowsOf(server, 'SELECT page, seconds FROM visits ORDER BY seconds'), (rows) => JSON.stringify(rows) === wanted);
    assert.deepEqual(faults, []);
  } finally {
    await close();
  }
});
