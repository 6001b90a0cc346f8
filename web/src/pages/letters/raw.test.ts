import { describe, expect, it } from 'vitest';
import type { Letter } from '../../api/types';
import { fixesFor } from '../../lib/fixes';
import { faultyRange, hexDump, rawOf } from './raw';

const letter = (more: Partial<Letter>): Letter => ({ letter: 1, state: 'open', fault_id: 'f', fault: 'f', stage: 'schema', reason: 'expected int, found string', time: '', ...more });
const marked = (one: Letter) => {
  const range = faultyRange(one);
  return range && one.raw!.slice(range.start, range.end);
};

describe('the faulty place', () => {
  it('is the value that the pointer names', () => expect(marked(letter({ raw: '{"a": "six", "b": 2}', pointer: '/a' }))).toBe('"six"'));
  it('is the value in a row of CSV', () => expect(marked(letter({ raw: '1,six,2', record: { a: '1', b: 'six' }, pointer: '/b' }))).toBe('six'));
  it('is not guessed when a row has the value twice', () => expect(marked(letter({ raw: 'six,six', record: { a: 'six', b: 'six' }, pointer: '/b' }))).toBe(null));
  it('is the byte that the reason names', () => expect(marked(letter({ raw: '{"a" 1}', reason: 'not JSON at byte 5' }))).toBe('1'));
});

describe('bytes', () => {
  it('that are no text are shown in hexadecimal', () => {
    expect(rawOf({ raw_base64: btoa('a\u00ff') })).toEqual({ isBinary: true, text: `000000  61 ff ${' '.repeat(42)} a.` });
    expect(hexDump(new Uint8Array(17)).split('\n')).toHaveLength(2);
  });
});

describe('fixes', () => {
  it('change the field that is at fault', () => {
    const fixes = fixesFor(letter({ pointer: "/it's/n" }));
    expect(fixes[0]!.sql).toBe('');
    expect(fixes[1]!.sql).toContain("json_object('it''s', json_object('n', TRY_CAST(regexp_replace(record->'it''s'->>'n'");
    expect(fixes.at(-1)!.sql).toContain('NULL');
  });
  it('begin from the record where no field is named', () => expect(fixesFor(letter({})).map((fix) => fix.sql)).toEqual(['', 'SELECT letter, record\nFROM dead_letters']));
});
