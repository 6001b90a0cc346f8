// The part of Markdown that texts on a dashboard need, as a tree that the page draws: no HTML passes through it.
export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'strong' | 'em'; children: Inline[] }
  | { kind: 'link'; href: string; children: Inline[] };

export type Block =
  | { kind: 'heading'; level: number; children: Inline[] }
  | { kind: 'paragraph'; children: Inline[] }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'code'; text: string }
  | { kind: 'quote'; children: Block[] }
  | { kind: 'rule' };

const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^\s{0,3}(?:([-*+])|\d{1,9}[.)])\s+(.*)$/;
const RULE = /^\s{0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/;
const FENCE = /^```/;
const QUOTE = /^>\s?/;
/** Deeper quotes and marks within marks are taken as text. */
const DEPTH_MAX = 6;

export function parseMarkdown(text: string, depth = 0): Block[] {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const blocks: Block[] = [];
  let at = 0;
  const take = (matches: (line: string) => boolean): string[] => {
    const from = at;
    while (at < lines.length && matches(lines[at]!)) at += 1;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at]!;
    const heading = HEADING.exec(line);
    if (line.trim() === '') at += 1;
    else if (heading) {
      blocks.push({ kind: 'heading', level: heading[1]!.length, children: parseInline(heading[2]!) });
      at += 1;
    } else if (FENCE.test(line)) {
      at += 1;
      blocks.push({ kind: 'code', text: take((one) => !FENCE.test(one)).join('\n') });
      at += 1;
    } else if (RULE.test(line)) {
      blocks.push({ kind: 'rule' });
      at += 1;
    } else if (QUOTE.test(line) && depth < DEPTH_MAX) {
      blocks.push({ kind: 'quote', children: parseMarkdown(take((one) => QUOTE.test(one)).map((one) => one.replace(QUOTE, '')).join('\n'), depth + 1) });
    } else if (ITEM.test(line)) {
      const ordered = ITEM.exec(line)![1] === undefined;
      // A line that is further in goes on with its item.
      const items = take((one) => ITEM.test(one) || /^\s{2,}\S/.test(one)).reduce<string[]>((all, one) => {
        const item = ITEM.exec(one);
        return item ? [...all, item[2]!] : [...all.slice(0, -1), `${all.at(-1)} ${one.trim()}`];
      }, []);
      blocks.push({ kind: 'list', ordered, items: items.map((item) => parseInline(item)) });
    } else {
      const own = [lines[at]!];
      at += 1;
      own.push(...take((one) => one.trim() !== '' && !HEADING.test(one) && !FENCE.test(one) && !ITEM.test(one) && !QUOTE.test(one)));
      blocks.push({ kind: 'paragraph', children: parseInline(own.map((one) => one.trim()).join(' ')) });
    }
  }
  return blocks;
}

const MARKS = /`([^`]+)`|\[([^\]]+)\]\(([^()\s]+)\)|\*\*(.+?)\*\*|__(.+?)__|\*([^*\s](?:[^*]*[^*\s])?)\*|(?<!\w)_([^_\s](?:[^_]*[^_\s])?)_(?!\w)/;

export function parseInline(text: string, depth = 0): Inline[] {
  const found = depth < DEPTH_MAX ? MARKS.exec(text) : null;
  if (!found) return text ? [{ kind: 'text', text }] : [];
  const [whole, code, label, href, strong, strong2, em, em2] = found;
  const inner = (part: string) => parseInline(part, depth + 1);
  let mark: Inline;
  if (code !== undefined) mark = { kind: 'code', text: code };
  else if (label !== undefined) mark = isSafe(href!) ? { kind: 'link', href: href!, children: inner(label) } : { kind: 'text', text: whole };
  else if (strong !== undefined || strong2 !== undefined) mark = { kind: 'strong', children: inner((strong ?? strong2)!) };
  else mark = { kind: 'em', children: inner((em ?? em2)!) };
  const before = text.slice(0, found.index);
  return [...(before ? [{ kind: 'text' as const, text: before }] : []), mark, ...parseInline(text.slice(found.index + whole.length), depth)];
}

/** Pages, mail and places of this console: no javascript:, no data:, no other host's path without its scheme. */
export const isSafe = (href: string): boolean => /^(?:https?:\/\/|mailto:|#)/i.test(href) || /^\/(?![/\\])/.test(href);

const LETTERS_A_COLUMN = 11;

/** Rows of 80 pixels that a text needs in so many of 12 columns. */
export function rowsOf(text: string, width: number): number {
  const letters = Math.max(20, width * LETTERS_A_COLUMN);
  const pixels = parseMarkdown(text).reduce((sum, block) => {
    if (block.kind === 'heading') return sum + (block.level < 3 ? 44 : 34);
    if (block.kind === 'list') return sum + block.items.length * 24 + 8;
    if (block.kind === 'code') return sum + block.text.split('\n').length * 20 + 32;
    if (block.kind === 'rule') return sum + 24;
    return sum + Math.ceil(lengthOf(block) / letters) * 22 + 10;
  }, 0);
  return Math.max(1, Math.ceil((pixels + 16) / 96));
}

function lengthOf(block: Block): number {
  if (block.kind === 'quote') return block.children.reduce((sum, one) => sum + lengthOf(one), 0);
  return 'children' in block ? JSON.stringify(block.children).length / 2 : 0;
}
