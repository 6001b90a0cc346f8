// An edge of the graph, with what it says in its middle.
import { BaseEdge, EdgeLabelRenderer, getBezierPath, type Edge, type EdgeProps } from '@xyflow/react';
import { memo } from 'react';
import { Link } from 'react-router';
import type { Way } from './ways';

export type WayEdgeType = Edge<{ way: Way; text: string }, 'way'>;

export const WayEdge = memo(function WayEdge({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, markerEnd, data }: EdgeProps<WayEdgeType>) {
  const [path, x, y] = getBezierPath({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition });
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
