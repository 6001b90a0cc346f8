// The SQL page with as many rows as an answer may have, and with a query that would run for longer than anybody waits.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openBrowser, rowsOf, serve, until, visit } from './harness.mjs';

const ROWS = 120_000;
const SHOWN = 100_000; // server.limits.query_rows_max
// The rows' own text is some ten megabytes. With an object of its own for each row it was three hundred.
const HEAP_BYTES_MAX = 120_000_000;
const IN_PAGE_MAX = 100;
// A query may run for hours here: only whoever stops it ends it.
const PIPELINE = `pipeline: large
streams:
  sales: {schema: {invoice: int, sold: timestamp, country: string, quantity: int, price: "decimal(10,2)"}}
sources:
  till:
    type: generate
    rows: ${ROWS}
    sql: |
      SELECT i AS invoice, TIMESTAMP '2010-12-01' + INTERVAL 30 SECOND * i AS sold, 'Country ' || i % 40 AS country, 1 + i % 12 AS quantity,
             ((i * 7919) % 100000 / 100)::DECIMAL(10,2) AS price
    into: sales
server: {listen: "127.0.0.1:0", limits: {query_timeout: 12h}}
`;
const CLOCK_TICKS = 100; // a second, of /proc
const WORKED_SECONDS = 0.5; // of a query that is at work; a server at rest takes a tenth of that
const ALL = 'SELECT invoice, sold, country, quantity, price FROM sales ORDER BY invoice';
// Of 10^15 pairs and more, none of which passes.
const ENDLESS = 'SELECT count(*) FROM sales a, sales b, sales c WHERE a.quantity + b.quantity * c.quantity < 0';

let server;
let browser;

before(async () => {
  server = await serve(PIPELINE);
  browser = await openBrowser();
  await until('all rows', () => rowsOf(server, 'SELECT count(*) FROM sales'), (rows) => rows?.[0][0] === ROWS);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const on = (sql, work) => visit(browser, server, work, { path: sql ? `/console/sql?q=${encodeURIComponent(sql)}` : '/console/sql' });

const resultOf = (page) => page.getByRole('table', { name: 'Result' });
const rowAt = (page, number) => page.locator(`.result [aria-rowindex="${number + 1}"]`);
const cellsOf = async (page, number) => {
  await rowAt(page, number).waitFor();
  return rowAt(page, number).getByRole('cell').allInnerTexts();
};
const shown = (page) => page.getByTestId('result-size').getByText('100,000 rows').waitFor();
const inPage = (page) => page.locator('.result [role="row"]').count();

test('a hundred thousand rows are scrolled through by keyboard and mouse, and few are in the page', () =>
  on(ALL, async (page, { context }) => {
    await shown(page);
    await page.getByText('These are the first 100,000 rows').waitFor();
    assert.deepEqual(await cellsOf(page, 1), ['0', '2010-12-01T00:00:00Z', 'Country 0', '1', '0.00']);
    await resultOf(page).focus();
    await page.keyboard.press('End');
    assert.deepEqual(await cellsOf(page, SHOWN), ['99999', '2011-01-04T17:19:30Z', 'Country 39', '4', '920.81']);
    assert.ok((await inPage(page)) < IN_PAGE_MAX);
    await page.keyboard.press('Home');
    await rowAt(page, 1).waitFor();
    await resultOf(page).hover();
    await page.mouse.wheel(0, 28 * 50_000);
    await rowAt(page, 50_000).waitFor();
    assert.ok((await inPage(page)) < IN_PAGE_MAX);
    const session = await context.newCDPSession(page);
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    assert.ok(usedSize < HEAP_BYTES_MAX, `${usedSize} bytes`);
  }));

test('they are sorted, counted, drawn and saved, each number as the server wrote it', () =>
  on(ALL, async (page) => {
    await shown(page);
    const price = page.getByRole('columnheader', { name: /price/ });
    await price.getByRole('button').press('Enter');
    await until('the dearest first', () => cellsOf(page, 1), (cells) => cells[4] === '999.99');
    await price.getByRole('button').press('Enter');
    await until('the cheapest first', () => cellsOf(page, 1), (cells) => cells[4] === '0.00');
    assert.equal(await price.getAttribute('aria-sort'), 'ascending');
    await page.getByRole('tab', { name: 'Columns' }).press('Enter');
    const numbers = page.getByRole('row', { name: /^price/ }).getByRole('cell');
    await until('its numbers', () => numbers.allInnerTexts(), (texts) => texts.slice(2, 6).join(' ') === '0 100,000 0.00 999.99');
    await page.getByRole('tab', { name: 'Chart' }).press('Enter');
    await page.locator('canvas').waitFor();
    await page.getByText('Drawn from the first 20,000 of 100,000 rows').waitFor();
    for (const [name, lines] of [['CSV', SHOWN + 1], ['JSON', SHOWN + 2]]) {
      const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
      const text = readFileSync(await saved.path(), 'utf8');
      assert.equal(text.trimEnd().split('\n').length, lines, name);
      assert.match(text, name === 'CSV' ? /\n99999,2011-01-04T17:19:30Z,Country 39,4,920.81\r?\n/ : /\n {2}\{"invoice": 99999, .*"price": 920.81\}\n/);
    }
  }));

/** How often the server has ended a query for want of somebody who waits for it. */
async function endedQueries() {
  const metrics = await (await fetch(`${server.address}/metrics`)).text();
  return Number(/^tailrace_http_requests_total\{method="POST",route="\/sql",status="503"\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
}

/** Seconds of the processors that the server has taken. */
function worked() {
  const [user, system] = readFileSync(`/proc/${server.pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ').slice(11, 13);
  return (Number(user) + Number(system)) / CLOCK_TICKS;
}

test('a query that is stopped is ended by the server too, and what was there stays', () =>
  on('SELECT 41 + 1 AS answer', async (page) => {
    await page.getByRole('cell', { name: '42' }).waitFor();
    const stop = page.getByRole('button', { name: 'Stop' });
    const write = async (sql) => {
      await page.getByRole('textbox', { name: 'SQL' }).focus();
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText(sql);
      await page.keyboard.press('Control+Enter');
    };
    const runEndless = async () => {
      const now = worked();
      await write(ENDLESS);
      await stop.waitFor();
      await until('the server works on it', worked, (seconds) => seconds > now + WORKED_SECONDS);
    };
    const before = await endedQueries();
    await runEndless();
    await page.getByText('of the query before').waitFor();
    await stop.press('Enter');
    await page.getByText(/^Stopped after/).waitFor();
    // The keyboard stays on the button, and the rows of the query before on the page.
    await until('the button', () => page.evaluate(() => document.activeElement.textContent), (text) => text === 'Run');
    assert.equal(await page.getByRole('cell', { name: '42' }).isVisible(), true);
    await until('the server has ended it', endedQueries, (ended) => ended === before + 1);
    // The next one takes the place of one that runs, which is ended as well; so is that of a page which is left.
    await runEndless();
    await write('SELECT 6 * 70 AS answer');
    await page.getByRole('cell', { name: '420' }).waitFor();
    await until('the server has ended it', endedQueries, (ended) => ended === before + 2);
    await runEndless();
    await page.getByRole('link', { name: 'Streams' }).click();
    await until('the server has ended it', endedQueries, (ended) => ended === before + 3);
  }));
