// Sums of decimals as they are written, without a double between.

const SHAPE = /^(-?)(\d+)(?:\.(\d+))?$/;

/** "0.10" and "2.5" are "2.60". Null when one of them is no plain decimal. */
export function sumOf(texts: string[]): string | null {
  const parsed = texts.map((text) => SHAPE.exec(text));
  if (parsed.some((found) => !found)) return null;
  const scale = Math.max(0, ...parsed.map((found) => found![3]?.length ?? 0));
  let sum = 0n;
  for (const found of parsed) {
    const size = BigInt(found![2]! + (found![3] ?? '').padEnd(scale, '0'));
    sum += found![1] ? -size : size;
  }
  const digits = (sum < 0n ? -sum : sum).toString().padStart(scale + 1, '0');
  const cut = digits.length - scale;
  return `${sum < 0n ? '-' : ''}${digits.slice(0, cut)}${scale ? `.${digits.slice(cut)}` : ''}`;
}
