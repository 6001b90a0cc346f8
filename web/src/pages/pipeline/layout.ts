// Where each node of the graph stands: from left to right, as records flow.
import { Graph as Dagre, layout as place } from '@dagrejs/dagre';
import type { Graph } from '../../api/types';

export const NODE_WIDTH = 214;
export const NODE_HEIGHT = 70;
const BETWEEN_RANKS = 76;
const BETWEEN_NODES = 16;

export interface Point {
  x: number;
  y: number;
}

/** Equal for graphs that differ in their numbers alone. */
export const shapeOf = (graph: Graph): string => JSON.stringify([graph.nodes.map((node) => node.id), graph.edges]);

/** The upper left corner of each node. */
export function layout(graph: Graph): Map<string, Point> {
  const dagre = new Dagre();
  dagre.setGraph({ rankdir: 'LR', ranksep: BETWEEN_RANKS, nodesep: BETWEEN_NODES, ranker: 'network-simplex' });
  dagre.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) dagre.setNode(node.id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const edge of graph.edges) dagre.setEdge(edge.from, edge.to);
  place(dagre);
  return new Map(
    graph.nodes.map((node) => {
      const { x = 0, y = 0 } = dagre.node(node.id) as Partial<Point>;
      return [node.id, { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 }];
    }),
  );
}
