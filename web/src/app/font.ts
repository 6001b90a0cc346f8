// The typeface, which the program brings along so that the console looks the same everywhere.
const FACE = '1em "Inter Variable"';
const WAIT_MS_MAX = 400; // then the page is drawn in the system's own

/** Until the typeface is there, or it is late. */
export async function fontIsThere(): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, WAIT_MS_MAX));
  await Promise.race([document.fonts.load(FACE).catch(() => undefined), late]);
}
