import { describe, expect, it } from 'vitest';
import { growthOf, History } from './rates';

describe('History', () => {
  it('tells what comes in a second, over the last five', () => {
    const history = new History();
    history.push('a', { at: 0, total: 0 });
    for (let second = 1; second <= 10; second += 1) history.push('a', { at: second * 1000, total: second <= 5 ? 0 : (second - 5) * 10 });
    expect(history.rate('a')).toBe(10);
  });
  it('is nought for what it does not know, or knows from one look', () => {
    const history = new History();
    history.push('a', { at: 0, total: 7 });
    expect([history.rate('a'), history.rate('b')]).toEqual([0, 0]);
  });
  it('forgets what was before a restart on other data', () => {
    const history = new History();
    history.push('a', { at: 0, total: 1000 });
    history.push('a', { at: 1000, total: 5 });
    history.push('a', { at: 2000, total: 25 });
    expect(history.rate('a')).toBe(20);
  });
  it('takes no sample twice', () => {
    const history = new History();
    history.push('a', { at: 1, total: 1 });
    history.push('a', { at: 1, total: 2 });
    expect(history.of('a')).toHaveLength(1);
  });
});

describe('growthOf', () => {
  it('is what a column grew by a second', () => expect(growthOf([[1000, 0, 5], [2000, 10, 5], [4000, 50, 6]], 1)).toEqual([{ at: 2000, total: 10 }, { at: 4000, total: 20 }]));
  it('is never below nought', () => expect(growthOf([[0, 9], [1000, 0], [2000, 3]], 1).map(({ total }) => total)).toEqual([0, 3]));
  it('is nothing of one row', () => expect(growthOf([[1000, 1]], 1)).toEqual([]));
});
