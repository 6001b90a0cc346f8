import { describe, expect, it } from 'vitest';
import { history } from '../../api/graph';
import type { GraphNode, NodeKind } from '../../api/types';
import { wayOf } from './ways';

const part = (kind: NodeKind, name: string, more: Partial<GraphNode> = {}): GraphNode => ({ id: `${kind}/${name}`, kind, name, line: 1, ...more });
const flow = (more: object = {}) => ({ read: 0, emitted: 0, filtered: 0, dead_lettered: 0, ...more });

describe('what an edge says', () => {
  it('is nothing where nothing moves', () => expect(wayOf(part('table', 'a'), part('view', 'b'))).toEqual({ label: '', tone: 'still', to: null }));
  it('is what was refused at the door, by the source that brought some of it', () => {
    const stream = part('stream', 'visits', { records: 5, open_letters: 3, door_letters: 2 });
    expect(wayOf(part('source', 'web', { accepted: 5, refused: 2 }), stream)).toEqual({ label: '2 refused', tone: 'bad', to: '/console/letters/visits' });
    expect(wayOf(part('source', 'till', { accepted: 5, refused: 0 }), stream).tone).toBe('still');
  });
  it('is what a table could not take, with its stream', () =>
    expect(wayOf(part('stream', 'sales'), part('table', 'totals', { open_letters: 1, flow: flow() }))).toEqual({ label: '1 refused', tone: 'bad', to: '/console/letters/sales' }));
  it('is healthy again once the letters are sent again', () =>
    expect(wayOf(part('source', 'web', { accepted: 7, refused: 2 }), part('stream', 'visits', { records: 7, open_letters: 0, door_letters: 0 })).tone).toBe('still'));
  it('is how late something is', () => expect(wayOf(part('stream', 's'), part('table', 't', { flow: flow({ lag_seconds: 12 }) }))).toMatchObject({ label: '12 s behind', tone: 'warn' }));
  it('is how fast records pass', () => {
    for (const [at, total] of [[1000, 0], [2000, 40]] as const) history.push('table/fast', { at, total });
    expect(wayOf(part('stream', 's'), part('table', 'fast', { flow: flow({ read: 40 }) }))).toEqual({ label: '40/s', tone: 'moving', to: null });
  });
});
