import { describe, expect, it } from 'vitest';
import type { Letter } from '../api/types';
import { fixesFor } from './fixes';

const letter = (pointer: string, reason: string): Letter => ({ letter: 1, state: 'open', fault_id: 'f', fault: 'f', stage: 'schema', pointer, reason, time: '' });
const titles = (pointer: string, reason: string) => fixesFor(letter(pointer, reason)).map(({ title }) => title);

describe('fixes to begin with', () => {
  it('read the number where one is wanted', () => expect(titles('/seconds', 'expected int, found string "75 s"')[1]).toBe('Read the number in seconds'));
  it('set what is missing, and do not change it', () => expect(titles('/page', 'expected string, found nothing')).toEqual(['As they are', 'Set page']));
  it('reach into what lies deep', () => expect(fixesFor(letter('/a/b', 'expected string, found nothing'))[1]!.sql).toContain("json_object('a', json_object('b', 'unknown'))"));
  it('begin from the record where a list is on the way', () => expect(titles('/items/0/n', 'expected int, found null')).toEqual(['As they are', 'Begin from the record']));
});
