import { describe, expect, it } from 'vitest';
import { Numeral, parseExact } from './json';

const TEXTS = ['', 'plain', 'say "yes"', 'back\\slash', 'line\nbreak\t', '\u0000\u001f', 'é ß 日本 😀', '\ud800', '/', '{"a":1}', '__proto__', 'x'.repeat(5000)];
const NUMBERS = [0, -1, 7, 2.5, -0.125, 1e21, 1e-7, 2 ** 53, 123456789012];

/** Values of all kinds, the same ones in every run. */
function made(seed: number, depth: number): unknown {
  const pick = (seed * 2654435761) % 7;
  if (depth === 0 || pick < 2) return [TEXTS[seed % TEXTS.length], NUMBERS[seed % NUMBERS.length], null, true, false][seed % 5];
  if (pick < 5) return Array.from({ length: seed % 5 }, (_, i) => made(seed + i * 13 + 1, depth - 1));
  return Object.fromEntries(Array.from({ length: seed % 4 }, (_, i) => [`${TEXTS[(seed + i) % TEXTS.length]}${i}`, made(seed + i * 17 + 1, depth - 1)]));
}

describe('parseExact', () => {
  it('reads what JSON.parse reads', () => {
    for (let seed = 0; seed < 500; seed += 1) {
      const value = made(seed, 4);
      for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2), ` \r\n\t${JSON.stringify(value)} `]) expect(parseExact(text)).toEqual(JSON.parse(text));
    }
  });
  it('keeps the digits of a number that a double would change', () =>
    expect((parseExact('[2.550, 9007199254740993, 1e400, -0.10, 3, -0, 1.0]') as unknown[]).map((cell) => (cell instanceof Numeral ? cell.text : cell))).toEqual(['2.550', '9007199254740993', '1e400', '-0.10', 3, '-0', '1.0']));
  it('keeps a member that is called __proto__ a member', () => {
    const read = parseExact('{"__proto__": {"admin": true}}') as { admin?: boolean };
    expect(read.admin).toBeUndefined();
    expect(Object.keys(read)).toEqual(['__proto__']);
  });
  it.each(['', ' ', '{"a": 01.50}', '01', '1.', '.5', '-', '+1', '1e', 'nul', 'nulll', 'True', '"open', '"a\nb"', '"\\x"', '"\\u12g4"', '"\\', '[1,]', '[,1]', '[1 2]', '[1', '{"a":1,}', '{a:1}', '{"a"}', '{"a":}', '{,}', '1 2', '[]]', '\u00a01', '\ufeff1'])('refuses %j, as JSON.parse does', (text) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(() => parseExact(text)).toThrow(SyntaxError);
  });
  it('refuses what is nested without end', () => expect(() => parseExact('['.repeat(100_000))).toThrow(SyntaxError));
});
