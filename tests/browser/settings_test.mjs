// The settings: a key from its making to its end, and the pipeline file checked while it is edited.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { axe, getJson, hasKeyboard, openBrowser, openPage, postJson, rowsOf, serve, until } from './harness.mjs';

// A server of its own: keys close its door.
async function visit(work, { path = '/console/settings', ...options } = {}) {
  const server = await serve();
  const browser = await openBrowser();
  try {
    const opened = await openPage(browser, server, { path, ...options });
    await work({ ...opened, server, browser });
    assert.deepEqual(opened.faults, []);
  } finally {
    await browser.close();
    await server.stop();
  }
}

/** Requests that the door refuses are what is tested; the browser notes each on its console. */
const withoutRefusals = (faults) => faults.filter((fault) => !/status of 40[13]/.test(fault));

const status = (server, path, key) => fetch(server.address + path, { headers: { Authorization: `Bearer ${key}` } }).then((response) => response.status);

async function makeKey(page, name, choose) {
  await page.getByRole('button', { name: 'New key' }).click();
  await page.getByLabel('Name: whose it is').fill(name);
  await choose?.();
  await page.getByRole('button', { name: 'Make the key' }).click();
  const secret = page.getByTestId('secret');
  await secret.waitFor();
  return (await secret.textContent()).trim();
}

test('the first key closes the door, another one opens what it is for, and revoked it opens nothing', async () => {
  const server = await serve();
  const browser = await openBrowser();
  try {
    const chief = await openPage(browser, server, { path: '/console/settings' });
    const { page } = chief;
    await page.getByText('Nobody is asked for a key yet').waitFor();
    const admin = await makeKey(page, 'chief');
    assert.match(admin, /^tr_[0-9a-z]{8}_[0-9A-Za-z]{38}$/);
    await page.getByText('The door is closed now').waitFor();
    assert.deepEqual(await axe(page), []);
    await until('the closed door', () => status(server, '/keys', ''), (code) => code === 401);
    await page.getByRole('button', { name: 'Sign in with it' }).click();
    await page.getByRole('row', { name: /chief/ }).getByText('yours').waitFor();

    const reader = await makeKey(page, 'clerk', async () => {
      assert.deepEqual(await axe(page), []);
      await page.getByLabel('only some parts').check();
      await page.getByLabel('revenue_by_country').check();
    });
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('row', { name: /clerk/ }).getByText('table revenue_by_country').waitFor();
    assert.equal(await page.getByText(reader).count(), 0, 'the secret is not shown again');
    await until('the new key', () => status(server, '/whoami', reader), (code) => code === 200);

    // Whoever may not change the settings is not offered to.
    const clerk = await openPage(browser, server, { path: '/console/settings', key: reader });
    await clerk.page.getByText('Nothing of this is for your key').waitFor();
    assert.equal(await clerk.page.getByRole('tab', { name: 'Keys' }).count(), 0);
    assert.equal(await status(server, '/keys', reader), 403);
    assert.equal(await status(server, '/settings', reader), 403);

    await page.getByRole('button', { name: 'Revoke clerk' }).click();
    await page.getByRole('dialog').getByText('refused within a second').waitFor();
    assert.deepEqual(await axe(page), []);
    await page.getByRole('button', { name: 'Revoke it' }).click();
    await page.getByRole('row', { name: /clerk/ }).waitFor({ state: 'detached' });
    await until('the refusal', () => status(server, '/whoami', reader), (code) => code === 401);
    await clerk.page.getByRole('link', { name: 'Streams' }).click();
    await clerk.page.getByText('Sign in to this pipeline').waitFor();

    await page.getByRole('button', { name: 'Show 1 old' }).click();
    await page.getByRole('row', { name: /clerk/ }).getByText('revoked').waitFor();
    assert.deepEqual(withoutRefusals([...chief.faults, ...clerk.faults]), []);
  } finally {
    await browser.close();
    await server.stop();
  }
});

test('a reader sees data and limits, and neither keys nor the file', async () => {
  const server = await serve();
  const browser = await openBrowser();
  try {
    const { body } = await postJson(server, '/keys', { roles: ['read'] });
    await until('the new key', () => status(server, '/whoami', body.key), (code) => code === 200);
    const { page, faults } = await openPage(browser, server, { path: '/console/settings', key: body.key });
    await page.getByText('Free on the disk').waitFor();
    assert.deepEqual(await page.getByRole('tab').allTextContents(), ['Data and versions', 'Limits']);
    assert.deepEqual(faults, []);
    for (const path of ['/keys', '/pipeline']) assert.equal(await status(server, path, body.key), 403);
  } finally {
    await browser.close();
    await server.stop();
  }
});

