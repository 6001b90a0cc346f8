import { describe, expect, it } from 'vitest';
import { rangeOf, rangeOfByte } from './pointer';

const marked = (text: string, pointer: string) => {
  const range = rangeOf(text, pointer);
  return range && text.slice(range.start, range.end);
};

describe('rangeOf', () => {
  it('finds a member', () => expect(marked('{"a": 1, "b" : "two", "c": 3}', '/b')).toBe('"two"'));
  it('finds what lies deep', () => expect(marked('{"a": [0, {"x/y": [true]}]}', '/a/1/x~1y/0')).toBe('true'));
  it('takes the last of members with one name', () => expect(marked('{"a": 1, "a": 2}', '/a')).toBe('2'));
  it('does not take a text for structure', () => expect(marked('{"a": "{\\"b\\": 1}", "b": 2}', '/b')).toBe('2'));
  it('marks what should hold a member that is not there', () => expect(marked('[{"a": {"b": 1}}]', '/0/a/c')).toBe('{"b": 1}'));
  it('is the whole for an empty pointer', () => expect(marked(' {"a": 1} ', '')).toBe('{"a": 1}'));
  it('finds what comes before the text breaks', () => expect(marked('{"a": 12, "b": ', '/a')).toBe('12'));
  it('is nothing in what is no JSON', () => expect(marked('a,b,c', '/a')).toBe(null));
});

describe('rangeOfByte', () => {
  it('counts bytes, not characters', () => expect(rangeOfByte('é{x', 'not JSON: a member is wanted at byte 3')).toEqual({ start: 2, end: 3 }));
  it('stays in the text', () => expect(rangeOfByte('ab', 'cut short at byte 99')).toEqual({ start: 1, end: 2 }));
  it('is nothing where no byte is named', () => expect(rangeOfByte('ab', 'expected int')).toBe(null));
});
