import { expect, it } from 'vitest';
import { markOf, markOfBroken, marksOf, pointerIn, whyNoJson } from './verdict';

const marked = (text: string, mark: { line: number; column: number; end: number }): string =>
  [...text.split('\n')[mark.line - 1]!].slice(mark.column - 1, mark.end - 1).join('');

it('the value that a pointer names is marked, in the line where it begins', () => {
  const text = '{\n  "id": "six",\n  "item": {\n    "price": 1\n  }\n}';
  expect(marksOf(text, [{ record: 0, pointer: '/id', reason: '' }]).map((mark) => marked(text, mark))).toEqual(['"six"']);
  expect(marksOf(text, [{ record: 0, pointer: '/item', reason: '' }]).map((mark) => marked(text, mark))).toEqual(['{']);
});

it('of a list the record that is refused', () => {
  const text = '[{"id": 1}, {"id": "ü 😀"}, {}]';
  const refusals = [
    { record: 1, pointer: '/id', reason: '' },
    { record: 2, pointer: '/id', reason: '' },
  ];
  expect(marksOf(text, refusals).map((mark) => marked(text, mark))).toEqual(['"ü 😀"', '{}']);
  expect(pointerIn(text, refusals[0]!)).toBe('/1/id');
});

it('columns count characters, not bytes and not halves of them', () => {
  expect(markOf('"😀" x', { start: 5, end: 6 })).toEqual({ line: 1, column: 5, end: 6, severity: 'error' });
});

it('a text that ends too early is marked at its last letter', () => {
  const broken = (text: string) => markOfBroken(text, whyNoJson(text));
  expect(marked('{"a":\n', broken('{"a":\n'))).toBe(':');
  expect(marked('{"😀": 1,\n x}', broken('{"😀": 1,\n x}'))).toBe('x');
  expect(broken('')).toEqual({ line: 1, column: 1, end: 1, severity: 'error' });
  expect(whyNoJson('{}')).toBe('');
});
