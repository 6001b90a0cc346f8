// JSON whose numbers keep their digits: a decimal or a 64-bit integer never passes through a double.
//
// A reader of its own (RFC 8259), because that of the browser tells how a number was written only to a function that it calls for every value, which takes
// several times as long, and older ones not at all. Texts without escapes are pieces of what came.

/** A number that a double would change: its text is what counts, its value is for charts and sorting. */
export class Numeral {
  readonly isNumeral = true;
  constructor(readonly text: string) {}
  valueOf(): number {
    return Number(this.text);
  }
  toString(): string {
    return this.text;
  }
  toJSON(): number {
    return Number(this.text);
  }
}

const DEPTH_MAX = 1000;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const [TAB, LINE, RETURN, SPACE, QUOTE, COMMA, MINUS, ZERO, NINE, COLON, OPEN_LIST, BACKSLASH, CLOSE_LIST, OPEN, CLOSE] = [9, 10, 13, 32, 34, 44, 45, 48, 57, 58, 91, 92, 93, 123, 125];

class Reader {
  private at = 0;
  private depth = 0;
  constructor(private readonly text: string) {}

  whole(): unknown {
    const value = this.value();
    this.skip();
    if (this.at < this.text.length) this.refuse();
    return value;
  }

  private refuse(): never {
    throw new SyntaxError(this.at < this.text.length ? `not JSON at character ${this.at + 1}` : 'the JSON is cut');
  }

  /** Skips what is between values, and returns what comes then: a code, NaN at the end. */
  private skip(): number {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== SPACE && code !== LINE && code !== RETURN && code !== TAB) return code;
      this.at += 1;
    }
  }

  private value(): unknown {
    const code = this.skip();
    if (code === QUOTE) return this.string();
    if (code === OPEN_LIST) return this.nested(() => this.list());
    if (code === OPEN) return this.nested(() => this.members());
    if (code === MINUS || (code >= ZERO && code <= NINE)) return this.number();
    if (this.text.startsWith('null', this.at)) return this.word(4, null);
    if (this.text.startsWith('true', this.at)) return this.word(4, true);
    if (this.text.startsWith('false', this.at)) return this.word(5, false);
    return this.refuse();
  }

  private word<T>(length: number, value: T): T {
    this.at += length;
    return value;
  }

  private nested<T>(read: () => T): T {
    this.at += 1;
    this.depth += 1;
    if (this.depth > DEPTH_MAX) this.refuse();
    const value = read();
    this.depth -= 1;
    return value;
  }

  private list(): unknown[] {
    const values: unknown[] = [];
    if (this.skip() === CLOSE_LIST) return this.word(1, values);
    for (;;) {
      values.push(this.value());
      const code = this.skip();
      this.at += 1;
      if (code === CLOSE_LIST) return values;
      if (code !== COMMA) this.refuse();
    }
  }

  private members(): object {
    const object: Record<string, unknown> = {};
    if (this.skip() === CLOSE) return this.word(1, object);
    for (;;) {
      if (this.skip() !== QUOTE) this.refuse();
      const name = this.string();
      if (this.skip() !== COLON) this.refuse();
      this.at += 1;
      const value = this.value();
      // A member of this name would set the prototype.
      if (name === '__proto__') Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
      else object[name] = value;
      const code = this.skip();
      this.at += 1;
      if (code === CLOSE) return object;
      if (code !== COMMA) this.refuse();
    }
  }

  private string(): string {
    const start = this.at;
    let end = this.plainEnd(start + 1);
    const isPlain = this.text.charCodeAt(end) === QUOTE;
    while (this.text.charCodeAt(end) === BACKSLASH) end = this.plainEnd(end + 2);
    this.at = end;
    if (this.text.charCodeAt(end) !== QUOTE) this.refuse();
    this.at = end + 1;
    return isPlain ? this.text.slice(start + 1, end) : (JSON.parse(this.text.slice(start, end + 1)) as string);
  }

  /** Where letters that stand for themselves end. */
  private plainEnd(from: number): number {
    PLAIN.lastIndex = from;
    PLAIN.test(this.text);
    return Math.max(PLAIN.lastIndex, from);
  }

  private number(): number | Numeral {
    NUMBER.lastIndex = this.at;
    if (!NUMBER.test(this.text)) this.refuse();
    const text = this.text.slice(this.at, NUMBER.lastIndex);
    this.at = NUMBER.lastIndex;
    const value = Number(text);
    return String(value) === text ? value : new Numeral(text);
  }
}

export const parseExact = (text: string): unknown => new Reader(text).whole();
