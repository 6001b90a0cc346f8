// The graph, drawn.
import { Background, Controls, Handle, MarkerType, MiniMap, Position, ReactFlow, type Edge, type Node, type NodeProps } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { memo, useMemo } from 'react';
import { history } from '../../api/graph';
import type { Graph, GraphNode } from '../../api/types';
import { useTheme } from '../../app/theme';
import { rate } from '../../lib/format';
import { KIND_ICONS } from '../../ui/kinds';
import { conservationOf, factOf, healthOf } from './health';
import { layout, NODE_HEIGHT, NODE_WIDTH, shapeOf } from './layout';

const MAP_FROM_NODES = 30;

type PartNode = Node<{ part: GraphNode; perSecond: number }, 'part'>;

const Part = memo(function Part({ data: { part, perSecond }, selected }: NodeProps<PartNode>) {
  const Icon = KIND_ICONS[part.kind];
  const health = healthOf(part);
  const law = part.kind === 'stream' ? conservationOf(part) : null;
  return (
    <div className={`part ${health.tone} ${selected ? 'selected' : ''}`} data-kind={part.kind}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <div className="part-head">
        <Icon size={14} aria-hidden />
        <span className="part-name ellipsis">{part.name}</span>
        {health.tone !== 'ok' && <span className={`dot ${health.tone}`} title={health.word} />}
      </div>
      <div className="part-fact">
        <span className="ellipsis">{factOf(part)}</span>
        {perSecond > 0 && <span className="part-rate">{rate(perSecond)}</span>}
      </div>
      <div className="part-law ellipsis">{law ?? (health.tone === 'ok' ? part.kind : health.word)}</div>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
});

const NODE_TYPES = { part: Part };

export function Flow({ graph, chosen, onChoose }: { graph: Graph; chosen: string | null; onChoose: (id: string | null) => void }) {
  const theme = useTheme();
  const shape = shapeOf(graph);
  // The numbers change every second, the places only with the shape.
  const places = useMemo(() => layout(graph), [shape]);
  const nodes = graph.nodes.map<PartNode>((part) => ({
    id: part.id,
    type: 'part',
    position: places.get(part.id) ?? { x: 0, y: 0 },
    width: NODE_WIDTH,
    height: NODE_HEIGHT,
    selected: part.id === chosen,
    data: { part, perSecond: history.rate(part.id) },
    draggable: false,
    connectable: false,
    ariaLabel: `${part.kind} ${part.name}: ${factOf(part)}, ${healthOf(part).word}`,
  }));
  const kinds = new Map(graph.nodes.map((part) => [part.id, part]));
  const edges = graph.edges.map<Edge>(({ from, to }) => {
    const moving = history.rate(history.of(to).length ? to : from) > 0;
    const bad = kinds.get(to)?.stopped;
    return {
      id: `${from} ${to}`,
      source: from,
      target: to,
      className: `${moving ? 'moving' : ''} ${bad ? 'bad' : ''} ${chosen === from || chosen === to ? 'near' : ''}`,
      markerEnd: { type: MarkerType.ArrowClosed, width: 11, height: 11, markerUnits: 'userSpaceOnUse' },
      focusable: false,
    };
  });
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      colorMode={theme}
      fitView
      fitViewOptions={{ padding: 0.06, maxZoom: 1.1 }}
      minZoom={0.15}
      maxZoom={1.6}
      nodesDraggable={false}
      nodesConnectable={false}
      edgesFocusable={false}
      deleteKeyCode={null}
      onNodeClick={(_, node) => onChoose(node.id)}
      onPaneClick={() => onChoose(null)}
      onNodesChange={(changes) => {
        for (const change of changes) if (change.type === 'select' && change.selected) onChoose(change.id);
      }}
      onlyRenderVisibleElements={graph.nodes.length > 60}
    >
      <Background gap={22} size={1} />
      <Controls showInteractive={false} />
      {graph.nodes.length >= MAP_FROM_NODES && <MiniMap pannable zoomable ariaLabel="Map of the pipeline" />}
    </ReactFlow>
  );
}
