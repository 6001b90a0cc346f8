// Every page, in both themes and on a phone: no fault, no violation of the page's policy, nothing for axe to complain of, no sideways scrolling.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, openBrowser, openPage, overflow, PHONE, seed, serve } from './harness.mjs';
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

for (const { name, path, ready } of PAGES) {
  for (const theme of ['light', 'dark']) {
    test(`${name}, ${theme}`, async () => {
      const { page, faults, close } = await openPage(browser, server, { theme, path });
      try {
        await ready(page);
        assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme);
        assert.deepEqual(await axe(page), []);
        assert.equal(await overflow(page), 0);
        assert.deepEqual(faults, []);
      } finally {
        await close();
      }
    });
  }

  test(`${name}, on a phone`, async () => {
    const { page, faults, close } = await openPage(browser, server, { ...PHONE, path });
    try {
      await ready(page);
      assert.equal(await overflow(page), 0);
      assert.deepEqual(await axe(page), []);
      assert.deepEqual(faults, []);
    } finally {
      await close();
    }
  });
}
