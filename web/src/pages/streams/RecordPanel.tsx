import { Crosshair, X } from 'lucide-react';
import { Link } from 'react-router';
import { tracePath } from '../../app/places';
import { usePanel } from '../../ui/focus';
import { Button, Card, CopyButton } from '../../ui/parts';
import { Json } from '../../ui/Json';
import { placeOf } from './RecordTable';
import type { TailRecord } from './useTail';

/** One record whole. `onFollow` shows only those with its key. */
export function RecordPanel({ stream, record, onFollow, onClose }: { stream: string; record: TailRecord; onFollow?: (key: string) => void; onClose: () => void }) {
  const panel = usePanel(placeOf(record), onClose);
  return (
    <Card title={`Record ${placeOf(record)}`} actions={<Button look="quiet" icon={X} aria-label="Close" onClick={panel.close} />} {...panel.props}>
      <div className="stack">
        <dl className="facts">
          <dt>Came</dt>
          <dd>{record.ingested_at.replace('T', ' ')}</dd>
          <dt>Number</dt>
          <dd>{record.seq}</dd>
          {record.key !== null && (
            <>
              <dt>Key</dt>
              <dd className="mono">{record.key}</dd>
            </>
          )}
        </dl>
        <Json value={record.value} label="Value of the record" />
        <div className="row">
          <Link className="button" to={tracePath(stream, record.partition, record.offset)}>
            Trace it
          </Link>
          {record.key !== null && onFollow && (
            <Button icon={Crosshair} onClick={() => onFollow(record.key!)}>
              Follow its key
            </Button>
          )}
          <CopyButton text={JSON.stringify(record.value)} label="Copy JSON" />
        </div>
      </div>
    </Card>
  );
}

