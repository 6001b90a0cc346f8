// What can be asked for, and the names that the editor completes.
import { useMemo } from 'react';
import { useGraph } from '../../api/graph';
import { KIND_ICONS } from '../../ui/kinds';
import { ALL_SYSTEM_RELATIONS } from './relations';

export function useSchema(): Record<string, string[]> {
  const { data: graph } = useGraph();
  const relations = graph?.nodes.filter((node) => node.columns && node.kind !== 'api') ?? [];
  const shape = JSON.stringify(relations.map((node) => [node.name, node.columns]));
  return useMemo(() => ({ ...Object.fromEntries(relations.map((node) => [node.name, node.columns!.map((column) => column.name)])), ...ALL_SYSTEM_RELATIONS }), [shape]);
}

export function Relations({ onChoose }: { onChoose: (name: string) => void }) {
  const { data: graph } = useGraph();
  const relations = graph?.nodes.filter((node) => node.kind === 'stream' || node.kind === 'table' || node.kind === 'view') ?? [];
  return (
    <section className="card relations" aria-label="Relations">
      <header>
        <h2>Relations</h2>
      </header>
      <ul>
        {relations.map((node) => {
          const Icon = KIND_ICONS[node.kind];
          return (
            <li key={node.id}>
              <button type="button" className="relation" title={node.columns?.map((column) => `${column.name} ${column.type}`).join('\n')} onClick={() => onChoose(node.name)}>
                <Icon size={14} aria-hidden />
                <span className="ellipsis">{node.name}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
