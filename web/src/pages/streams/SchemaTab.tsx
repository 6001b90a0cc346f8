import type { StreamDescription } from '../../api/types';
import { bytes, count } from '../../lib/format';
import { Card } from '../../ui/parts';

const UNKNOWN: Record<string, string> = {
  reject: 'refused: a record with another field goes to the dead letters',
  drop: 'left out of the columns; the log keeps them',
  keep: 'kept in the column _extra',
};

export function SchemaTab({ description }: { description: StreamDescription }) {
  return (
    <div className="split two">
      <Card title="Fields" flush>
        <div className="table-wrap" tabIndex={0} role="region" aria-label="Fields">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Field</th>
                <th scope="col">Type</th>
                <th scope="col">May be null</th>
              </tr>
            </thead>
            <tbody>
              {Object.entries(description.schema).map(([name, type]) => (
                <tr key={name}>
                  <td className="mono">
                    {name}
                    {name === description.key && <span className="badge accent">key</span>}
                  </td>
                  <td className="mono">{type.replace(/\?$/, '')}</td>
                  <td>{type.endsWith('?') ? 'yes' : ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
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
          <div className="table-wrap" tabIndex={0} role="region" aria-label="Partitions">
            <table className="table">
              <thead>
                <tr>
                  <th scope="col" className="num">
                    Partition
                  </th>
                  <th scope="col" className="num">
                    First
                  </th>
                  <th scope="col" className="num">
                    Next
                  </th>
                  <th scope="col" className="num">
                    In the log
                  </th>
                </tr>
              </thead>
              <tbody>
                {description.partitions.map((partition) => (
                  <tr key={partition.partition}>
                    <td className="num">{partition.partition}</td>
                    <td className="num">{count(partition.begin)}</td>
                    <td className="num">{count(partition.end)}</td>
                    <td className="num">{bytes(partition.bytes)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Card>
      </div>
    </div>
  );
}