test('the file is checked while a copy is edited, and the fault is shown where it is', () =>
  visit(async ({ page, server }) => {
    const verdict = page.getByTestId('check');
    await page.getByText('No mistakes').waitFor();
    const editor = page.getByRole('textbox', { name: 'Pipeline file' });
    await editor.click();
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('End');
    await page.keyboard.type('\nstrems: 1');
    await until('the verdict', () => verdict.textContent(), (text) => text.includes('1 mistake'));
    const fault = page.getByRole('button', { name: /2:1 .*strems/ });
    await fault.waitFor();
    await until('the mark', () => page.locator('.cm-fault').allTextContents(), (texts) => texts.join() === 'strems');
    assert.deepEqual(await axe(page), []);
    // The list leads to the place, by keyboard as well.
    await page.keyboard.press('Control+End');
    await fault.focus();
    await page.keyboard.press('Enter');
    await hasKeyboard(editor);
    await page.keyboard.type('x');
    await page.getByRole('button', { name: /2:1 .*xstrems/ }).waitFor();
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download' }).click()]);
    assert.match(readFileSync(await saved.path(), 'utf8'), /^pipeline: shop\nxstrems: 1\n/);
    await page.getByRole('button', { name: 'As it runs' }).click();
    await page.getByText('No mistakes').waitFor();
    assert.equal(await verdict.count(), 1);
    assert.equal((await getJson(server, '/pipeline')).text, readFileSync(server.file, 'utf8'));
  }, { path: '/console/settings?tab=file' }));

test('limits are found by a word and say what is used', () =>
  visit(async ({ page }) => {
    await page.getByRole('searchbox', { name: 'Find a limit' }).fill('connections_max');
    const row = page.getByRole('row', { name: /connections_max/ });
    await row.waitFor();
    await until('what is used', () => row.getByRole('cell').nth(1).textContent(), (text) => /^\d+$/.test(text));
    await page.getByRole('searchbox', { name: 'Find a limit' }).fill('no such thing');
    await page.getByText('No limit is called that').waitFor();
  }, { path: '/console/settings?tab=limits' }));

test('the schema says what it takes while a record is written, and nothing of that is kept', () =>
  visit(async ({ page, server }) => {
    const verdict = page.getByTestId('verdict');
    const says = (words) => until('the verdict', () => verdict.textContent(), (text) => text.includes(words));
    await says('The schema takes it');
    const editor = page.getByRole('textbox', { name: 'JSON of the record' });
    const write = async (text) => {
      await editor.click();
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText(text);
    };
    await write('[{"page": "/"}, {"page": "/", "seconds": "long"}]');
    await says('1 record of 2 refused');
    await says('record 1 /seconds: expected int, found string "long"');
    await until('the mark', () => page.locator('.cm-fault').textContent(), (text) => text === '"long"');
    assert.deepEqual(await axe(page), []);
    await write('{"page": ');
    await until('it cannot be sent', () => page.getByRole('button', { name: 'Send' }).isDisabled());
    await until('the mark', () => page.locator('.cm-fault').allTextContents(), (texts) => texts.length === 1 && texts[0] !== '"long"');
    const { streams } = await getJson(server, '/status');
    assert.equal(streams.find(({ name }) => name === 'visits').records, 0);
    assert.equal((await getJson(server, '/dlq/visits')).letters.length, 0);
  }, { path: '/console/streams/visits?tab=post' }));

test('a query with parameters is run, saved and downloaded', () =>
  visit(async ({ page, server }) => {
    const sql = 'SELECT country, lines FROM revenue_by_country WHERE country <> $without ORDER BY country';
    await until('all countries', () => rowsOf(server, 'SELECT country FROM revenue_by_country'), (rows) => rows?.length === 4);
    await page.goto(`/console/sql?q=${encodeURIComponent(sql)}&p.without=France`);
    await page.getByText('Norway').first().waitFor();
    assert.equal(await page.getByRole('cell', { name: 'France' }).count(), 0);
    await page.getByLabel('$without').fill('Norway');
    await page.getByLabel('$without').press('Enter');
    await page.getByRole('cell', { name: 'France' }).waitFor();
    await page.getByRole('tab', { name: 'Save as' }).click();
    const yaml = await page.getByLabel('A dashboard with this as its first tile').textContent();
    assert.match(yaml, /without: "string = Norway"/);
    // What is offered for pasting is right as it stands.
    const apis = await page.getByLabel('An API: GET /api/my_query').textContent();
    const file = readFileSync(server.file, 'utf8').replace(/^apis:$/m, () => apis.trimEnd()).replace(/^dashboards:$/m, () => yaml.trimEnd());
    assert.equal(file.split('my_query').length, 3);
    const checked = await (await fetch(`${server.address}/pipeline/check`, { method: 'POST', body: file })).json();
    assert.deepEqual(checked, { ok: true, faults: [] });
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Parquet' }).click()]);
    const bytes = readFileSync(await saved.path());
    assert.equal(bytes.subarray(0, 4).toString() + bytes.subarray(-4).toString(), 'PAR1PAR1');
  }, { path: '/console/sql' }));
