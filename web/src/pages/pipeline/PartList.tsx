// The same as the graph, as a table: for small screens, and for whoever reads rather than looks.
import { history, totalOf } from '../../api/graph';
import type { GraphNode } from '../../api/types';
import { rate } from '../../lib/format';
import { KIND_ICONS } from '../../ui/kinds';
import { Badge } from '../../ui/parts';
import { Table, type TableColumn } from '../../ui/Table';
import { factOf, healthOf } from './health';

function Health({ part }: { part: GraphNode }) {
  const { tone, word } = healthOf(part);
  return <Badge tone={tone}>{word}</Badge>;
}

export function PartList({ parts, chosen, onChoose }: { parts: GraphNode[]; chosen: string | null; onChoose: (id: string) => void }) {
  const columns: TableColumn<GraphNode>[] = [
    {
      title: 'Part',
      cell: ({ id, kind, name }) => {
        const Icon = KIND_ICONS[kind];
        return (
          <button type="button" className="link row tight" onClick={() => onChoose(id)}>
            <Icon size={14} aria-hidden />
            {name}
            <span className="faint small">{kind}</span>
          </button>
        );
      },
    },
    { title: 'Health', cell: (part) => <Health part={part} /> },
    { title: 'Now', kind: 'numeric', cell: (part) => (totalOf(part) === null ? '' : rate(history.rate(part.id))) },
    { title: 'What it holds', kind: 'number', cell: factOf },
  ];
  return <Table label="Parts of the pipeline" className="card part-list" columns={columns} rows={parts} keyOf={({ id }) => id} isChosen={({ id }) => id === chosen} />;
}
