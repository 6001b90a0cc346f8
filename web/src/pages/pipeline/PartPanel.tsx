// What one part of the pipeline is, how it is defined, and its numbers over time.
import { ArrowRight, OctagonAlert, X } from 'lucide-react';
import { Link } from 'react-router';
import { history, totalOf } from '../../api/graph';
import type { Graph, GraphNode } from '../../api/types';
import { lettersPath, pathOf, selectOf, sqlPath } from '../../app/places';
import { bytes, count, rate, seconds } from '../../lib/format';
import { Badge, Button, CopyButton, Notice, Sparkline } from '../../ui/parts';
import { KIND_ICONS } from '../../ui/kinds';
import { conservationOf, healthOf } from './health';

export function PartPanel({ graph, part, onChoose }: { graph: Graph; part: GraphNode; onChoose: (id: string | null) => void }) {
  const Icon = KIND_ICONS[part.kind];
  const health = healthOf(part);
  const path = pathOf(part);
  const law = conservationOf(part);
  const from = graph.edges.filter((edge) => edge.to === part.id).map((edge) => edge.from);
  const to = graph.edges.filter((edge) => edge.from === part.id).map((edge) => edge.to);
  return (
    <aside className="card panel" aria-label={`${part.kind} ${part.name}`}>
      <header>
        <h2 className="row tight grow">
          <Icon size={16} aria-hidden />
          <span className="ellipsis grow">{part.name}</span>
        </h2>
        <Button look="quiet" icon={X} aria-label="Close" onClick={() => onChoose(null)} />
      </header>
      <div className="body stack">
        <div className="row">
          <Badge tone={health.tone}>{health.word}</Badge>
          <Badge>{part.type ? `${part.type} ${part.kind}` : part.kind}</Badge>
          <span className="faint small">line {part.line} of the file</span>
        </div>
        {part.trouble && (
          <Notice tone={part.stopped ? 'bad' : 'warn'} icon={OctagonAlert} title={part.trouble}>
            {part.kind === 'stream' && <Link to={lettersPath(part.name)}>Look at its dead letters</Link>}
          </Notice>
        )}
        {totalOf(part) !== null && <Numbers part={part} />}
        {law && (
          <div>
            <p className="label">{part.kind === 'stream' ? 'Stored rows: every record is accounted for' : 'Every record is accounted for'}</p>
            <p className="number small">{law}</p>
            {part.flow?.difference && <p className="small">{part.flow.difference}</p>}
          </div>
        )}
        {part.detail && <p className="small mono">{part.detail}</p>}
        {part.sql && (
          <div>
            <div className="row between">
              <p className="label">Definition</p>
              <CopyButton text={part.sql} />
            </div>
            <pre className="code" tabIndex={0} aria-label={`SQL of ${part.name}`}>
              {part.sql.trim()}
            </pre>
          </div>
        )}
        {part.columns && part.columns.length > 0 && <Columns part={part} />}
        <Neighbours title="Made from" ids={from} onChoose={onChoose} />
        <Neighbours title="Leads to" ids={to} onChoose={onChoose} />
        <div className="row">
          {path && (
            <Link className="button primary" to={path}>
              {part.kind === 'table' || part.kind === 'view' ? 'Query it' : 'Open'} <ArrowRight size={15} aria-hidden />
            </Link>
          )}
          {part.kind === 'stream' && (
            <Link className="button" to={sqlPath(selectOf(part.name))}>
              Query it
            </Link>
          )}
          {part.kind === 'stream' && (
            <Link className="button" to={lettersPath(part.name)}>
              Dead letters
            </Link>
          )}
        </div>
      </div>
    </aside>
  );
}

function Numbers({ part }: { part: GraphNode }) {
  return (
    <>
      <dl className="facts">
        {part.kind === 'source' && <Fact name="Accepted" value={count(part.accepted ?? 0)} />}
        {part.kind === 'source' && <Fact name="Refused" value={count(part.refused ?? 0)} />}
        {part.records !== undefined && <Fact name="Records" value={count(part.records)} />}
        {part.bytes !== undefined && <Fact name="In the log" value={bytes(part.bytes)} />}
        {part.partitions !== undefined && <Fact name="Partitions" value={count(part.partitions)} />}
        {part.kind !== 'stream' && part.flow && <Fact name="Read" value={count(part.flow.read)} />}
        {part.flow?.in_flight !== undefined && <Fact name="On the way" value={count(part.flow.in_flight)} />}
        {part.flow?.lag_seconds !== undefined && <Fact name="Behind" value={seconds(part.flow.lag_seconds)} />}
        <Fact name="Now" value={rate(history.rate(part.id))} />
      </dl>
      <figure>
        <figcaption className="label">Records a second, since this page is open</figcaption>
        <Sparkline samples={history.rates(part.id)} label={`Records a second of ${part.name}`} />
      </figure>
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Columns({ part }: { part: GraphNode }) {
  return (
    <details>
      <summary className="label">
        {part.columns!.length} columns
      </summary>
      <dl className="facts mono">
        {part.columns!.map((column) => (
          <Fact key={column.name} name={column.name} value={column.type} />
        ))}
      </dl>
    </details>
  );
}

function Neighbours({ title, ids, onChoose }: { title: string; ids: string[]; onChoose: (id: string) => void }) {
  if (ids.length === 0) return null;
  return (
    <div>
      <p className="label">{title}</p>
      <div className="row tight">
        {ids.map((id) => (
          <button key={id} type="button" className="chip" onClick={() => onChoose(id)}>
            {id.slice(id.indexOf('/') + 1)}
          </button>
        ))}
      </div>
    </div>
  );
}
