// The same as the graph, as a table: for small screens, and for whoever reads rather than looks.
import { history, totalOf } from '../../api/graph';
import type { GraphNode } from '../../api/types';
import { rate } from '../../lib/format';
import { KIND_ICONS } from '../../ui/kinds';
import { Badge } from '../../ui/parts';
import { factOf, healthOf } from './health';

export function PartList({ parts, chosen, onChoose }: { parts: GraphNode[]; chosen: string | null; onChoose: (id: string) => void }) {
  return (
    <div className="card table-wrap part-list" tabIndex={0} role="region" aria-label="Parts of the pipeline">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Part</th>
            <th scope="col">Health</th>
            <th scope="col" className="num">
              Now
            </th>
            <th scope="col">What it holds</th>
          </tr>
        </thead>
        <tbody>
          {parts.map((part) => {
            const Icon = KIND_ICONS[part.kind];
            const health = healthOf(part);
            return (
              <tr key={part.id} data-chosen={part.id === chosen || undefined}>
                <td>
                  <button type="button" className="link row tight" onClick={() => onChoose(part.id)}>
                    <Icon size={14} aria-hidden />
                    {part.name}
                    <span className="faint small">{part.kind}</span>
                  </button>
                </td>
                <td>
                  <Badge tone={health.tone}>{health.word}</Badge>
                </td>
                <td className="num">{totalOf(part) === null ? '' : rate(history.rate(part.id))}</td>
                <td className="number">{factOf(part)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
