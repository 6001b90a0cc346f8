// What a key can be limited to: parts by the words of `keys add`.
import type { GraphNode } from '../../api/types';

export interface Thing {
  id: string; // KIND:NAME
  kind: string;
  name: string;
}

const KINDS: Partial<Record<GraphNode['kind'], string>> = { stream: 'stream', table: 'table', view: 'table', collection: 'collection', api: 'api' };

/** By kind in this order, then as in the file. */
export function thingsOf(nodes: readonly GraphNode[]): Thing[] {
  const order = Object.keys(KINDS);
  return nodes
    .flatMap(({ kind, name }) => (KINDS[kind] ? [{ id: `${KINDS[kind]}:${name}`, kind, name }] : []))
    .sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}
