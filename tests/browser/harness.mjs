// A server with a pipeline of its own, Chromium, and pages that tell of every fault they have.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
export const SOURCE = process.env.TAILRACE_SOURCE_DIR ?? resolve(HERE, '../..');
const PROGRAM = process.env.TAILRACE ?? join(SOURCE, 'build/tailrace');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Packages of the console, which the tests use as well. */
export const fromWeb = createRequire(join(SOURCE, 'web/package.json'));
const { chromium } = fromWeb('playwright-core');

// What is refused: two for one fault, and one for another.
const VISITS = [{ page: '/', seconds: 90 }, { page: '/cart', seconds: '75 s' }, { page: '/cart', seconds: 'about 80' }, { seconds: 3 }];

// Everything waits at most so long: what takes longer has hung.
export const PATIENCE_MS = 120_000;

/**
 * Starts the program on a copy of `pipeline` (the path of a file or of its folder, or the text of a file).
 * `through`: a program of that folder, with its arguments, that starts ours and ends with it; `env`: added to the environment.
 */
export async function serve(pipeline = join(HERE, 'pipeline.yaml'), { through = [], env = {} } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-browser-'));
  const file = join(folder, 'pipeline.yaml');
  if (pipeline.includes('\n')) writeFileSync(file, pipeline);
  else cpSync(pipeline, statSync(pipeline).isDirectory() ? folder : file, { recursive: true });
  const [command, ...words] = [...through.map((word, i) => (i === 0 ? join(folder, word) : word)), PROGRAM, 'run', file];
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let output = '';
  const ended = new Promise((done) => child.once('exit', done));
  const listening = new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`not listening: ${output}`)), PATIENCE_MS);
    const read = (chunk) => {
      output += chunk;
      const found = /listening on (https?:\/\/\S+?)[\s,;]|event=listening address=([\w.[\]:]+)/.exec(output);
      if (!found) return;
      clearTimeout(timer);
      done(found[1] ?? `http://${found[2]}`);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(new Error(`ended with ${code}: ${output}`));
    });
  });
  const stop = async () => {
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    await ended;
    clearTimeout(killer);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const address = await listening;
    return { address, folder, program: PROGRAM, file, pid: child.pid, stop, output: () => output };
  } catch (error) {
    await stop();
    throw error;
  }
}

export async function openBrowser() {
  const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return chromium.launch({ executablePath: CHROMIUM, args: flags });
}

/** A page of its own context; `faults` grows with whatever went wrong in it. */
export async function openPage(browser, server, { theme = 'light', width = 1280, height = 800, path = '/', key = '' } = {}) {
  const context = await browser.newContext({ baseURL: server.address, viewport: { width, height }, colorScheme: theme, reducedMotion: 'reduce' });
  context.setDefaultTimeout(PATIENCE_MS);
  const faults = [];
  if (key) await context.addInitScript((text) => sessionStorage.setItem('tailrace.key', text), key);
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  });
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`exception: ${error.stack ?? error}`));
  page.on('response', (response) => response.status() >= 500 && faults.push(`${response.status()} ${response.url()}`));
  await page.goto(path);
  return { page, context, faults, close: () => context.close() };
}

/** Looks at a page, and closes it; nothing may have gone wrong in it but what `expected` matches. */
export async function visit(browser, server, work, { expected = null, ...options }) {
  const opened = await openPage(browser, server, options);
  try {
    await work(opened.page, opened);
    assert.deepEqual(opened.faults.filter((fault) => !expected?.test(fault)), []);
  } finally {
    await opened.close();
  }
}

/** Violations of WCAG 2.2 AA that axe finds, as lines. */
export async function axe(page) {
  // Evaluated by the debugger, which the page's policy does not bind.
  await page.evaluate(fromWeb('axe-core').source);
  const result = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return result.violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')}: ${node.failureSummary?.replace(/\s+/g, ' ')}`));
}

export const PHONE = { width: 375, height: 720 };

/** Pixels by which the page is wider than the screen. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Asks until `check` is true of what `ask` gives. */
export async function until(what, ask, check = Boolean, patience = PATIENCE_MS) {
  const end = Date.now() + patience;
  let last;
  while (Date.now() < end) {
    last = await ask();
    if (check(last)) return last;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`${what} does not come: ${JSON.stringify(last)}`);
}

/** Until a text is shown so; what is read once may be that of the moment before. */
export const says = (locator, wanted) => until(`${wanted}`, () => locator.innerText(), (text) => (wanted instanceof RegExp ? wanted.test(text) : text === wanted));

/** Until the address ends so: the browser tells of it some moments after the page has changed it. */
export const addressIs = (page, search) => until('the address', () => new URL(page.url()).search, (now) => now === search);

/** Until the element, or what is in it, has the keyboard: keys that are pressed before go elsewhere. */
export const hasKeyboard = (locator) => until('the keyboard', () => locator.evaluate((element) => element.contains(element.getRootNode().activeElement)));

export async function postJson(server, path, body = {}) {
  const response = await fetch(server.address + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

/** Something of everything: sales, dead letters, a run of a job. */
export async function seed(server) {
  const { status } = await postJson(server, '/visit', VISITS);
  if (status !== 207) throw new Error(`visits were answered with ${status}`);
  await until('sales', () => getJson(server, '/status'), ({ streams }) => streams[0].records > 100);
  await until('their table', () => rowsOf(server, 'SELECT country FROM revenue_by_country'), (rows) => rows?.length === 4);
  await until('the visit that was taken', () => rowsOf(server, 'SELECT * FROM long_visits'), (rows) => rows?.length === 1);
  const { body } = await postJson(server, '/jobs/nightly/run');
  await until('the run', () => getJson(server, '/jobs/nightly'), ({ runs }) => runs.some((run) => run.run === body.runs[0] && run.state === 'succeeded'));
}

/** Rows of a query; undefined when it was refused. */
export const rowsOf = async (server, q) => (await getJson(server, `/sql?${new URLSearchParams({ q })}`)).rows;

export async function getJson(server, path) {
  const response = await fetch(server.address + path);
  return response.json();
}
