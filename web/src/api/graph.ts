// The graph of the pipeline, asked for every second, and how fast its totals grow.
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { History } from '../lib/rates';
import { get } from './client';
import type { Graph, GraphNode } from './types';

const EVERY_MS = 1000;

/** Of every node, what it took in; by its id. Kept while the page is open. */
export const history = new History();

/** What came into it in all, or null where nothing counts that. */
export function totalOf(node: GraphNode): number | null {
  if (node.kind === 'source') return node.accepted ?? 0;
  if (node.kind === 'stream') return node.records ?? 0;
  if (node.kind === 'api') return node.requests ?? 0;
  return node.flow ? node.flow.read : null;
}

function remember(graph: Graph): void {
  const at = Date.parse(graph.as_of);
  for (const node of graph.nodes) {
    const total = totalOf(node);
    if (total !== null) history.push(node.id, { at, total });
  }
}

export function useGraph() {
  const query = useQuery({ queryKey: ['graph'], queryFn: ({ signal }) => get('/graph', { signal }), refetchInterval: EVERY_MS, retry: false });
  useEffect(() => {
    if (query.data) remember(query.data);
  }, [query.data]);
  return query;
}
