// Where each node of the graph stands: from left to right, as records flow.
import { Graph as Dagre, layout as place } from '@dagrejs/dagre';
import type { Graph } from '../../api/types';

export const NODE_WIDTH = 214;
export const NODE_HEIGHT = 70;
// Room for what an edge says.
const BETWEEN_RANKS = 100;
const BETWEEN_NODES = 16;
const BETWEEN_BLOCKS = 44;
// Of those that stand alone, in a row.
const COLUMNS_MIN = 3;

export interface Point {
  x: number;
  y: number;
}

/** Equal for graphs that differ in their numbers alone. */
export const shapeOf = (graph: Graph): string => JSON.stringify([graph.nodes.map((node) => node.id), graph.edges]);

/** The upper left corner of each node, the leftmost and the uppermost at 0. What nothing leads to or from stands below the others. */
export function layout(graph: Graph): Map<string, Point> {
  const linked = new Set(graph.edges.flatMap((edge) => [edge.from, edge.to]));
  const dagre = new Dagre();
  dagre.setGraph({ rankdir: 'LR', ranksep: BETWEEN_RANKS, nodesep: BETWEEN_NODES, ranker: 'network-simplex' });
  dagre.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) if (linked.has(node.id)) dagre.setNode(node.id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const edge of graph.edges) dagre.setEdge(edge.from, edge.to);
  if (linked.size > 0) place(dagre);
  const places = new Map<string, Point>();
  for (const node of graph.nodes) {
    if (!linked.has(node.id)) continue;
    const { x = 0, y = 0 } = dagre.node(node.id) as Partial<Point>;
    places.set(node.id, { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 });
  }
  const bottom = Math.max(0, ...[...places.values()].map(({ y }) => y + NODE_HEIGHT + BETWEEN_BLOCKS));
  const right = Math.max(0, ...[...places.values()].map(({ x }) => x + NODE_WIDTH));
  const columns = Math.max(COLUMNS_MIN, Math.floor((right + BETWEEN_NODES) / (NODE_WIDTH + BETWEEN_NODES)));
  const alone = graph.nodes.filter((node) => !linked.has(node.id));
  alone.forEach((node, i) => places.set(node.id, { x: (i % columns) * (NODE_WIDTH + BETWEEN_NODES), y: bottom + Math.floor(i / columns) * (NODE_HEIGHT + BETWEEN_NODES) }));
  return places;
}
