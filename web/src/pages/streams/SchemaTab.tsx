import type { StreamDescription } from '../../api/types';
import { bytes, count } from '../../lib/format';
import { Badge, Card } from '../../ui/parts';
import { Table } from '../../ui/Table';

const UNKNOWN: Record<string, string> = {
  reject: 'refused: a record with another field goes to the dead letters',
  drop: 'left out of the columns; the log keeps them',
  keep: 'kept in the column _extra',
};

export function SchemaTab({ description }: { description: StreamDescription }) {
  return (
    <div className="split two">
      <Card title="Fields" flush>
        <Table
          label="Fields"
          rows={Object.entries(description.schema)}
          keyOf={([name]) => name}
          columns={[
            {
              title: 'Field',
              kind: 'mono',
              cell: ([name]) => (
                <>
                  {name} {name === description.key && <Badge tone="accent">key</Badge>}
                </>
              ),
            },
            { title: 'Type', kind: 'mono', cell: ([, type]) => type.replace(/\?$/, '') },
            { title: 'May be null', cell: ([, type]) => (type.endsWith('?') ? 'yes' : '') },
          ]}
        />
      </Card>
      <div className="stack">
        <Card title="Settings">
          <dl className="facts">
            <dt>Key</dt>
            <dd>{description.key ?? 'none: partitions take turns'}</dd>
            {description.aliases.length > 0 && (
              <>
                <dt>Also known as</dt>
                <dd>{description.aliases.join(', ')}</dd>
              </>
            )}
            <dt>Other fields are</dt>
            <dd>{UNKNOWN[description.unknown_fields] ?? description.unknown_fields}</dd>
            <dt>Rows</dt>
            <dd>{description.store ? 'stored, and can be queried by the name of the stream' : 'not stored'}</dd>
            {description.idempotency_window && (
              <>
                <dt>Idempotency-Key</dt>
                <dd>{description.idempotency_window}</dd>
              </>
            )}
          </dl>
        </Card>
        <Card title="Partitions" flush>
          <Table
            label="Partitions"
            rows={description.partitions}
            keyOf={({ partition }) => partition}
            columns={[
              { title: 'Partition', kind: 'numeric', cell: ({ partition }) => partition },
              { title: 'First', kind: 'numeric', cell: ({ begin }) => count(begin) },
              { title: 'Next', kind: 'numeric', cell: ({ end }) => count(end) },
              { title: 'In the log', kind: 'numeric', cell: (partition) => bytes(partition.bytes) },
            ]}
          />
        </Card>
      </div>
    </div>
  );
}
