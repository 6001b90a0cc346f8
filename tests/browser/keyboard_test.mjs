// All that one does with the console, done by the keyboard alone: no mouse, and nothing that a test focuses by itself.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { getJson, openBrowser, seed, serve, until, visit } from './harness.mjs';
import { around, find, goTo, press, stop } from './keyboard.mjs';
import { PAGES } from './pages.mjs';

let server;
let browser;

before(async () => {
  server = await serve();
  browser = await openBrowser();
  await seed(server);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const on = (path, work, options = {}) => visit(browser, options.server ?? server, work, { path, ...options });

/** Soon the keyboard is there, without a key pressed. */
const isAt = (page, name) => until(`the keyboard at ${name}`, () => stop(page), (now) => (typeof name === 'string' ? now.name === name : name.test(now.name)));
/** On to the next tab. */
async function right(page, tab) {
  await page.keyboard.press('ArrowRight');
  await isAt(page, tab);
}

const isSomewhere = (page) => until('the keyboard', () => stop(page), ({ role }) => role !== 'none');

for (const { name, path, ready } of PAGES) {
  test(`${name}: Tab goes around the whole page, and every stop is seen`, () =>
    on(path, async (page) => {
      await ready(page);
      const { faults, stops, first } = await around(page);
      assert.deepEqual([...new Set(faults)], []);
      if (name !== 'tile') assert.equal(first.name, 'Skip to the page');
      assert.ok(stops > (name === 'tile' ? 0 : 10), `${stops} stops`);
    }));
}

test('why a record was refused, a fix, its preview, and the records sent again', () =>
  on('/', async (page) => {
    const left = async () => (await getJson(server, '/dlq/visits')).letters.filter(({ reason }) => reason.includes('75 s')).length;
    assert.equal(await left(), 1);
    await page.getByRole('link', { name: /refused between/ }).waitFor();
    await press(page, /refused between source web and stream visits/);
    await page.getByRole('heading', { name: 'Dead letters of visits' }).waitFor();
    await page.getByTestId('faulty').getByText('75 s').waitFor();
    await press(page, 'Read the number in seconds');
    await goTo(page, 'SQL that makes the new records');
    await page.keyboard.press('Control+End');
    await page.keyboard.type(' -- as digits');
    // Tab leaves the editor.
    await press(page, 'Preview');
    await page.getByRole('region', { name: 'What would become of the letters' }).getByText('taken').first().waitFor();
    await isAt(page, 'Preview');
    await press(page, 'Send 2 records again');
    await page.getByText('2 records sent again').waitFor();
    await isSomewhere(page);
    await until('they are taken', left, (letters) => letters === 0);
  }));

test('a query, its chart, and the tile of it to paste', () =>
  on('/', async (page, { context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByTestId('records').waitFor();
    await find(page, 'SQL');
    await goTo(page, 'SQL');
    await page.keyboard.type('SELECT country, revenue FROM revenue_by_country ORDER BY country');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('cell', { name: 'Norway' }).waitFor();
    await isAt(page, 'SQL');
    await goTo(page, 'Table');
    await right(page, 'Chart');
    await page.locator('canvas').waitFor();
    await right(page, 'Columns');
    await right(page, 'Save as');
    await goTo(page, 'Name');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('by_country');
    await goTo(page, 'A dashboard with this as its first tile');
    await press(page, 'Copy', { key: 'Shift+Tab' });
    const copied = await until('the tile', () => page.evaluate(() => navigator.clipboard.readText()), (text) => text.includes('tiles:'));
    assert.match(copied, /by_country/);
    await isAt(page, 'Copied');
  }));

test('a job is run, its log read, an alert silenced, and its silence ended', () =>
  on('/', async (page) => {
    const runs = async () => (await getJson(server, '/jobs/nightly')).runs.filter(({ state }) => state === 'succeeded').length;
    const before = await runs();
    await page.getByTestId('records').waitFor();
    await find(page, 'nightly');
    await press(page, 'Run now: nightly');
    await until('the run', runs, (now) => now === before + 1);
    await isAt(page, 'Run now: nightly');
    await goTo(page, 'Log of the run');
    await page.getByLabel('Log of the run').getByText(/sql/i).first().waitFor();
    await find(page, 'jobs and', 'Jobs and alerts');
    await press(page, 'Silence: refused');
    await page.getByRole('dialog', { name: 'Silence refused' }).waitFor();
    await page.keyboard.press('Escape');
    await isAt(page, 'Silence: refused');
    await page.keyboard.press('Enter');
    await goTo(page, 'Why (for whoever looks)');
    await page.keyboard.type('the till is mended');
    await page.keyboard.press('Enter');
    await page.getByText('the till is mended').waitFor();
    await isAt(page, 'End the silence: refused');
    await page.keyboard.press('Enter');
    await isAt(page, 'Silence: refused');
    await until('the end of the silence', () => getJson(server, '/alerts'), ({ alerts }) => alerts[0].silence === undefined);
  }));

test('a stream is found, its tail stands still, a record is looked at, and one is posted', () =>
  on('/', async (page) => {
    await page.getByTestId('records').waitFor();
    await find(page, 'visits');
    await goTo(page, 'Live');
    for (const tab of ['Records', 'Schema', 'Post a record']) await right(page, tab);
    await goTo(page, 'JSON of the record');
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('{"page": "/by-keyboard", "seconds": 4}');
    await press(page, 'Send');
    await page.getByText('Accepted, and on disk').waitFor();
    await isAt(page, 'Send');
    await find(page, 'sales');
    await page.getByText('kettle').first().waitFor();
    await press(page, 'Pause');
    await isAt(page, 'Go on');
    await goTo(page, /^\d\d:\d\d:\d\d/);
    const chosen = (await stop(page)).name;
    await page.keyboard.press('Enter');
    // The panel takes the keyboard, and gives it back.
    await until('the panel', () => stop(page), ({ name }) => name.startsWith('Record '));
    await goTo(page, 'Trace it');
    await page.keyboard.press('Escape');
    await isAt(page, chosen);
  }));

test('a key is made, signed in with, and another one made and revoked', async () => {
  const other = await serve();
  try {
    await on('/', async (page) => {
      await page.getByTestId('records').waitFor();
      await find(page, 'Settings');
      await page.getByText('Nobody is asked for a key yet').waitFor();
      await press(page, 'New key');
      await isAt(page, 'Name: whose it is, or what for');
      await page.keyboard.type('chief');
      await press(page, 'Make the key');
      await page.getByTestId('secret').waitFor();
      await press(page, 'Sign in with it');
      await page.getByRole('row', { name: /chief/ }).getByText('yours').waitFor();
      await isAt(page, 'New key');
      await page.keyboard.press('Enter');
      await isAt(page, 'Name: whose it is, or what for');
      await page.keyboard.type('clerk');
      await page.keyboard.press('Enter');
      await page.getByTestId('secret').waitFor();
      await press(page, 'I have it');
      await isAt(page, 'New key');
      await press(page, 'Revoke clerk');
      await page.getByRole('dialog', { name: 'Revoke clerk?' }).waitFor();
      await page.keyboard.press('Escape');
      await isAt(page, 'Revoke clerk');
      await page.keyboard.press('Enter');
      await press(page, 'Revoke it');
      await page.getByRole('row', { name: /clerk/ }).waitFor({ state: 'detached' });
      await isSomewhere(page);
      // Requests that the closed door refused are noted by the browser.
    }, { server: other, expected: /\b401\b/ });
  } finally {
    await other.stop();
  }
});
