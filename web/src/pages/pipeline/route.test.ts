import { describe, expect, it } from 'vitest';
import type { Graph, GraphNode } from '../../api/types';
import { layout, NODE_HEIGHT, NODE_WIDTH, wayId, type Point } from './layout';
import { routeOf, type Curve } from './route';

const COLUMNS = 8;
const ROWS = 14;
const STEPS = 40;

/** A hundred parts and more in columns: each made from some of the column before it, and every third from one far back. */
function hundred(): Graph {
  const id = (column: number, row: number) => `table/c${column}r${row % ROWS}`;
  const nodes: GraphNode[] = [];
  const edges: Graph['edges'] = [];
  for (let column = 0; column < COLUMNS; column += 1) {
    for (let row = 0; row < ROWS; row += 1) {
      nodes.push({ id: id(column, row), kind: 'table', name: `c${column}r${row}`, line: 1 });
      if (column > 0) edges.push({ from: id(column - 1, (row * 5) % ROWS), to: id(column, row) });
      if (column > 2 && row % 3 === 0) edges.push({ from: id(row % (column - 1), row * 3 + column), to: id(column, row) });
    }
  }
  return { as_of: '2026-01-01T00:00:00Z', nodes, edges } as Graph;
}

/** A place on the cubic curve that `routeOf` draws. */
function placeOn({ from, to }: Curve, t: number): Point {
  const middle = (from.x + to.x) / 2;
  const mix = (a: number, b: number, c: number, d: number) => (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t ** 2 * c + t ** 3 * d;
  return { x: mix(from.x, middle, middle, to.x), y: mix(from.y, from.y, to.y, to.y) };
}

function behind(graph: Graph, passes: Map<string, Point[]>, places: Map<string, Point>): string[] {
  return graph.edges.flatMap((edge) => {
    const [source, target] = [places.get(edge.from)!, places.get(edge.to)!];
    const { curves } = routeOf({ x: source.x + NODE_WIDTH, y: source.y + NODE_HEIGHT / 2 }, { x: target.x, y: target.y + NODE_HEIGHT / 2 }, passes.get(wayId(edge)) ?? []);
    const points = curves.flatMap((curve) => Array.from({ length: STEPS + 1 }, (_, i) => placeOn(curve, i / STEPS)));
    const covered = graph.nodes.filter(({ id }) => {
      const { x, y } = places.get(id)!;
      return id !== edge.from && id !== edge.to && points.some((point) => point.x > x && point.x < x + NODE_WIDTH && point.y > y && point.y < y + NODE_HEIGHT);
    });
    return covered.map(({ id }) => `${wayId(edge)} behind ${id}`);
  });
}

describe('the way of an edge', () => {
  const graph = hundred();
  const { places, passes } = layout(graph);
  it('is behind no part, however many there are', () => {
    expect(graph.nodes.length).toBeGreaterThanOrEqual(100);
    expect(passes.size).toBeGreaterThan(10);
    expect(behind(graph, passes, places)).toEqual([]);
  });
  it('would be behind some were it drawn straight on', () => expect(behind(graph, new Map(), places).length).toBeGreaterThan(0));
  it('goes from left to right from part to part, with its label before the last', () => {
    const { path, label, curves } = routeOf({ x: 214, y: 35 }, { x: 900, y: 100 }, [{ x: 421, y: 150 }]);
    expect(path).toBe('M214,35 C264,35 264,150 314,150 L528,150 C714,150 714,100 900,100');
    expect(label).toEqual({ x: 714, y: 125 });
    expect(curves).toHaveLength(3);
  });
});
