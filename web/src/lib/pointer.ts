// Where in the text of a JSON record the member stands that a fault names.

export interface Range {
  start: number;
  end: number;
}

const SPACE = /[ \t\r\n]/;

/** Reads JSON text and notes where the value at `path` stands. Throws at what is no JSON. */
class Finder {
  private at = 0;
  found: Range | null = null;
  /** Of the innermost object or list on the way that is there. */
  nearest: Range | null = null;

  constructor(
    private readonly text: string,
    private readonly path: string[],
  ) {}

  run(): void {
    this.value(0, true);
    this.space();
    if (this.at < this.text.length) {
      this.found = null;
      this.nearest = null;
    }
  }

  private space(): void {
    while (this.at < this.text.length && SPACE.test(this.text[this.at]!)) this.at += 1;
  }

  private take(letter: string): boolean {
    this.space();
    if (this.text[this.at] !== letter) return false;
    this.at += 1;
    return true;
  }

  private quoted(): string {
    this.space();
    const start = this.at;
    if (this.text[this.at] !== '"') throw new SyntaxError('a text');
    this.at += 1;
    while (this.text[this.at] !== '"') {
      if (this.at >= this.text.length) throw new SyntaxError('the end of a text');
      this.at += this.text[this.at] === '\\' ? 2 : 1;
    }
    this.at += 1;
    return JSON.parse(this.text.slice(start, this.at)) as string;
  }

  private value(depth: number, onPath: boolean): void {
    this.space();
    const start = this.at;
    const first = this.text[this.at];
    if (first === '{') this.members(depth, onPath);
    else if (first === '[') this.items(depth, onPath);
    else if (first === '"') this.quoted();
    else {
      const found = /^(?:-?\d[-+.\deE]*|true|false|null)/.exec(this.text.slice(this.at));
      if (!found) throw new SyntaxError('a value');
      this.at += found[0].length;
    }
    if (onPath && depth === this.path.length) this.found = { start, end: this.at };
    else if (onPath && !this.nearest) this.nearest = { start, end: this.at };
  }

  private members(depth: number, onPath: boolean): void {
    this.at += 1;
    if (this.take('}')) return;
    do {
      const name = this.quoted();
      if (!this.take(':')) throw new SyntaxError('a colon');
      this.value(depth + 1, onPath && name === this.path[depth]);
    } while (this.take(','));
    if (!this.take('}')) throw new SyntaxError('the end of an object');
  }

  private items(depth: number, onPath: boolean): void {
    this.at += 1;
    if (this.take(']')) return;
    let index = 0;
    do {
      this.value(depth + 1, onPath && String(index) === this.path[depth]);
      index += 1;
    } while (this.take(','));
    if (!this.take(']')) throw new SyntaxError('the end of a list');
  }
}

/** RFC 6901. */
export function partsOf(pointer: string): string[] {
  if (!pointer.startsWith('/')) return [];
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The text of the value that the pointer names; of what should hold it, where it is not there; null where the text is no JSON. */
export function rangeOf(text: string, pointer: string): Range | null {
  const finder = new Finder(text, partsOf(pointer));
  try {
    finder.run();
  } catch {
    return finder.found;
  }
  return finder.found ?? finder.nearest;
}

/** The place that "byte 17" in a reason means, in characters. */
export function rangeOfByte(text: string, reason: string): Range | null {
  const found = /\bbyte (\d+)/.exec(reason);
  if (!found) return null;
  const bytes = new TextEncoder().encode(text);
  const start = new TextDecoder().decode(bytes.slice(0, Number(found[1]))).length;
  return { start: Math.min(start, Math.max(text.length - 1, 0)), end: Math.min(start + 1, text.length) };
}
