// What is kept, how much room there is, and what this server is made of.
import { HardDrive } from 'lucide-react';
import type { SettingsOverview } from '../../api/types';
import { bytes } from '../../lib/format';
import { Table } from '../../ui/Table';
import { Card, Failure, Live, Loading, Notice, Stat, Stats } from '../../ui/parts';
import { useOverview } from './overview';

// Below this share of the disk it is worth saying.
const SCARCE = 0.1;

export function DataTab() {
  const { data, error, isLoading, dataUpdatedAt } = useOverview();
  if (error && !data) return <Failure error={error} what="The data cannot be shown" />;
  if (isLoading || !data) return <Loading />;
  const { sizes, memory, versions } = data;
  const all = sizes.parts.reduce((sum, part) => sum + part.bytes, 0);
  return (
    <>
      <div className="row end">
        <Live at={new Date(dataUpdatedAt)} state={error ? 'waiting' : 'live'} />
      </div>
      {sizes.disk_free < sizes.disk_size * SCARCE && (
        <Notice tone="warn" icon={HardDrive} title={`Only ${bytes(sizes.disk_free)} of the disk are free`}>
          When it is full, records are refused with 507 and nothing is lost. A shorter <code>retention</code> of a stream, or a lake elsewhere, makes room.
        </Notice>
      )}
      <Stats>
        <Stat name="Kept in all" value={bytes(all)} small={sizes.cut ? 'or more' : ''} />
        <Stat name="Free on the disk" value={bytes(sizes.disk_free)} small={`of ${bytes(sizes.disk_size)}`} />
        <Stat name="Memory" value={memory.used === undefined ? bytes(memory.max) : bytes(memory.used)} small={memory.used === undefined ? '' : `of ${bytes(memory.max)}`} />
      </Stats>
      <div className="split halves">
        <Card title="What is kept" flush>
          <Parts sizes={sizes} all={all} />
        </Card>
        <div className="stack">
          <Card title="Streams" flush>
            <Table
              label="Streams by size"
              rows={sizes.streams}
              keyOf={({ name }) => name}
              columns={[
                { title: 'Stream', cell: ({ name }) => name },
                { title: 'Log', kind: 'numeric', cell: ({ log }) => bytes(log) },
                { title: 'Dead letters', kind: 'numeric', cell: ({ dead_letters }) => bytes(dead_letters) },
              ]}
            />
          </Card>
          <Card title="Versions">
            <dl className="facts">
              {versions.map(({ name, version }) => (
                <div key={name} className="contents">
                  <dt>{name}</dt>
                  <dd className="mono">{version}</dd>
                </div>
              ))}
            </dl>
          </Card>
        </div>
      </div>
    </>
  );
}

function Parts({ sizes, all }: { sizes: SettingsOverview['sizes']; all: number }) {
  return (
    <Table
      label="Parts by size"
      rows={[...sizes.parts].sort((a, b) => b.bytes - a.bytes)}
      keyOf={({ name }) => name}
      columns={[
        { title: 'Part', cell: ({ name }) => name },
        { title: 'On disk', kind: 'numeric', cell: (part) => bytes(part.bytes) },
        { title: 'Share', cell: (part) => <meter className="share" min={0} max={Math.max(all, 1)} value={part.bytes} aria-label={`Share of ${part.name}`} /> },
      ]}
    />
  );
}
