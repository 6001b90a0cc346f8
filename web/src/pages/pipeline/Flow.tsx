// The graph, drawn.
import { Background, Controls, MarkerType, MiniMap, ReactFlow, type ReactFlowInstance } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { history } from '../../api/graph';
import type { Graph, GraphNode } from '../../api/types';
import { useTheme } from '../../app/theme';
import { rate } from '../../lib/format';
import { factOf, healthOf, lawOf } from './health';
import { layout, NODE_HEIGHT, NODE_WIDTH, shapeOf, wayId, type Point } from './layout';
import { PartNode, type PartLook, type PartNodeType } from './PartNode';
import { wayOf, wayText } from './ways';
import { WayEdge, type WayEdgeType } from './WayEdge';

const MAP_FROM_NODES = 30;
const NODE_TYPES = { part: PartNode };
const EDGE_TYPES = { way: WayEdge };
const ARROW = { type: MarkerType.ArrowClosed, width: 11, height: 11, markerUnits: 'userSpaceOnUse' };
// Where all of a large pipeline does not fit readably, it is shown from its beginning.
const FIRST_ZOOM_MIN = 0.42;
const MARGIN = 24;
// Below, the buttons stand.
const FIT_PADDING = { x: '24px', top: '24px', bottom: '64px' } as const;

/** A rate stands on the edge that leads to a part; on the part itself only where none does. */
function lookOf(part: GraphNode, dim: boolean, hasWay: boolean): PartLook {
  const health = healthOf(part);
  const law = part.kind === 'stream' ? lawOf(part) : null;
  const said = part.kind === 'alert' ? part.detail : health.tone === 'ok' ? undefined : health.word;
  const perSecond = history.rate(part.id);
  return {
    kind: part.kind,
    name: part.name,
    tone: health.tone,
    word: health.word,
    fact: law && said ? `${factOf(part)} · ${said}` : factOf(part),
    line: law ?? said ?? part.kind,
    rate: perSecond > 0 && !hasWay ? rate(perSecond) : '',
    dim,
  };
}

/** What was made before, where it is the same now: the graph draws only what changed. */
function useSame<T extends { id: string }>(all: T[]): T[] {
  const known = useRef(new Map<string, { text: string; item: T }>());
  const next = new Map<string, { text: string; item: T }>();
  const same = all.map((item) => {
    const text = JSON.stringify(item);
    const before = known.current.get(item.id);
    const kept = before?.text === text ? before : { text, item };
    next.set(item.id, kept);
    return kept.item;
  });
  known.current = next;
  return same;
}

interface FlowProps {
  graph: Graph;
  chosen: string | null;
  onChoose: (id: string | null) => void;
  /** Parts that are looked for; null: nothing is. */
  found: Set<string> | null;
}

