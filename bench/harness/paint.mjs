// How long a dashboard takes in a real browser, measured by the page's own clock, as JSON on standard output.
//
//   node bench/harness/paint.mjs ADDRESS DASHBOARD TILES CHANGE...
//
// A list of milliseconds: from the start of the navigation, with nothing in the browser's cache, until TILES tiles are on the screen; then for every change
// from the click until all of them show its rows. A change is FILTER=VALUE (picked from its choices) or FROM..TO (dates, typed into the time range), each
// made alone: the filters are reset in between.
import { openBrowser } from '../../tests/browser/harness.mjs';

const PATIENCE_MS = 60_000;
const RANGE = 'Time range';

/** In the page: what knows whether the tiles are drawn. */
function watchTiles(count) {
  const tiles = () => [...document.querySelectorAll('.tile')];
  const hasData = (tile) =>
    tile.querySelector('[data-testid="number"]') !== null || tile.querySelectorAll('[role="row"]').length > 1 || (tile.querySelector('.plot')?.drawn?.() ?? []).some(({ data }) => data?.length > 0);
  const isDrawn = () => tiles().length === count && tiles().every((tile) => !tile.dataset.stale && hasData(tile));
  /** After the frame in which it is on the screen: charts are painted in the frame behind the one that gave them their data. */
  const painted = (is) =>
    new Promise((done) => {
      const look = () => {
        if (!is()) return requestAnimationFrame(look);
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => done(performance.now());
          port2.postMessage(null);
        });
      };
      look();
    });
  globalThis.paint = {
    first: () => painted(isDrawn),
    /** The filter says what is chosen in the very frame in which tiles are marked whose rows are not those of it. */
    async change(press, filter) {
      const said = () => document.querySelector(`button[aria-label^="${filter}: "]`).ariaLabel;
      const before = said();
      const began = performance.now();
      press();
      return (await painted(() => said() !== before && isDrawn())) - began;
    },
  };
}

const pressed = (button, filter) => button.evaluate((element, name) => globalThis.paint.change(() => element.click(), name), filter);

async function pick(page, filter, value) {
  await page.getByRole('button', { name: new RegExp(`^${filter}: `) }).click();
  await page.getByRole('combobox', { name: `Find ${filter}` }).fill(value);
  return pressed(page.getByRole('option', { name: value, exact: true }), filter);
}

async function range(page, from, to) {
  await page.getByRole('button', { name: new RegExp(`^${RANGE}: `) }).click();
  await page.getByLabel('From', { exact: true }).fill(from);
  await page.getByLabel('To', { exact: true }).fill(to);
  return pressed(page.getByRole('button', { name: 'Show', exact: true }), RANGE);
}

async function main([address, dashboard, tiles, ...changes]) {
  const browser = await openBrowser();
  // What waits in the page has no patience of its own, and ends with it.
  const end = setTimeout(() => void browser.close(), PATIENCE_MS * (changes.length + 1));
  try {
    const context = await browser.newContext({ baseURL: address, viewport: { width: 1280, height: 1000 } });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    await page.addInitScript(watchTiles, Number(tiles));
    await page.goto(`/console/dashboards/${dashboard}`, { waitUntil: 'commit' });
    const figures = [await page.evaluate(() => globalThis.paint.first())];
    for (const change of changes) {
      const [from, to] = change.split('..');
      const [filter, value] = change.split('=');
      figures.push(to ? await range(page, from, to) : await pick(page, filter, value));
      await pressed(page.getByRole('button', { name: 'Reset', exact: true }), to ? RANGE : filter);
    }
    console.log(JSON.stringify(figures));
  } finally {
    clearTimeout(end);
    await browser.close();
  }
}

await main(process.argv.slice(2));
