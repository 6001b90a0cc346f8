import { describe, expect, it } from 'vitest';
import { parseFilter, passes } from './filter';

const sale = { country: 'France', at: { hour: 8 }, quantity: 12 };
const shows = (input: string, key: string | null = 'I7') => passes(parseFilter(input), sale, key);

describe('a filter', () => {
  it('shows all when it is empty', () => expect(shows('')).toBe(true));
  it('finds a text anywhere, in any case', () => expect([shows('fran'), shows('spain')]).toEqual([true, false]));
  it('holds a field against a value', () => expect([shows('country=france'), shows('country = Fran'), shows('quantity=12'), shows('at.hour=8')]).toEqual([true, false, true, true]));
  it('follows one key', () => expect([shows('key=I7'), shows('key=I'), shows('key=I7', null)]).toEqual([true, false, false]));
  it('shows nothing for a field that there is not', () => expect(shows('city=Oslo')).toBe(false));
});
