// Every limit of the program: what it is, what is used of it, and what happens beyond it.
import { Gauge } from 'lucide-react';
import { useState } from 'react';
import type { Limit } from '../../api/types';
import { bytes, count } from '../../lib/format';
import { Table } from '../../ui/Table';
import { Card, Empty, Failure, Live, Loading } from '../../ui/parts';
import { useOverview } from './overview';

const used = ({ used: now, unit }: Limit): string => (now === undefined ? '' : unit === 'bytes' ? bytes(now) : count(now));

const isMeant = (limit: Limit, text: string): boolean => `${limit.area} ${limit.limit} ${limit.setting} ${limit.beyond}`.toLowerCase().includes(text.toLowerCase());

export function LimitsTab() {
  const { data, error, isLoading, dataUpdatedAt } = useOverview();
  const [text, setText] = useState('');
  const [settable, setSettable] = useState(false);
  const found = data?.limits.filter((limit) => (!settable || limit.setting !== '') && isMeant(limit, text.trim())) ?? [];
  const areas = [...new Set(found.map(({ area }) => area))];
  return (
    <>
      {error && <Failure error={error} what="The limits cannot be shown" />}
      {isLoading && <Loading />}
      {data && (
        <>
          <div className="row">
            <input className="input inline grow-field" type="search" aria-label="Find a limit" placeholder="Find a limit" value={text} onChange={(event) => setText(event.target.value)} />
            <label className="choice">
              <input type="checkbox" checked={settable} onChange={(event) => setSettable(event.target.checked)} />
              <span>that the file can set</span>
            </label>
            <span className="grow" />
            <Live at={new Date(dataUpdatedAt)} state="live" />
          </div>
          <p className="muted small">
            Those with a name are set in the pipeline file below <code>server.limits</code>; the others are fixed.
          </p>
          {areas.map((area) => (
            <Card key={area} title={area} flush>
              <Table
                label={`Limits: ${area}`}
                className="limits"
                rows={found.filter((limit) => limit.area === area)}
                keyOf={(limit, at) => `${limit.setting}${at}`}
                columns={[
                  {
                    title: 'Limit',
                    kind: 'wrap',
                    cell: ({ limit, setting }) => (
                      <>
                        {limit}
                        {setting && <div className="small mono accent-text">{setting}</div>}
                      </>
                    ),
                  },
                  { title: 'Used', kind: 'numeric', cell: used },
                  { title: 'Value', kind: 'numeric', cell: (limit) => <Value limit={limit} /> },
                  { title: 'Default', kind: 'numeric', cell: (limit) => (limit.default === null ? 'of memory' : shown(limit.default)) },
                  { title: 'Beyond it', kind: 'wrap', cell: ({ beyond }) => beyond },
                ]}
              />
            </Card>
          ))}
          {areas.length === 0 && (
            <Empty icon={Gauge} title="No limit is called that">
              <p>Another word may find it: limits are told by what they bound, such as "body" or "connections".</p>
            </Empty>
          )}
        </>
      )}
    </>
  );
}

/** Counts with their thousands apart; sizes and times as the file has them. */
const shown = (text: string): string => (/^\d+$/.test(text) ? count(Number(text)) : text);

function Value({ limit }: { limit: Limit }) {
  const isSet = limit.default !== null && limit.default !== limit.text;
  return isSet ? <strong title="Not the default">{shown(limit.text)}</strong> : shown(limit.text);
}
