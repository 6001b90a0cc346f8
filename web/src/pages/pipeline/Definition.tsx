// How a part is defined: its lines of the pipeline file for who may see that, else its SQL.
import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client';
import type { GraphNode } from '../../api/types';
import { useSession } from '../../app/session';
import { definitionAt } from '../../lib/definition';
import { CopyButton } from '../../ui/parts';

/** Parts whose name in the graph is not that of their key. */
const isUnnamed = (part: GraphNode): boolean => part.kind === 'lake' || part.kind === 'export';

export function Definition({ part }: { part: GraphNode }) {
  const session = useSession();
  // The file stays as the server read it until that starts again.
  const file = useQuery({ queryKey: ['pipeline-file'], queryFn: ({ signal }) => get('/pipeline', { signal }), enabled: session.may('admin') && !session.limited, staleTime: Infinity });
  const found = file.data && definitionAt(file.data.text, part.line);
  // A secret of several lines that is hidden moves those below it.
  const lines = found && (isUnnamed(part) || found.text.includes(part.name)) ? found : null;
  const text = lines ? lines.text : part.sql?.trim();
  if (!text) return null;
  return (
    <div>
      <div className="row between">
        <p className="label">
          Definition{lines && <span className="faint">, line {lines.first} of the file</span>}
        </p>
        <CopyButton text={text} />
      </div>
      <pre className="code" tabIndex={0} aria-label={`Definition of ${part.name}`}>
        {text}
      </pre>
    </div>
  );
}
