// What a dashboard asks of the browser and the server: few files at first, nothing while nothing changes, all tiles at a click, and no commit is missed on the way.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { getJson, openBrowser, postJson, serve, SOURCE, until, visit } from './harness.mjs';

const PAGE = '/console/dashboards/every_kind';
const CHARTS = ['line', 'area', 'bar', 'stacked', 'pie', 'scatter', 'heatmap', 'histogram'];
// The start, the charts, what pages share, the dashboards and their entry; the map of the world comes later.
const SCRIPTS_MAX = 9;
/** A promise, and what fulfils it. */
function promised() {
  let keep;
  return { promise: new Promise((done) => (keep = done)), keep };
}

const sale = (country, price) => ({ invoice: `${country} ${price}`, product: 'kettle', quantity: 1, price, country, sold_at: '2026-01-15T10:00:00Z' });

let server;
let browser;

before(async () => {
  server = await serve(join(SOURCE, 'tests/browser/dashboards.yaml'));
  await postJson(server, '/sale', ['France', 'Germany', 'Spain'].map((country) => sale(country, '10.00')));
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const on = (work) => visit(browser, server, work, { path: 'about:blank' });
const tileOf = (page, name) => page.locator(`[data-tile="${name}"]`);

async function filled(page) {
  await page.getByTestId('number').waitFor();
  for (const name of CHARTS) await tileOf(page, name).locator('canvas').first().waitFor();
  await until('it is live', () => page.getByTestId('as-of').getAttribute('data-state'), (state) => state === 'live');
}

test('a first visit asks for few files, and for those of the page before the console has been read', () =>
  on(async (page) => {
    const asked = [];
    let isRead = false;
    // The console stays away until the files of the page were asked for.
    const { promise: pageAsked, keep: onPage } = promised();
    await page.route('**/assets/*.js', async (route) => {
      const name = new URL(route.request().url()).pathname.split('/').pop();
      asked.push(name);
      if (name.startsWith('charts-')) {
        assert.equal(isRead, false);
        onPage();
      }
      if (name.startsWith('console-')) {
        await pageAsked;
        isRead = true;
      }
      await route.continue();
    });
    await page.goto(PAGE, { waitUntil: 'commit' });
    await filled(page);
    assert.ok(asked.length <= SCRIPTS_MAX, asked.join(' '));
    assert.equal(new Set(asked).size, asked.length);
  }));

test('nothing moves on a page on which nothing changes', () =>
  on(async (page) => {
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    await page.goto(PAGE);
    await filled(page);
    await until('all that moved has ended', () => page.evaluate(() => document.getAnimations().length), (count) => count === 0);
  }));

test('rows for a new filter that were on their way when something was committed are asked for again', () =>
  on(async (page) => {
    await page.goto(PAGE);
    await filled(page);
    let isHeld = false;
    const { promise: held, keep: release } = promised();
    await page.route('**/tiles/number?country=France*', async (route) => {
      if (isHeld) return route.continue();
      isHeld = true;
      const response = await route.fetch();
      await held;
      await route.fulfill({ response });
    });
    await page.getByRole('button', { name: /^Country: / }).click();
    await page.getByRole('option', { name: 'France', exact: true }).click();
    const lines = () => tileOf(page, 'area').locator('.plot').evaluate((plot) => plot.drawn()[0].data.map(([, value]) => value).join());
    await until('the rows are on their way', () => isHeld);
    await until('the sale in France', lines, (now) => now === '1');
    await postJson(server, '/sale', [sale('France', '990.00')]);
    await until('the page knows of another', lines, (now) => now === '2');
    release();
    await until('the figure with it', () => page.getByTestId('number').innerText(), (text) => text.replace(/[^\d.]/g, '') === '1000.00');
  }));

test('a choice asks at once for the tiles that it changes, before the page is drawn anew, and for none twice', () =>
  on(async (page) => {
    await page.goto(PAGE);
    await filled(page);
    const { tiles } = await getJson(server, '/dashboards/every_kind');
    const names = tiles.filter(({ params, chart }) => chart !== 'text' && params.includes('country')).map(({ name }) => name);
    const asked = [];
    page.on('request', (request) => request.url().includes('/tiles/') && asked.push(new URL(request.url()).pathname.split('/').pop()));
    await page.getByRole('button', { name: /^Country: / }).click();
    const atOnce = await page.getByRole('option', { name: 'Germany', exact: true }).evaluate((option) => {
      const { fetch } = window;
      let count = 0;
      window.fetch = (...all) => {
        count += 1;
        return fetch(...all);
      };
      option.click();
      return count;
    });
    assert.equal(atOnce, names.length);
    await until('all rows are there', () => page.locator('.tile[data-stale]').count(), (count) => count === 0);
    assert.deepEqual(asked.sort(), names.sort());
  }));

test('old rows step back only when the new ones are late, and nothing moves meanwhile', () =>
  on(async (page) => {
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    await page.goto(PAGE);
    await filled(page);
    const { promise: held, keep: release } = promised();
    await page.route('**/tiles/number?country=Spain*', async (route) => {
      await held;
      await route.continue();
    });
    const strength = () => tileOf(page, 'number').locator('.tile-body').evaluate((body) => getComputedStyle(body).opacity);
    await page.getByRole('button', { name: /^Country: / }).click();
    await page.getByRole('option', { name: 'Spain', exact: true }).click();
    await until('the tile steps back', strength, (now) => now === '0.55');
    assert.equal(await tileOf(page, 'number').locator('.tile-body').evaluate((body) => body.getAnimations().length), 0);
    release();
    await until('it stands again', strength, (now) => now === '1');
  }));