export function Flow({ graph, chosen, onChoose, found }: FlowProps) {
  const theme = useTheme();
  const navigate = useNavigate();
  const host = useRef<HTMLDivElement>(null);
  const [flow, setFlow] = useState<ReactFlowInstance<PartNodeType, WayEdgeType> | null>(null);
  const shape = shapeOf(graph);
  // The numbers change every second, the places only with the shape.
  const { places, passes } = useMemo(() => layout(graph), [shape]);
  const reached = new Set(graph.edges.map((edge) => edge.to));
  const nodes = useSame(
    graph.nodes.map<PartNodeType>((part) => ({
      id: part.id,
      type: 'part',
      position: places.get(part.id) ?? { x: 0, y: 0 },
      width: NODE_WIDTH,
      height: NODE_HEIGHT,
      selected: part.id === chosen,
      data: { ...lookOf(part, found !== null && !found.has(part.id), part.kind === 'source' || reached.has(part.id)) },
      draggable: false,
      connectable: false,
      ariaLabel: `${part.kind} ${part.name}: ${factOf(part)}, ${healthOf(part).word}`,
    })),
  );
  const parts = new Map(graph.nodes.map((part) => [part.id, part]));
  const edges = useSame(
    graph.edges.map<WayEdgeType>(({ from, to }) => {
      const [source, target] = [parts.get(from)!, parts.get(to)!];
      const way = wayOf(source, target);
      return {
        id: wayId({ from, to }),
        type: 'way',
        source: from,
        target: to,
        data: { way, text: wayText(source, target, way), by: passes.get(wayId({ from, to })) ?? [] },
        className: `${way.tone} ${chosen === from || chosen === to ? 'near' : ''}`,
        markerEnd: ARROW as WayEdgeType['markerEnd'],
        focusable: false,
      };
    }),
  );
  useShown(flow, host, chosen, places);
  return (
    <div ref={host} className="flow">
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        colorMode={theme}
        onInit={(made) => {
          setFlow(made);
          // The reader may have gone to another page by now.
          if (host.current) showFirst(made, host.current, places);
        }}
        minZoom={0.1}
        maxZoom={1.6}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        elevateEdgesOnSelect={false}
        deleteKeyCode={null}
        onNodeClick={(_, node) => onChoose(node.id)}
        onEdgeClick={(_, edge) => edge.data?.way.to && void navigate(edge.data.way.to)}
        onPaneClick={() => onChoose(null)}
        onNodesChange={(changes) => {
          for (const change of changes) if (change.type === 'select' && change.selected) onChoose(change.id);
        }}
        onlyRenderVisibleElements={graph.nodes.length > MAP_FROM_NODES}
      >
        <Background gap={22} size={1} />
        <Controls showInteractive={false} orientation="horizontal" />
        {graph.nodes.length >= MAP_FROM_NODES && <MiniMap<PartNodeType> pannable zoomable ariaLabel="Map of the pipeline" nodeClassName={(node) => node.data.tone} />}
      </ReactFlow>
    </div>
  );
}

/** All of it, or its beginning where all would be too small to read. */
function showFirst(flow: ReactFlowInstance<PartNodeType, WayEdgeType>, host: HTMLElement, places: Map<string, Point>) {
  const all = [...places.values()];
  const width = Math.max(...all.map(({ x }) => x)) + NODE_WIDTH + 2 * MARGIN;
  const height = Math.max(...all.map(({ y }) => y)) + NODE_HEIGHT + 2 * MARGIN;
  if (Math.min(host.clientWidth / width, host.clientHeight / height) >= FIRST_ZOOM_MIN) void flow.fitView({ padding: FIT_PADDING, maxZoom: 1.1 });
  else void flow.setViewport({ x: MARGIN, y: MARGIN, zoom: Math.min(1, Math.max(FIRST_ZOOM_MIN, host.clientWidth / width)) });
}

/** Brings the chosen part into view when it is not there. */
function useShown(flow: ReactFlowInstance<PartNodeType, WayEdgeType> | null, host: React.RefObject<HTMLDivElement | null>, chosen: string | null, places: Map<string, Point>) {
  useEffect(() => {
    const place = chosen ? places.get(chosen) : undefined;
    if (!flow || !place) return;
    // The panel beside it has taken its room by then.
    const frame = requestAnimationFrame(() => {
      const box = host.current;
      if (!box) return;
      const { x, y, zoom } = flow.getViewport();
      const [left, top] = [place.x * zoom + x, place.y * zoom + y];
      const isIn = left >= 0 && top >= 0 && left + NODE_WIDTH * zoom <= box.clientWidth && top + NODE_HEIGHT * zoom <= box.clientHeight;
      const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
      if (!isIn) void flow.setCenter(place.x + NODE_WIDTH / 2, place.y + NODE_HEIGHT / 2, { zoom: Math.max(zoom, 0.8), duration: still ? 0 : 300 });
    });
    return () => cancelAnimationFrame(frame);
  }, [flow, host, chosen, places]);
}
