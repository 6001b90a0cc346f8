// A part of the pipeline as a node of the graph.
import { Handle, Position, useStore, type Node, type NodeProps } from '@xyflow/react';
import { memo } from 'react';
import type { NodeKind } from '../../api/types';
import { KIND_ICONS } from '../../ui/kinds';
import type { Tone } from '../../ui/parts';

/** All that is drawn of it, so that one whose numbers stay is not drawn again. */
export interface PartLook {
  kind: NodeKind;
  name: string;
  tone: Tone;
  word: string;
  fact: string;
  line: string;
  rate: string;
  dim: boolean;
}

export type PartNodeType = Node<PartLook & Record<string, unknown>, 'part'>;

// From further away only names can be read.
const FAR_ZOOM = 0.5;

export const PartNode = memo(function PartNode({ data, selected }: NodeProps<PartNodeType>) {
  const Icon = KIND_ICONS[data.kind];
  const far = useStore((state) => state.transform[2] < FAR_ZOOM);
  return (
    <div className={`part ${data.tone} ${selected ? 'selected' : ''} ${data.dim ? 'dim' : ''} ${far ? 'far' : ''}`} data-kind={data.kind}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <div className="part-head">
        <Icon size={far ? 26 : 14} aria-hidden />
        <span className="part-name ellipsis">{data.name}</span>
        {data.tone !== 'ok' && <span className={`dot ${data.tone}`} title={data.word} />}
      </div>
      {!far && (
        <>
          <div className="part-fact">
            <span className="ellipsis">{data.fact}</span>
            {data.rate && <span className="part-rate">{data.rate}</span>}
          </div>
          <div className="part-law ellipsis">{data.line}</div>
        </>
      )}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
});
