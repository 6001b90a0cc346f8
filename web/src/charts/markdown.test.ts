import { describe, expect, it } from 'vitest';
import { isSafe, parseInline, parseMarkdown, rowsOf } from './markdown';

describe('Markdown', () => {
  it('has headings, paragraphs, lists, quotes, code and rules', () => {
    expect(parseMarkdown('# A\n\none\ntwo\n\n- x\n- y\n  more\n\n1. z\n\n> said\n\n```\na < b\n```\n\n---').map(({ kind }) => kind)).toEqual(['heading', 'paragraph', 'list', 'list', 'quote', 'code', 'rule']);
    expect(parseMarkdown('- x\n- y\n  more')).toEqual([{ kind: 'list', ordered: false, items: [[{ kind: 'text', text: 'x' }], [{ kind: 'text', text: 'y more' }]] }]);
  });
  it('has bold, italics, code and links within lines', () => {
    expect(parseInline('a **b *c*** `*d*` [e](https://f.example)')).toEqual([
      { kind: 'text', text: 'a ' },
      { kind: 'strong', children: [{ kind: 'text', text: 'b *c' }] },
      { kind: 'text', text: '* ' },
      { kind: 'code', text: '*d*' },
      { kind: 'text', text: ' ' },
      { kind: 'link', href: 'https://f.example', children: [{ kind: 'text', text: 'e' }] },
    ]);
    expect(parseInline('snake_case_name and 2 * 3 * 4')).toEqual([{ kind: 'text', text: 'snake_case_name and 2 * 3 * 4' }]);
  });
  it('knows no HTML, and no link that runs something', () => {
    expect(parseMarkdown('<script>alert(1)</script>')).toEqual([{ kind: 'paragraph', children: [{ kind: 'text', text: '<script>alert(1)</script>' }] }]);
    expect(['javascript:alert(1)', 'data:text/html,x', '//evil.example', '/\\evil.example', 'vbscript:x'].map(isSafe)).toEqual([false, false, false, false, false]);
    expect(['https://a.example', 'mailto:a@b.example', '/console/sql', '#x'].map(isSafe)).toEqual([true, true, true, true]);
    expect(parseInline('[x](javascript:alert(1))').every(({ kind }) => kind === 'text')).toBe(true);
  });
  it('ends, whatever it is given', () => {
    const letters = ['*', '_', '`', '[', ']', '(', ')', '#', '>', '-', '\n', ' ', 'a'];
    let seed = 7;
    for (let round = 0; round < 400; round += 1) {
      const text = Array.from({ length: 60 }, () => letters[(seed = (seed * 48271) % 2147483647) % letters.length]).join('');
      expect(Array.isArray(parseMarkdown(text))).toBe(true);
    }
    expect(parseMarkdown('>'.repeat(5000)).length).toBe(1);
    expect(parseMarkdown('*'.repeat(5000)).length).toBe(1);
  });
  it('says how much room it needs', () => expect([rowsOf('## Heading', 12), rowsOf('word '.repeat(400), 4) > rowsOf('word '.repeat(400), 12)]).toEqual([1, true]));
});
