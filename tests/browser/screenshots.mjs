// Draws every page of the console into docs/screenshots/, in both themes and as on a phone (`make screenshots`).
//
//   node tests/browser/screenshots.mjs [FOLDER] [NAME...]      into another folder; only these pages
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser, openPage, seed, serve, SOURCE } from './harness.mjs';
import { PAGES } from './pages.mjs';

const SHAPES = [
  { suffix: '', theme: 'light', width: 1280, height: 800 },
  { suffix: '-dark', theme: 'dark', width: 1280, height: 800 },
  { suffix: '-phone', theme: 'light', width: 375, height: 720 },
];
const SETTLE_MS = 3000;

const folder = process.argv[2] ?? join(SOURCE, 'docs/screenshots');
const wanted = process.argv.slice(3);
mkdirSync(folder, { recursive: true });
const server = await serve();
const browser = await openBrowser();
try {
  await seed(server);
  for (const { name, path, ready } of PAGES) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (const { suffix, ...shape } of SHAPES) {
      const { page, faults, close } = await openPage(browser, server, { ...shape, path });
      await ready(page);
      await page.waitForTimeout(SETTLE_MS);
      await page.screenshot({ path: join(folder, `${name}${suffix}.png`) });
      for (const fault of faults) console.error(`${name}${suffix}: ${fault}`);
      await close();
    }
  }
} finally {
  await browser.close();
  await server.stop();
}
