import { useQuery } from '@tanstack/react-query';
import { ChevronLeft, ChevronRight, LogIn, RotateCw, Save } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link, useParams } from 'react-router';
import { get } from '../../api/client';
import type { Fate, Trace } from '../../api/types';
import { documentsPath, lettersPath, selectOf, sqlPath, streamPath, tracePath } from '../../app/places';
import { Badge, Failure, Loading, PageHead, type Tone } from '../../ui/parts';
import { KIND_ICONS } from '../../ui/kinds';
import { Json } from '../../ui/Json';
import { TraceStart } from './TraceStart';
import './trace.css';

const FATES: Record<Fate['fate'], { word: string; tone: Tone }> = {
  emitted: { word: 'taken in', tone: 'ok' },
  filtered: { word: 'filtered out', tone: 'plain' },
  dead_lettered: { word: 'refused', tone: 'bad' },
  in_flight: { word: 'on its way', tone: 'accent' },
  fails_now: { word: 'would be refused now', tone: 'warn' },
};

const EVERY_MS = 1000;

export function TracePage() {
  const { stream = '', partition = '', offset = '' } = useParams();
  const trace = useQuery({
    queryKey: ['trace', stream, partition, offset],
    queryFn: ({ signal }) => get('/trace/{stream}/{partition}/{offset}', { path: { stream, partition, offset }, signal }),
    // Until it has arrived everywhere.
    refetchInterval: (query) => (query.state.data?.materializations.some((one) => one.fate === 'in_flight') ? EVERY_MS : false),
  });
  return (
    <>
      <PageHead
        title={
          <>
            {stream} {partition}:{offset}
          </>
        }
        text="One record, from the door to everything that is made of it."
      >
        {Number(offset) > 0 && (
          <Link className="button" to={tracePath(stream, Number(partition), Number(offset) - 1)}>
            <ChevronLeft size={15} aria-hidden /> The one before
          </Link>
        )}
        <Link className="button" to={tracePath(stream, Number(partition), Number(offset) + 1)}>
          The next <ChevronRight size={15} aria-hidden />
        </Link>
      </PageHead>
      <TraceStart key={`${stream}/${partition}/${offset}`} stream={stream} partition={Number(partition)} offset={Number(offset)} />
      {trace.error && <Failure error={trace.error} what="The record cannot be traced" />}
      {trace.isLoading && <Loading />}
      {trace.data && <Way trace={trace.data} />}
    </>
  );
}

function Step({ icon: Icon, title, children }: { icon: typeof LogIn; title: ReactNode; children: ReactNode }) {
  return (
    <li className="step">
      <span className="step-mark">
        <Icon size={15} aria-hidden />
      </span>
      <div className="card">
        <header>
          <h2>{title}</h2>
        </header>
        <div className="body">{children}</div>
      </div>
    </li>
  );
}

function originOf({ from }: Trace): string {
  const place = from.line !== undefined ? `, line ${from.line}` : from.row !== undefined ? `, row ${from.row}` : from.byte !== undefined ? `, byte ${from.byte}` : '';
  if (from.request) return `Record ${from.record ?? 0} of request ${from.request}${from.client ? ` by ${from.client}` : ''}`;
  return from.item ? `${from.item}${place}` : from.name ? 'Its source has no places to note' : 'No note was kept of where it came from';
}

function Way({ trace }: { trace: Trace }) {
  let record: unknown = trace.record;
  try {
    record = JSON.parse(trace.record);
  } catch {
    // It is shown as the text it is.
  }
  return (
    <ol className="way">
      <Step icon={LogIn} title={`Came in by ${trace.from.kind === 'unknown' ? 'an older version' : `${trace.from.kind} ${trace.from.name}`}`}>
        <p className="small">{originOf(trace)}</p>
        <p className="muted small">{trace.received.replace('T', ' ')}</p>
      </Step>
      {trace.sent_again && (
        <Step icon={RotateCw} title={`Was refused as letter ${trace.sent_again.letter}, put right and sent again`}>
          <p className="small">{trace.sent_again.reason}</p>
          <Link to={lettersPath(trace.stream)}>Dead letters of {trace.stream}</Link>
        </Step>
      )}
      <Step
        icon={Save}
        title={
          <>
            Durable in the log of <Link to={streamPath(trace.stream)}>{trace.stream}</Link>
          </>
        }
      >
        <div className="stack">
          <dl className="facts">
            <dt>Place</dt>
            <dd>
              partition {trace.partition}, offset {trace.offset}, number {trace.seq}
            </dd>
            <dt>Key</dt>
            <dd className="mono">{trace.key ?? 'none'}</dd>
            <dt>File</dt>
            <dd className="mono">
              {trace.file}, byte {trace.byte}
            </dd>
          </dl>
          <Json value={record} label="The record" />
        </div>
      </Step>
      {trace.materializations.map((fate) => (
        <MadeOf key={`${fate.kind} ${fate.name}`} fate={fate} stream={trace.stream} />
      ))}
    </ol>
  );
}

function MadeOf({ fate, stream }: { fate: Fate; stream: string }) {
  const { word, tone } = FATES[fate.fate] ?? { word: fate.fate, tone: 'plain' };
  const kind = fate.kind === 'rows' ? 'stream' : fate.kind === 'collection' ? 'collection' : fate.kind === 'table' ? 'table' : 'lake';
  const name = fate.kind === 'rows' ? `Stored rows of ${fate.name}` : `${fate.kind} ${fate.name}`;
  return (
    <Step
      icon={KIND_ICONS[kind]}
      title={
        <span className="row tight">
          {name} <Badge tone={tone}>{word}</Badge>
        </span>
      }
    >
      <div className="stack">
        {fate.reason && <p className="small">{fate.reason}</p>}
        {fate.commit && (
          <p className="muted small number">
            in commit {fate.commit.number}, {fate.commit.time.replace('T', ' ')}
          </p>
        )}
        <div className="row">
          {fate.keys?.map((key) => (
            <Link key={key} className="chip" to={`${documentsPath(fate.name)}/${encodeURIComponent(key)}`}>
              {key}
            </Link>
          ))}
          {fate.fate === 'dead_lettered' && <Link to={lettersPath(stream)}>Put it right</Link>}
          {(fate.kind === 'table' || fate.kind === 'rows') && fate.fate === 'emitted' && <Link to={sqlPath(selectOf(fate.name))}>Query {fate.name}</Link>}
        </div>
      </div>
    </Step>
  );
}
