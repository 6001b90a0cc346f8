import { expect, it } from 'vitest';
import type { GraphNode } from '../../api/types';
import { thingsOf } from './things';

const node = (kind: GraphNode['kind'], name: string): GraphNode => ({ id: `${kind}/${name}`, kind, name, line: 1 });

it('a view is limited to as a table is, and what no key can be limited to is left out', () => {
  const nodes = [node('view', 'per_day'), node('source', 'till'), node('api', 'top'), node('table', 'revenue'), node('job', 'nightly'), node('stream', 'sales'), node('lake', 'raw/sales')];
  expect(thingsOf(nodes).map(({ id }) => id)).toEqual(['stream:sales', 'table:revenue', 'table:per_day', 'api:top']);
});
