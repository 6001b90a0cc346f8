import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { CircleCheck } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { get } from '../../api/client';
import type { Letter, RedriveReport } from '../../api/types';
import { tracePath } from '../../app/places';
import { useSession } from '../../app/session';
import { ago, count } from '../../lib/format';
import { Badge, Button, Card, CopyButton, Empty, Failure, Loading, PageHead } from '../../ui/parts';
import { Repair, Result } from './Repair';
import { faultyRange, rawOf } from './raw';
import { useLetters } from './useLetters';
import './letters.css';

const PAGE = 100;

export function StreamLettersPage() {
  const { stream = '' } = useParams();
  const [search, setSearch] = useSearchParams();
  const session = useSession();
  const all = useLetters();
  const list = all.data?.streams.find((one) => one.stream === stream);
  const fault = search.get('fault') ?? list?.faults[0]?.id ?? '';
  const after = search.get('after') ?? '';
  const known = list?.faults.find((one) => one.id === fault);
  const page = useQuery({
    queryKey: ['letters', stream, fault, after],
    queryFn: ({ signal }) => get('/dlq/{stream}', { path: { stream }, query: { fault, limit: PAGE, after: after ? Number(after) : undefined }, signal }),
    enabled: known !== undefined,
    placeholderData: keepPreviousData,
  });
  const letters = known ? (page.data?.letters.filter((letter) => letter.fault_id === fault) ?? []) : [];
  const [chosen, setChosen] = useState<number | null>(null);
  useEffect(() => setChosen(null), [stream, fault, after]);
  // Kept here: with its last letters gone a fault is no longer known, and what became of them is still to be read.
  const [result, setResult] = useState<RedriveReport | null>(null);
  useEffect(() => setResult(null), [stream, fault]);
  const keepResult = (report: RedriveReport | null) => {
    setResult(report);
    // Named in the address, the fault stays the one that is looked at when it is no longer the first of the list.
    if (report && !search.has('fault')) setSearch({ fault }, { replace: true });
  };
  const letter = letters.find((one) => one.letter === chosen) ?? letters[0];
  return (
    <>
      <PageHead
        title={`Dead letters of ${stream}`}
        text={
          <>
            <Link to="/console/letters">Dead letters</Link> / {stream}
          </>
        }
      >
        {list && list.faults.length > 0 && (
          <select className="input inline fault-select" aria-label="Fault" value={fault} onChange={(event) => setSearch({ fault: event.target.value })}>
            {!known && <option value={fault}>put right</option>}
            {list.faults.map((one) => (
              <option key={one.id} value={one.id}>
                {one.fault} ({count(one.open)})
              </option>
            ))}
          </select>
        )}
      </PageHead>
      {all.error && !all.data && <Failure error={all.error} what="The dead letters cannot be shown" />}
      {page.error && known && <Failure error={page.error} what="The letters cannot be read" />}
      {!all.data && !all.error && <Loading />}
      {all.data && !known && result && <Result report={result} />}
      {all.data && !known && (
        <Empty icon={CircleCheck} title={result || list?.faults.length ? 'Nothing of this fault is left' : `${stream} has no dead letters`}>
          <p>{list?.faults.length ? 'What has been sent again was taken. Other faults of this stream are in the list above.' : 'Every record of this stream was taken.'}</p>
          <Link className="button" to="/console/letters">
            All dead letters
          </Link>
        </Empty>
      )}
      {known && (
        <>
          <div className="split letters">
            <Card
              title={known.fault}
              actions={
                <>
                  <Badge tone={known.open ? 'bad' : 'ok'}>{count(known.open)} open</Badge>
                  {known.pending > 0 && <Badge tone="warn">{count(known.pending)} sent again</Badge>}
                </>
              }
              flush
            >
              <ul className="letter-list" aria-label="Letters">
                {letters.map((one) => (
                  <li key={one.letter}>
                    <button type="button" aria-pressed={one.letter === letter?.letter} onClick={() => setChosen(one.letter)}>
                      <span className="number">{one.letter}</span>
                      <span className="ellipsis grow mono">{rawOf(one).text}</span>
                      <span className="faint">{ago(one.time)}</span>
                    </button>
                  </li>
                ))}
              </ul>
              {(after || page.data?.next != null) && (
                <div className="toolbar">
                  {after && <Button onClick={() => setSearch({ fault })}>From the oldest</Button>}
                  {page.data?.next != null && <Button onClick={() => setSearch({ fault, after: String(page.data!.next) })}>Later ones</Button>}
                </div>
              )}
            </Card>
            {letter && <LetterCard stream={stream} letter={letter} />}
          </div>
          {letter && session.may('admin') && <Repair key={fault} stream={stream} fault={known} letter={letter} result={result} onResult={keepResult} />}
          {letter && !session.may('admin') && <p className="muted small">Sending letters again takes a key with the role admin.</p>}
        </>
      )}
    </>
  );
}

function LetterCard({ stream, letter }: { stream: string; letter: Letter }) {
  const { text, isBinary } = rawOf(letter);
  const range = faultyRange(letter);
  return (
    <Card title={`Letter ${letter.letter}`} actions={<CopyButton text={text} />}>
      <div className="stack">
        <p>
          {letter.pointer && <code className="pointer">{letter.pointer}</code>} {letter.reason}
        </p>
        <pre className="code" tabIndex={0} aria-label={isBinary ? 'Bytes of the letter' : 'The letter as it came'}>
          {range ? (
            <>
              {text.slice(0, range.start)}
              <mark data-testid="faulty">{text.slice(range.start, range.end)}</mark>
              {text.slice(range.end)}
            </>
          ) : (
            text
          )}
        </pre>
        <dl className="facts">
          <dt>Came</dt>
          <dd>
            {letter.time.replace('T', ' ')} ({ago(letter.time)})
          </dd>
          <dt>Refused by</dt>
          <dd>{letter.materialization ? `${letter.stage} ${letter.materialization}` : letter.stage}</dd>
          {letter.source && (
            <>
              <dt>Brought by</dt>
              <dd>
                {letter.source}
                {letter.item && `, ${letter.item}`}
                {letter.line ? `, line ${letter.line}` : ''}
              </dd>
            </>
          )}
          {letter.request && (
            <>
              <dt>Request</dt>
              <dd className="mono">
                {letter.request}, record {letter.index}
              </dd>
            </>
          )}
          {letter.partition !== undefined && letter.offset !== undefined && (
            <>
              <dt>Place</dt>
              <dd>
                <Link to={tracePath(stream, letter.partition, letter.offset)}>
                  {letter.partition}:{letter.offset}
                </Link>
              </dd>
            </>
          )}
        </dl>
      </div>
    </Card>
  );
}
