// What a person does with the console: looks, follows, sends, signs in.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { axe, getJson, hasKeyboard, openBrowser, rowsOf, says, seed, serve, until, visit } from './harness.mjs';

// From what the server knows to the page that shows it. What else the machine does may hold one look up: the fastest of some counts.
const FRESH_MS = 1500;
const LOOKS_MAX = 30;
const FIRST_LOAD_BYTES_MAX = 500_000;

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

/** Opens a page, has `work` done with it, and sees that nothing went wrong in it but what was `expected`. */
const on = (path, work, options = {}) => visit(browser, options.server ?? server, work, { path, ...options });

const digits = async (locator) => Number((await locator.innerText()).replaceAll(',', ''));

test('the numbers of the pipeline move, within a second of the server', () =>
  on('/', async (page) => {
    const records = page.getByTestId('records');
    const first = await digits(records);
    await until('more records', () => digits(records), (now) => now > first);
    const took = [];
    do {
      const known = (await getJson(server, '/status')).streams.reduce((sum, stream) => sum + stream.records, 0);
      const knownAt = Date.now();
      await until('as many on the page', () => digits(records), (now) => now >= known);
      took.push(Date.now() - knownAt);
    } while (Math.min(...took) >= FRESH_MS && took.length < LOOKS_MAX);
    assert.ok(Math.min(...took) < FRESH_MS, `${took} ms`);
    await page.locator('[data-testid="as-of"][data-state="live"]').waitFor();
  }));

test('a page without a connection does not call itself live, and goes on when there is one', () =>
  on('/', async (page, { context }) => {
    const state = (word) => page.locator(`[data-testid="as-of"][data-state="${word}"]`).waitFor();
    await state('live');
    await context.setOffline(true);
    await state('waiting');
    await context.setOffline(false);
    await state('live');
  }, { expected: /ERR_INTERNET_DISCONNECTED/ }));

test('every part of the file is on the graph, and a click tells what it is', () =>
  on('/', async (page) => {
    const graph = await (await fetch(`${server.address}/graph`)).json();
    await until('all nodes', () => page.locator('.react-flow__node').count(), (count) => count === graph.nodes.length);
    await until('all edges', () => page.locator('.react-flow__edge').count(), (count) => count === graph.edges.length);
    await page.locator('[data-id="table/revenue_by_hour"]').click();
    const panel = page.getByRole('complementary', { name: 'table revenue_by_hour' });
    await panel.getByText("date_trunc('hour', sold_at)").waitFor();
    // The lines of the file, from the key on.
    await until('its definition', () => panel.getByLabel('Definition of revenue_by_hour').innerText(), (text) => text.startsWith('revenue_by_hour:\n  sql: SELECT'));
    await panel.getByRole('img', { name: /^Records a second: / }).waitFor();
    await says(panel, /[\d,]+ in = [\d,]+ out/);
    await panel.getByRole('button', { name: 'sales', exact: true }).click();
    await page.getByRole('complementary', { name: 'stream sales' }).waitFor();
  }));

test('a live tail goes on, stands still, and shows one key alone', () =>
  on('/console/streams/sales', async (page) => {
    const count = page.getByTestId('tail-count');
    const seen = async () => Number.parseInt((await count.innerText()).replaceAll(',', ''), 10);
    const first = await until('records', seen);
    await until('more', seen, (now) => now > first + 20);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.locator('[data-state="paused"]').waitFor();
    const still = await count.innerText();
    const before = (await (await fetch(`${server.address}/status`)).json()).streams[0].records;
    await until('records in the stream', async () => (await (await fetch(`${server.address}/status`)).json()).streams[0].records, (now) => now > before + 20);
    assert.equal(await count.innerText(), still);
    await page.locator('.record').first().click();
    await page.getByRole('button', { name: 'Follow its key' }).click();
    await until('one key alone', () => page.locator('.record-key').allInnerTexts(), (keys) => keys.length >= 1 && keys.every((one) => one === keys[0]));
  }));

test('a record written by hand is sent, or refused with its place', () =>
  on('/console/streams/visits?tab=post', async (page) => {
    // As a person does it: what a test puts into the page behind the editor's back, the browser styles on its own, against the page's policy.
    const write = async (text) => {
      await page.getByLabel('JSON of the record').click();
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText(text);
    };
    await write('{"page": 5}');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('alert').getByText('/page').waitFor();
    await write('{"page": "/about"');
    await until('it cannot be sent', () => page.getByRole('button', { name: 'Send' }).isEnabled(), (enabled) => !enabled);
    await write('{"page": "/about", "seconds": 5}');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Accepted, and on disk').waitFor();
    // Accepted is in the log; SQL sees it a moment later.
    await until('it can be asked for', () => rowsOf(server, "SELECT count(*) FROM visits WHERE page = '/about'"), (rows) => JSON.stringify(rows) === '[[1]]');
    // The browser tells of every answer that is no success, when it comes to it: that of the verdict may be told long after that of the sending.
  }, { expected: /\b422\b/ }));

