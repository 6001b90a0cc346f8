import { describe, expect, it } from 'vitest';
import description from '../api/openapi.d.ts?raw';
import { routesToServer } from '../../tools/routes.mjs';

const goes = (path: string): boolean => new RegExp(routesToServer()).test(path);

describe('the server for work on the console', () => {
  it('passes on every route that the program describes', () => {
    const described = [...description.matchAll(/^ {4}"(\/[^"]*)": \{$/gm)].map((found) => found[1]!);
    const own = described.filter((path) => path === '/' || path.startsWith('/console/') || path.startsWith('/assets/'));
    expect(described.length).toBeGreaterThan(own.length + 20);
    expect(described.filter((path) => !goes(path))).toEqual(own);
  });
  it('passes on what has more behind its name', () => expect([goes('/export?table=a'), goes('/rebuild/sales'), goes('/api/top')]).toEqual([true, true, true]));
  it('keeps what is the console', () => expect([goes('/'), goes('/console/streams'), goes('/src/main.tsx'), goes('/streamsx'), goes('/@vite/client')]).toEqual([false, false, false, false, false]));
});
