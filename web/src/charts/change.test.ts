import { expect, it } from 'vitest';
import { Numeral } from '../api/json';
import { changeOf } from './change';

it('a change has a direction, a percentage and words', () => {
  expect(changeOf(112.5, 100)).toEqual({ direction: 'up', percent: '+12.5%', words: 'up by 12.5%' });
  expect(changeOf(new Numeral('50.00'), '100')).toEqual({ direction: 'down', percent: '−50%', words: 'down by 50%' });
  expect(changeOf(100.001, 100)).toEqual({ direction: 'same', percent: '0%', words: 'no change' });
  expect(changeOf(-50, -100)).toMatchObject({ direction: 'up' });
  expect(changeOf(20_000, 1)).toMatchObject({ percent: '+1,999,900%' });
});
it('nothing is compared with nought, or with nothing', () => expect([changeOf(1, 0), changeOf(1, null), changeOf(null, 1)]).toEqual([null, null, null]));
