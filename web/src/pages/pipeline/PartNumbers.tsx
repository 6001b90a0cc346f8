// What a part counts: now, and over the last half hour.
import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client';
import { history, totalOf } from '../../api/graph';
import type { GraphNode, PartDescription } from '../../api/types';
import { bytes, count, rate, seconds, when } from '../../lib/format';
import { growthOf } from '../../lib/rates';
import { Timeline } from './Timeline';

const EVERY_MS = 5000;
const TOTAL = 1;
const REFUSED = 2;
const LAG = 4;
// Less is the time between two looks.
const LAG_SHOWN_SECONDS = 1;

export function usePart(part: GraphNode) {
  return useQuery({
    queryKey: ['part', part.id],
    queryFn: ({ signal }) => get('/graph/{kind}/{name}', { path: { kind: part.kind, name: part.name }, signal }),
    refetchInterval: EVERY_MS,
  });
}

/** The facts of a part that are there, with their names. */
function factsOf(part: GraphNode): [string, string][] {
  const facts: [string, string | undefined][] = [
    ['Accepted', part.kind === 'source' ? count(part.accepted ?? 0) : undefined],
    ['Refused', part.kind === 'source' ? count(part.refused ?? 0) : undefined],
    ['Records', part.records === undefined ? undefined : count(part.records)],
    ['In the log', part.bytes === undefined ? undefined : bytes(part.bytes)],
    ['Partitions', part.partitions === undefined ? undefined : count(part.partitions)],
    ['Read', part.kind !== 'stream' && part.flow ? count(part.flow.read) : undefined],
    ['On the way', part.flow?.in_flight === undefined ? undefined : count(part.flow.in_flight)],
    ['Behind', part.flow?.lag_seconds === undefined ? undefined : seconds(part.flow.lag_seconds)],
    ['Dead letters', part.open_letters === undefined ? undefined : `${count(part.open_letters)} open`],
    ['Asked', part.requests === undefined ? undefined : `${count(part.requests)} times since the start`],
    ['Next', part.next === undefined ? undefined : when(part.next)],
    ['Last run', part.last === undefined ? undefined : `${part.last.state}${part.last.ended ? `, ${when(part.last.ended)}` : ''}`],
    ['Waiting', part.waiting ? count(part.waiting) : undefined],
    ['Silenced', part.silenced_until === undefined ? undefined : `nobody is told; that ends ${when(part.silenced_until)}`],
    ['Since', part.since === undefined ? undefined : when(part.since)],
    ['Now', totalOf(part) === null ? undefined : rate(history.rate(part.id))],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}

export function PartNumbers({ part, told }: { part: GraphNode; told: PartDescription | undefined }) {
  const facts = factsOf(part);
  const rows = told?.history.rows ?? [];
  const refused = growthOf(rows, REFUSED);
  const lag = rows.map((row) => ({ at: row[0], total: row[LAG] }));
  return (
    <>
      {facts.length > 0 && (
        <dl className="facts">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {totalOf(part) !== null && told && <Timeline title={part.kind === 'api' ? 'Requests a second' : 'Records a second'} samples={growthOf(rows, TOTAL)} text={rate} />}
      {part.kind === 'alert' && told && <Timeline title="Firing" samples={rows.map((row) => ({ at: row[0], total: row[TOTAL] }))} text={(value) => (value ? 'firing' : 'quiet')} tone="bad" isState />}
      {refused.some(({ total }) => total > 0) && <Timeline title="Refused a second" samples={refused} text={rate} tone="bad" />}
      {lag.some(({ total }) => total > LAG_SHOWN_SECONDS) && <Timeline title="Behind" samples={lag} text={seconds} tone="warn" />}
    </>
  );
}