test('whoever finds a dead letter sees where it is wrong, puts it right, and sends it again', () =>
  on('/', async (page) => {
    const taken = async () => (await getJson(server, '/status')).streams.find((stream) => stream.name === 'visits').records;
    const before = await taken();
    await page.getByRole('link', { name: 'Dead letters' }).click();
    await page.getByRole('link', { name: /seconds/ }).first().click();
    await says(page.getByTestId('faulty'), '"75 s"');
    await page.getByRole('button', { name: 'Read the number in seconds' }).click();
    assert.equal(await page.getByRole('button', { name: 'Send again' }).isEnabled(), false);
    await page.getByRole('button', { name: 'Preview' }).click();
    const preview = page.getByRole('region', { name: 'What would become of the letters' });
    await preview.getByText('taken').first().waitFor();
    assert.equal(await preview.locator('tbody tr').count(), 2);
    assert.match(await preview.innerText(), /"seconds":75\b/);
    assert.equal(await taken(), before, 'a preview sends nothing');
    await page.getByRole('button', { name: 'Send 2 records again' }).click();
    await page.getByText('2 records sent again').waitFor();
    await page.getByText('Nothing of this fault is left').waitFor();
    await until('both are in the stream', taken, (now) => now === before + 2);
    await until('both are in the table', () => rowsOf(server, 'SELECT seconds FROM long_visits WHERE seconds < 90 ORDER BY 1'), (rows) => JSON.stringify(rows) === '[[75],[80]]');
    // What came of it stays until another fault is looked at.
    assert.equal(await page.getByText('2 records sent again').isVisible(), true);
  }));

test('a query is run, its cells are what the server says, and it can be drawn', () =>
  on('/console/sql', async (page) => {
    const sql = "SELECT i AS n, (i * 1.10)::DECIMAL(12,2) AS price, 'name ' || i AS name FROM range(5000) t(i) ORDER BY i DESC";
    await page.getByRole('textbox', { name: 'SQL' }).click();
    await page.keyboard.insertText(sql);
    await page.keyboard.press('Control+Enter');
    await page.getByText('5,000 rows').waitFor();
    const cells = page.locator('.result-body .result-row').first().getByRole('cell');
    await until('the first row', () => cells.allInnerTexts(), (texts) => texts.join() === '4999,5498.90,name 4999');
    // Of many rows few are in the page.
    assert.ok((await page.locator('.result-body .result-row').count()) < 100);
    const price = page.getByRole('columnheader', { name: /price/ });
    for (const [order, first] of [['descending', '4999'], ['ascending', '0']]) {
      await price.getByRole('button').click();
      await until(`it is sorted, ${order}`, () => price.getAttribute('aria-sort'), (now) => now === order);
      await says(cells.first(), first);
    }
    await page.getByRole('tab', { name: 'Chart' }).click();
    await page.locator('canvas').waitFor();
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()]);
    const { readFileSync } = await import('node:fs');
    assert.match(readFileSync(await saved.path(), 'utf8'), /^n,price,name\r?\n4999,5498.90,name 4999\r?\n/);
    await page.reload();
    await page.getByText('5,000 rows').waitFor();
  }));

test('a query that is wrong is told in the words of the server', () =>
  on(`/console/sql?q=${encodeURIComponent('SELECT nothing FROM sales')}`, async (page) => {
    await page.getByRole('alert').getByText('nothing').waitFor();
  }, { expected: /\b400\b/ }));

