// How an edge of the graph runs: past the parts between its ends, never behind them.
import { NODE_WIDTH, type Point } from './layout';

export interface Curve {
  from: Point;
  to: Point;
}

export interface Route {
  /** From end to end: curves where no part stands, straight lines past parts. */
  curves: Curve[];
  /** For SVG. */
  path: string;
  /** Where its label stands: before the part that it leads to. */
  label: Point;
}

const middle = ({ from, to }: Curve): Point => ({ x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 });

/** Level at both ends, so that it keeps out of the columns beside it. */
const drawn = (curve: Curve): string => {
  const { from, to } = curve;
  const x = middle(curve).x;
  return from.y === to.y ? `L${to.x},${to.y}` : `C${x},${from.y} ${x},${to.y} ${to.x},${to.y}`;
};

/** `by`: the middle of each column that it passes, from left to right. */
export function routeOf(source: Point, target: Point, by: readonly Point[]): Route {
  const curves: Curve[] = [];
  let at = source;
  for (const { x, y } of by) {
    const [begin, end] = [{ x: x - NODE_WIDTH / 2, y }, { x: x + NODE_WIDTH / 2, y }];
    curves.push({ from: at, to: begin }, { from: begin, to: end });
    at = end;
  }
  const last = { from: at, to: target };
  curves.push(last);
  return { curves, path: `M${source.x},${source.y} ${curves.map(drawn).join(' ')}`, label: middle(last) };
}
