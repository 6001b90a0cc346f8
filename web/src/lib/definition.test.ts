import { describe, expect, it } from 'vitest';
import { definitionAt } from './definition';

const FILE = `pipeline: shop

streams:
  # What the till says.
  # All of it.
  sales:
    schema:
      id: int

      # deep
      at: timestamp
  visits: {schema: {page: string}}

jobs:
  nightly:
    steps:
      - sql: SELECT 1
      - export:
          to: out.csv
`;

describe('definitionAt', () => {
  it('is a key with what is below it, and the comment above', () =>
    expect(definitionAt(FILE, 6)).toEqual({ first: 4, text: '# What the till says.\n# All of it.\nsales:\n  schema:\n    id: int\n\n    # deep\n    at: timestamp' }));
  it('is one line where that is all', () => expect(definitionAt(FILE, 12)).toEqual({ first: 12, text: 'visits: {schema: {page: string}}' }));
  it('is an item of a list', () => expect(definitionAt(FILE, 18)?.text).toBe('- export:\n    to: out.csv'));
  it('ends with the file', () => expect(definitionAt(FILE, 15)?.text.endsWith('to: out.csv')).toBe(true));
  it('is nothing where the file has no such line', () => expect([definitionAt(FILE, 99), definitionAt(FILE, 2), definitionAt('', 0)]).toEqual([null, null, null]));
});