test('a page opens by its address, and by the keyboard alone', () =>
  on('/', async (page) => {
    await page.getByTestId('records').waitFor();
    await page.keyboard.press('Tab');
    await until('the first stop', () => page.evaluate(() => document.activeElement.textContent), (text) => text === 'Skip to the page');
    await page.keyboard.press('Control+k');
    await hasKeyboard(page.getByRole('combobox', { name: 'Find' }));
    await page.keyboard.type('sales');
    await page.getByRole('option', { selected: true }).getByText('sales').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'sales', level: 1 }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/console/streams/sales');
    await page.getByRole('tab', { name: 'Live' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('spinbutton', { name: 'From offset' }).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('heading', { name: 'Fields' }).waitFor();
  }));

test('an alert is silenced with a reason, and its silence ended', () =>
  on('/console/jobs', async (page) => {
    const silence = async () => (await getJson(server, '/alerts')).alerts[0].silence;
    await page.getByRole('button', { name: 'Silence: refused' }).click();
    const dialog = page.getByRole('dialog', { name: 'Silence refused' });
    await dialog.getByRole('button', { name: '8 hours' }).click();
    await dialog.getByLabel(/^Why/).fill('the till is mended');
    await page.keyboard.press('Enter');
    await page.getByText('Nobody is told; that ends in 8 h: the till is mended').waitFor();
    const { until: end, reason } = await silence();
    assert.equal(reason, 'the till is mended');
    assert.ok(Math.abs(Date.parse(end) - Date.now() - 8 * 3_600_000) < 120_000, end);
    await page.getByRole('button', { name: 'End the silence: refused' }).click();
    // That of the other button ends with this name.
    await page.getByRole('button', { name: 'Silence: refused', exact: true }).waitFor();
    assert.equal(await silence(), undefined);
  }));

test('a job is run for past due times, which are told before', () =>
  on('/console/jobs/nightly', async (page) => {
    await page.getByLabel('From (UTC)').fill('2026-03-01T00:00');
    await page.getByLabel('up to, but without').fill('2026-03-04T06:00');
    await page.getByText('2026-03-01 06:00').waitFor();
    assert.equal(await page.getByText('2026-03-04 06:00').count(), 0);
    await page.getByRole('button', { name: 'Run it for 3 due times' }).click();
    await page.getByText('3 runs were asked for').waitFor();
    const runs = await until('the runs', () => getJson(server, '/jobs/nightly'), ({ runs: all }) => all.filter((run) => run.trigger === 'backfill' && run.state === 'succeeded').length === 3);
    assert.deepEqual(runs.runs.filter((run) => run.trigger === 'backfill').map((run) => run.due.slice(0, 10)), ['2026-03-03', '2026-03-02', '2026-03-01']);
  }));

test('a run that goes on for too long is cancelled, once that is asked for again', async () => {
  const other = await serve(`
pipeline: slow
streams: {any: {schema: {any: string}}}
jobs: {slow: {steps: [{command: [sleep, "600"]}]}, behind: {after: slow, steps: [{command: ["true"]}]}}
server: {listen: "127.0.0.1:0", commands: true}
`);
  try {
    await on('/console/jobs/slow', async (page) => {
      await page.getByRole('button', { name: 'Run now: slow' }).click();
      await page.getByRole('button', { name: 'Cancel the run' }).click();
      const dialog = page.getByRole('dialog', { name: 'Cancel this run of slow?' });
      await dialog.getByText('what earlier steps did stays done').waitFor();
      assert.deepEqual(await axe(page), []);
      await dialog.getByRole('button', { name: 'Let it go on' }).click();
      assert.equal((await getJson(other, '/jobs/slow')).runs[0].state, 'running');
      await page.getByRole('button', { name: 'Cancel the run' }).click();
      await dialog.getByRole('button', { name: 'Cancel the run' }).click();
      await page.getByRole('region', { name: 'Runs' }).getByText('cancelled', { exact: true }).waitFor();
      await page.getByText('1 command: stopped before its end').waitFor();
      await page.getByRole('button', { name: 'Cancel the run' }).waitFor({ state: 'detached' });
      await until('the run behind', () => getJson(other, '/jobs/behind'), ({ runs }) => runs[0]?.reason === 'job slow was cancelled');
    }, { server: other });
  } finally {
    await other.stop();
  }
});

test('where keys are on, nothing is shown without one, and roles hide what they may not do', async () => {
  const other = await serve();
  try {
    const add = (...words) => execFileSync(other.program, ['keys', 'add', ...words, other.file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    const reader = add('--role', 'read');
    await until('keys are on', async () => (await fetch(`${other.address}/whoami`)).status, (status) => status === 401);
    await on('/console/streams/visits', async (page) => {
      await page.getByRole('heading', { name: 'Sign in to this pipeline' }).waitFor();
      assert.ok(!(await page.content()).includes('shop'));
      await page.getByLabel('API key').fill('tr_wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').waitFor();
      await page.getByLabel('API key').fill(reader);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('tab', { name: 'Schema' }).waitFor();
      assert.equal(await page.getByRole('tab', { name: 'Post a record' }).count(), 0);
      await page.reload();
      await page.getByRole('tab', { name: 'Schema' }).waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('API key').waitFor();
    }, { server: other, expected: /\b401\b/ });
  } finally {
    await other.stop();
  }
});

test('the first page needs less than half a megabyte', () =>
  on('about:blank', async (page, { context }) => {
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    let bytes = 0;
    session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
    await page.goto('/');
    await page.locator('.react-flow__node').first().waitFor();
    await until('all of it', () => bytes, (now) => now > 50_000);
    assert.ok(bytes < FIRST_LOAD_BYTES_MAX, `${bytes} bytes`);
  }));
