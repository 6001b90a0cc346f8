// What one part of the pipeline is, how it is defined, and its numbers over time.
import { ArrowRight, OctagonAlert, X } from 'lucide-react';
import { Link } from 'react-router';
import type { Graph, GraphNode } from '../../api/types';
import { lettersPath, pathOf, selectOf, sqlPath } from '../../app/places';
import { plural } from '../../lib/format';
import { usePanel } from '../../ui/focus';
import { Badge, Button, Notice } from '../../ui/parts';
import { KIND_ICONS } from '../../ui/kinds';
import { Definition } from './Definition';
import { conservationOf, healthOf } from './health';
import { PartNumbers, usePart } from './PartNumbers';

export function PartPanel({ graph, part, onChoose }: { graph: Graph; part: GraphNode; onChoose: (id: string | null) => void }) {
  const Icon = KIND_ICONS[part.kind];
  const health = healthOf(part);
  const law = conservationOf(part);
  const told = usePart(part);
  const from = graph.edges.filter((edge) => edge.to === part.id).map((edge) => edge.from);
  const letters = lettersOf(part, from);
  const panel = usePanel(part.id, () => onChoose(null));
  const to = graph.edges.filter((edge) => edge.from === part.id).map((edge) => edge.to);
  return (
    <aside className="card panel" aria-label={`${part.kind} ${part.name}`} {...panel.props}>
      <header>
        <h2 className="row tight grow">
          <Icon size={16} aria-hidden />
          <span className="ellipsis grow">{part.name}</span>
        </h2>
        <Button look="quiet" icon={X} aria-label="Close" onClick={panel.close} />
      </header>
      <div className="body stack">
        <div className="row">
          <Badge tone={health.tone}>{health.word}</Badge>
          <Badge>{part.type ? `${part.type} ${part.kind}` : part.kind}</Badge>
          <span className="faint small">line {part.line} of the file</span>
        </div>
        {part.trouble && <Notice tone={part.stopped ? 'bad' : 'warn'} icon={OctagonAlert} title={part.trouble} />}
        {letters && (
          <Notice tone="bad" icon={OctagonAlert} title={`${plural(part.open_letters ?? part.door_letters ?? 0, 'record was', 'records were')} refused`}>
            <Link to={lettersPath(letters)}>See why, and send them again</Link>
          </Notice>
        )}
        <Actions part={part} />
        <PartNumbers part={part} told={told.data} />
        {law && (
          <div>
            <p className="label">{part.kind === 'stream' ? 'Stored rows: every record is accounted for' : 'Every record is accounted for'}</p>
            <p className="number small">{law}</p>
            {part.flow?.difference && <p className="small">{part.flow.difference}</p>}
          </div>
        )}
        {part.detail && <p className="small mono breaks">{part.detail}</p>}
        <Definition part={part} />
        {part.columns && part.columns.length > 0 && <Columns part={part} />}
        <Neighbours title="Made from" ids={from} onChoose={onChoose} />
        <Neighbours title="Leads to" ids={to} onChoose={onChoose} />
      </div>
    </aside>
  );
}

/** The stream at whose dead letters one finds what this part refused; null: nothing is open. */
function lettersOf(part: GraphNode, from: string[]): string | null {
  if (!part.open_letters) return null;
  if (part.kind === 'stream') return part.name;
  return from.find((id) => id.startsWith('stream/'))?.slice('stream/'.length) ?? null;
}

function Actions({ part }: { part: GraphNode }) {
  const path = pathOf(part);
  const titles: Partial<Record<GraphNode['kind'], string>> = { table: 'Query it', view: 'Query it', job: 'Its runs', export: 'Runs of its job', alert: 'Alerts' };
  return (
    <div className="row">
      {path && (
        <Link className="button primary" to={path}>
          {titles[part.kind] ?? 'Open'} <ArrowRight size={15} aria-hidden />
        </Link>
      )}
      {part.kind === 'stream' && (
        <>
          <Link className="button" to={sqlPath(selectOf(part.name))}>
            Query it
          </Link>
          <Link className="button" to={lettersPath(part.name)}>
            Dead letters
          </Link>
        </>
      )}
      {part.kind === 'api' && part.detail?.startsWith('GET ') && part.sql && (
        <Link className="button" to={sqlPath(part.sql.trim())}>
          Its query in SQL
        </Link>
      )}
    </div>
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
          <div key={column.name}>
            <dt>{column.name}</dt>
            <dd>{column.type}</dd>
          </div>
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
