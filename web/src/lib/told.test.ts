import { expect, test } from 'vitest';
import { Told } from './told';

test('what was told comes back late, in part or not at all, and is no wish of the owner', () => {
  const told = new Told();
  for (const text of ['s', 'st', 'str', 'stre']) told.tell(text);
  expect(told.isEcho('s')).toBe(true);
  expect(told.isEcho('str')).toBe(true);
  expect(told.isEcho('stre')).toBe(true);
});

test('a value that was not told is the owner\'s own, and ends what was told before', () => {
  const told = new Told();
  told.tell('s');
  told.tell('st');
  expect(told.isEcho('streams:')).toBe(false);
  expect(told.isEcho('st')).toBe(false);
});

test('what came back once is a wish when it comes again', () => {
  const told = new Told();
  told.tell('a');
  told.tell('ab');
  expect(told.isEcho('ab')).toBe(true);
  expect(told.isEcho('a')).toBe(false);
  expect(told.isEcho('ab')).toBe(false);
});
