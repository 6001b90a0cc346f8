// How a part is defined.
import type { GraphNode } from '../../api/types';
import { CopyButton } from '../../ui/parts';

export function Definition({ part }: { part: GraphNode }) {
  const text = part.sql?.trim();
  if (!text) return null;
  return (
    <div>
      <div className="row between">
        <p className="label">Definition</p>
        <CopyButton text={text} />
      </div>
      <pre className="code" tabIndex={0} aria-label={`Definition of ${part.name}`}>
        {text}
      </pre>
    </div>
  );
}
