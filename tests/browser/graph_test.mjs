// A pipeline of a hundred parts stays readable and smooth, and everything on it is found by its name and by the keyboard.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, getJson, hasKeyboard, openBrowser, PATIENCE_MS, serve, until, visit } from './harness.mjs';
import { hundredParts } from './hundred_parts.mjs';

const PARTS_MIN = 100;
// Frames while it is moved. A busy machine without a graphics card draws fewer than a screen shows; one that stutters has few or long ones.
const MOVED_MS = 1500;
const FRAMES_MIN = 6;
// Parts that come into sight are drawn; were all of those in sight drawn for each frame, it would be thirty and more.
const REDRAWN_A_FRAME_MAX = 5;

let server;
let browser;

before(async () => {
  server = await serve(hundredParts());
  browser = await openBrowser();
  await until('records', () => getJson(server, '/status'), ({ streams }) => streams.every((stream) => stream.records > 20));
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const on = (path, work, options = {}) => visit(browser, server, work, { path, ...options });

const boxes = (page, selector) => page.locator(selector).evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).map(({ x, y, width, height }) => ({ x, y, width, height })));

test('a hundred parts can be read: none covers another, and their names are large enough', () =>
  on('/', async (page) => {
    const graph = await getJson(server, '/graph');
    assert.ok(graph.nodes.length >= PARTS_MIN, `${graph.nodes.length} parts`);
    await page.locator('.react-flow__node').first().waitFor();
    await page.getByRole('img', { name: 'Map of the pipeline' }).waitFor();
    const nodes = await until('what is seen at first', () => boxes(page, '.react-flow__node'), (now) => now.length > 10);
    for (const [i, a] of nodes.entries()) {
      for (const b of nodes.slice(i + 1)) {
        assert.ok(a.x + a.width <= b.x + 1 || b.x + b.width <= a.x + 1 || a.y + a.height <= b.y + 1 || b.y + b.height <= a.y + 1, 'two parts overlap');
      }
    }
    const letters = await page.locator('.part-name').first().evaluate((name) => Number.parseFloat(getComputedStyle(name).fontSize) * (name.getBoundingClientRect().height / name.offsetHeight));
    assert.ok(letters >= 8, `names are ${letters} px high`);
  }));

/** How long frames took while `move` was done again and again, and how often a part that stayed in sight was drawn anew. */
async function framesWhile(page, move) {
  await page.evaluate(() => {
    globalThis.frames = [];
    globalThis.redrawn = 0;
    globalThis.watch = new MutationObserver((changes) => {
      globalThis.redrawn += changes.filter(({ target }) => target.closest('.react-flow__node') !== null).length;
    });
    globalThis.watch.observe(document.querySelector('.react-flow__nodes'), { subtree: true, attributes: true });
    const look = (at) => {
      globalThis.frames.push(at);
      globalThis.looking = requestAnimationFrame(look);
    };
    globalThis.looking = requestAnimationFrame(look);
  });
  const end = Date.now() + MOVED_MS;
  const isEnough = async () => Date.now() >= end && (await page.evaluate(() => globalThis.frames.length)) > FRAMES_MIN;
  for (let i = 0; !(await isEnough()); i += 1) {
    assert.ok(Date.now() < end + PATIENCE_MS, 'no frames are drawn');
    await move(i);
  }
  const times = await page.evaluate(() => {
    cancelAnimationFrame(globalThis.looking);
    globalThis.watch.disconnect();
    return globalThis.frames;
  });
  const redrawn = await page.evaluate(() => globalThis.redrawn);
  const took = times.slice(1).map((at, i) => at - times[i]);
  const total = times.at(-1) - times[0];
  const sorted = [...took].sort((a, b) => a - b);
  return { redrawn, seen: took.length, perSecond: (took.length * 1000) / total, middle: sorted[Math.floor(sorted.length / 2)], slowest: sorted.at(-1) };
}

test('it moves smoothly under the hand, while its numbers go on', (t) =>
  on('/', async (page) => {
    await page.locator('.react-flow__node').first().waitFor();
    const pane = await page.locator('.react-flow__pane').boundingBox();
    const [x, y] = [pane.x + pane.width / 2, pane.y + pane.height - 30];
    await page.mouse.move(x, y);
    const zoomed = await framesWhile(page, (i) => page.mouse.wheel(0, i % 40 < 20 ? 60 : -60));
    await page.mouse.down();
    const dragged = await framesWhile(page, (i) => page.mouse.move(x + 150 * Math.sin(i / 8), y - 100 + 90 * Math.cos(i / 8)));
    await page.mouse.up();
    for (const [what, frames] of Object.entries({ zoomed, dragged })) {
      // How fast frames come is the machine's affair and only told; what makes them slow is drawing every part for each of them.
      t.diagnostic(`${what}: ${frames.perSecond.toFixed(0)} frames a second, ${frames.middle.toFixed(1)} ms in the middle, ${frames.slowest.toFixed(1)} ms the slowest, ${frames.redrawn} redrawn`);
      assert.ok(frames.redrawn <= REDRAWN_A_FRAME_MAX * frames.seen, `${what}: in ${frames.seen} frames parts were drawn anew ${frames.redrawn} times`);
    }
  }));

test('a part is found by its name, and shown wherever it is', () =>
  on('/', async (page) => {
    await page.locator('.react-flow__node').first().waitFor();
    const wanted = page.locator('[data-id="table/prices_by_channel"]');
    assert.equal(await wanted.count(), 0, 'it is not in sight at first');
    await page.getByRole('searchbox', { name: 'Find a part' }).fill('prices_by_ch');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'table prices_by_channel' }).waitFor();
    await wanted.waitFor();
    await until('it is in sight', async () => [await wanted.boundingBox(), await page.getByTestId('graph').boundingBox()], ([box, canvas]) =>
      box && box.x >= canvas.x && box.y >= canvas.y && box.x + box.width <= canvas.x + canvas.width && box.y + box.height <= canvas.y + canvas.height);
    await until('the others step back', () => page.locator('.part.dim').count(), (count) => count > 0);
    await until('it does not', () => page.locator('[data-id="table/prices_by_channel"] .dim').count(), (count) => count === 0);
  }));

test('by the keyboard alone: the list finds a part, opens it, and goes to where it leads', () =>
  on('/', async (page) => {
    await page.getByRole('button', { name: 'List' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('searchbox', { name: 'Find a part' }).focus();
    await page.keyboard.type('orders_report');
    const list = page.getByRole('region', { name: 'Parts of the pipeline' });
    await until('one part', () => list.locator('tbody tr').count(), (count) => count === 1);
    await list.getByRole('button', { name: /orders_report/ }).focus();
    await page.keyboard.press('Enter');
    const panel = page.getByRole('complementary', { name: 'job orders_report' });
    await hasKeyboard(panel);
    await panel.getByRole('link', { name: 'Its runs' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'orders_report', level: 1 }).waitFor();
  }));

for (const theme of ['light', 'dark']) {
  test(`axe has nothing to say of a hundred parts, ${theme}`, () =>
    on('/?part=table%2Forders_by_hour', async (page) => {
      await page.getByRole('complementary', { name: 'table orders_by_hour' }).getByRole('img', { name: /Records a second/ }).waitFor();
      assert.deepEqual(await axe(page), []);
    }, { theme }));
}
