// Draws every page of the console into docs/screenshots/ (`make screenshots`): light, and where it matters dark and as on a phone.
//
//   node tests/browser/screenshots.mjs [FOLDER] [NAME...]      into another folder; only these pages
//
// Pages of the shop of tests/browser/pipeline.yaml, and the dashboards of the examples whose data is there (TAILRACE_DATA, or shared/data beside
// the repository). What cannot be drawn is told, and the others are drawn all the same; the exit code says that something was missing.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { getJson, openBrowser, openPage, seed, serve, SOURCE, until } from './harness.mjs';
import { PAGES } from './pages.mjs';

const LIGHT = { suffix: '', theme: 'light', width: 1280, height: 800 };
const DARK = { suffix: '-dark', theme: 'dark', width: 1280, height: 800 };
const PHONE = { suffix: '-phone', theme: 'light', width: 375, height: 720 };
// Of a dashboard one sees more than a screen.
const TALL = { height: 1240 };
const SHAPES_OF = { pipeline: [LIGHT, DARK, PHONE], 'letters-of-stream': [LIGHT, PHONE] };
const DASHBOARD_SHAPES_OF = { retail: [LIGHT, DARK, PHONE], walmart: [LIGHT, DARK] };
// Numbers have come, charts are drawn.
const SETTLE_MS = 6000;
// Half a million records, on a busy machine.
const LOADED_MS_MAX = 300_000;
const PICTURE_BYTES_MAX = 250_000;

const folder = process.argv[2] ?? join(SOURCE, 'docs/screenshots');
const wanted = process.argv.slice(3);
process.env.TAILRACE_DATA ??= resolve(SOURCE, '../shared/data');
const data = process.env.TAILRACE_DATA;

// The rows that there are when everything is in.
const EXAMPLES = [
  { name: 'retail', needs: 'retail/data.csv', dashboard: 'sales', stream: 'sales', records: 541_000 },
  { name: 'flights', needs: 'flights/clean_dataset.csv', dashboard: 'fares', stream: 'fares', records: 300_000 },
  { name: 'pinterest', needs: 'pinterest/events_in_posting_order.jsonl', dashboard: 'posts', stream: 'pins', records: 2_000 },
  { name: 'amazon', needs: 'amazon/client_amazon_products_small.jsonl', dashboard: 'products', stream: 'products', records: 1_000 },
  // Its APIs are answered by a stand-in, which is asked every second here.
  { name: 'walmart', needs: 'walmart/vod_2017-03.jsonl', dashboard: 'shop', stream: 'vod', records: 8, options: { through: ['apis.py', '--'], env: { EVERY: '1s' } } },
];

const recordsOf = async (server, example) => (await getJson(server, '/status')).streams.find((stream) => stream.name === example.stream)?.records ?? 0;
/** Records that something is yet to be made of. */
const onTheWay = async (server) => (await getJson(server, '/graph')).nodes.reduce((sum, node) => sum + (node.flow?.in_flight ?? 0), 0);

const exampleSet = (example) => ({
  pages: [{ name: `dashboard-${example.name}`, path: `/console/dashboards/${example.dashboard}`, ready: (page) => page.locator('canvas').first().waitFor(), shapes: (DASHBOARD_SHAPES_OF[example.name] ?? [LIGHT]).map((shape) => ({ ...shape, ...TALL })) }],
  pipeline: join(SOURCE, 'examples', example.name),
  options: example.options,
  prepare: async (server) => {
    await until('records', () => recordsOf(server, example), (records) => records >= example.records, LOADED_MS_MAX);
    await until('tables', () => onTheWay(server), (records) => records === 0, LOADED_MS_MAX);
  },
});

/** Fewer colours: a quarter of the bytes, and nothing that one sees. */
function press(file) {
  const done = spawnSync('pngquant', ['--force', '--skip-if-larger', '--quality=70-95', '--speed=1', '--strip', '--output', file, file]);
  // 98: it would have become larger, 99: or poor.
  if (done.error || ![0, 98, 99].includes(done.status)) throw new Error(`pngquant: ${done.error ?? done.stderr}`);
  if (statSync(file).size > PICTURE_BYTES_MAX) throw new Error(`${file} has ${statSync(file).size} bytes`);
}

async function draw(browser, server, { name, path, ready }, { suffix, ...shape }) {
  const { page, faults, close } = await openPage(browser, server, { ...shape, path });
  try {
    await ready(page);
    await page.waitForTimeout(SETTLE_MS);
    const file = join(folder, `${name}${suffix}.png`);
    await page.screenshot({ path: file });
    press(file);
    if (faults.length > 0) throw new Error(faults.join('\n'));
  } finally {
    await close();
  }
}

mkdirSync(folder, { recursive: true });
const sets = [{ pages: PAGES, prepare: seed }, ...EXAMPLES.filter((example) => existsSync(join(data, example.needs))).map(exampleSet)];
const browser = await openBrowser();
for (const { pages, pipeline, options, prepare } of sets) {
  const chosen = pages.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  if (chosen.length === 0) continue;
  let server;
  try {
    server = await serve(pipeline, options);
    await prepare(server);
    for (const one of chosen) {
      for (const shape of one.shapes ?? SHAPES_OF[one.name] ?? [LIGHT]) {
        await draw(browser, server, one, shape).catch((error) => {
          console.error(`${one.name}${shape.suffix}: ${error.message ?? error}`);
          process.exitCode = 1;
        });
      }
    }
  } catch (error) {
    console.error(`${chosen.map(({ name }) => name).join(', ')}: ${error.message ?? error}`);
    process.exitCode = 1;
  } finally {
    await server?.stop();
  }
}
await browser.close();
