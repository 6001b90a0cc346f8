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

export interface Layout {
  /** The upper left corner of each node, the leftmost and the uppermost at 0. What nothing leads to or from stands below the others. */
  places: Map<string, Point>;
  /** Of edges that pass other columns on their way, by `wayId`: where they do, in the middle of each, from left to right. */
  passes: Map<string, Point[]>;
}

export const wayId = ({ from, to }: Graph['edges'][number]): string => `${from} ${to}`;

export function layout(graph: Graph): Layout {
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
  const columns = new Set([...linked].map((id) => Math.round((dagre.node(id) as Point).x)));
  const passes = new Map<string, Point[]>();
  for (const edge of graph.edges) {
    // Dagre keeps a place in every column for an edge that passes it, and tells of the ends and of places between columns as well.
    const { points = [] } = dagre.edge(edge.from, edge.to) as { points?: Point[] };
    const past = points.slice(1, -1).filter(({ x }) => columns.has(Math.round(x)));
    if (past.length > 0) passes.set(wayId(edge), past);
  }
  const bottom = Math.max(0, ...[...places.values()].map(({ y }) => y + NODE_HEIGHT + BETWEEN_BLOCKS));
  const right = Math.max(0, ...[...places.values()].map(({ x }) => x + NODE_WIDTH));
  const inRow = Math.max(COLUMNS_MIN, Math.floor((right + BETWEEN_NODES) / (NODE_WIDTH + BETWEEN_NODES)));
  const alone = graph.nodes.filter((node) => !linked.has(node.id));
  alone.forEach((node, i) => places.set(node.id, { x: (i % inRow) * (NODE_WIDTH + BETWEEN_NODES), y: bottom + Math.floor(i / inRow) * (NODE_HEIGHT + BETWEEN_NODES) }));
  return { places, passes };
}
