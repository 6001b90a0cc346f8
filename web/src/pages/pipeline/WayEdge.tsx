// An edge of the graph, with what it says on it.
import { BaseEdge, EdgeLabelRenderer, type Edge, type EdgeProps } from '@xyflow/react';
import { memo } from 'react';
import { Link } from 'react-router';
import type { Point } from './layout';
import { routeOf } from './route';
import type { Way } from './ways';

export type WayEdgeType = Edge<{ way: Way; text: string; by: Point[] }, 'way'>;

export const WayEdge = memo(function WayEdge({ sourceX, sourceY, targetX, targetY, markerEnd, data }: EdgeProps<WayEdgeType>) {
  const {
    path,
    label: { x, y },
  } = routeOf({ x: sourceX, y: sourceY }, { x: targetX, y: targetY }, data?.by ?? []);
  const way = data?.way;
  return (
    <>
      <BaseEdge path={path} markerEnd={markerEnd} />
      {way && way.label && (
        <EdgeLabelRenderer>
          <div className={`way ${way.tone} nodrag nopan`} style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>
            {way.to ? (
              <Link to={way.to} aria-label={data.text}>
                {way.label}
              </Link>
            ) : (
              way.label
            )}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});
