// A reader who has no mouse: goes from stop to stop by Tab, and is told when the keyboard is nowhere, out of sight, without a ring, or caught.
import assert from 'node:assert/strict';
import { hasKeyboard } from './harness.mjs';

const STOPS_MAX = 250;
// A stop is to be seen; frames are few on a busy machine.
const SEEN_MS = 10_000;
// Day, month, year, hour, minute, second, their half of the day and the calendar are stops of one field.
const STOPS_OF_A_DATE = 8;

/** In the page: what has the keyboard, by its role and name. */
function stopNow() {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  if (!at || at === document.body) return { name: '', role: 'none', faults: [] };
  const box = at.getBoundingClientRect();
  const style = getComputedStyle(at.closest('.cm-editor') ?? at);
  const isSeen = box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight;
  const hasRing = (style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
  const named = at.getAttribute('aria-labelledby');
  const text = at.ariaLabel ?? (named && document.getElementById(named)?.textContent) ?? at.labels?.[0]?.textContent ?? at.textContent;
  const name = (text || at.title || at.placeholder || '').trim().replace(/\s+/g, ' ');
  const what = `${at.tagName.toLowerCase()}${at.id ? `#${at.id}` : ''} "${name.slice(0, 60)}"`;
  return {
    name,
    isDate: at instanceof HTMLInputElement && at.type.startsWith('date'),
    role: at.getAttribute('role') ?? at.tagName.toLowerCase(),
    id: (globalThis.stopIds ??= new WeakMap()).get(at) ?? (globalThis.stopIds.set(at, (globalThis.stopCount = (globalThis.stopCount ?? 0) + 1)), globalThis.stopCount),
    faults: [...(isSeen ? [] : [`${what} is out of sight`]), ...(hasRing ? [] : [`${what} has no ring`])],
  };
}

export async function stop(page) {
  const end = Date.now() + SEEN_MS;
  for (;;) {
    const now = await page.evaluate(stopNow);
    if (now.faults.length === 0 || Date.now() > end) return now;
    // What slides in is there some frames later.
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  }
}

/** Presses `key` until what is called so has the keyboard; every stop on the way is to be seen. */
export async function goTo(page, name, { key = 'Tab' } = {}) {
  const passed = [];
  for (let i = 0; i < STOPS_MAX; i += 1) {
    const now = await stop(page);
    if (typeof name === 'string' ? now.name === name : name.test(now.name)) return now;
    await page.keyboard.press(key);
    const { name: next, faults } = await stop(page);
    assert.deepEqual(faults, []);
    passed.push(next.slice(0, 40));
  }
  throw new Error(`no stop is called ${name}: ${passed.join(' | ')}`);
}

export async function press(page, name, options) {
  await goTo(page, name, options);
  await page.keyboard.press('Enter');
}

/** Once around the page; returns what was wrong on the way. */
export async function around(page) {
  const faults = [];
  await page.keyboard.press('Tab');
  const first = await stop(page);
  let last = first;
  let within = 0;
  for (let i = 0; i < STOPS_MAX; i += 1) {
    await page.keyboard.press('Tab');
    const now = await stop(page);
    faults.push(...now.faults);
    if (now.role === 'none' || now.id === first.id) return { faults, stops: i + 1, first };
    within = now.id === last.id ? within + 1 : 0;
    if (within > (now.isDate ? STOPS_OF_A_DATE : 0)) return { faults: [...faults, `the keyboard is caught in "${now.name}"`], stops: i, first };
    last = now;
  }
  return { faults: [...faults, `the keyboard does not come round; it is in "${last.name}"`], stops: STOPS_MAX, first };
}

/** To a place of the pipeline by the palette. */
export async function find(page, text, heading = text) {
  await page.keyboard.press('Control+k');
  await hasKeyboard(page.getByRole('combobox', { name: 'Find' }));
  await page.keyboard.type(text);
  await page.getByRole('option', { selected: true }).getByText(heading, { exact: true }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
  await page.waitForFunction(() => document.activeElement?.id === 'main');
}
