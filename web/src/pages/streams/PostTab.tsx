// A record written by hand: what the schema says of it while it is written, then sent.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { CircleCheck, OctagonAlert, Send } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { ApiError, key, send } from '../../api/client';
import type { Appended, Refusal, StreamDescription } from '../../api/types';
import { lettersPath, tracePath } from '../../app/places';
import { plural } from '../../lib/format';
import { curlOf, sampleOf } from '../../lib/sample';
import { usePaused } from '../../lib/usePaused';
import { markOfBroken, marksOf, whyNoJson } from '../../lib/verdict';
import { Editor } from '../../ui/Editor';
import { Button, Card, CopyButton, Failure, Notice } from '../../ui/parts';

const HAS_VERDICT = new Set([200, 207, 422]);
// So long nothing is typed before the schema is asked.
const PAUSE_MS = 250;

async function append(stream: string, body: string, dryRun: boolean, signal?: AbortSignal): Promise<Appended> {
  const address = `/streams/${encodeURIComponent(stream)}${dryRun ? '?dry_run=true' : ''}`;
  const response = await send(address, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body, signal }, (status) => HAS_VERDICT.has(status));
  return (await response.json()) as Appended;
}

const wordsOf = ({ pointer, reason, expected, found }: Refusal): string => `${pointer || 'The record'}: ${reason || `expected ${expected}, found ${found}`}`;

export function PostTab({ description }: { description: StreamDescription }) {
  const stream = description.name;
  const [text, setText] = useState(() => JSON.stringify(sampleOf(description.schema), null, 2));
  const [answer, setAnswer] = useState<Appended | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const asked = usePaused(text, PAUSE_MS);
  const foreseen = useQuery({
    queryKey: ['verdict', stream, asked],
    queryFn: ({ signal }) => append(stream, asked, true, signal),
    enabled: whyNoJson(asked) === '',
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: Infinity,
    gcTime: 0,
  });
  const broken = useMemo(() => whyNoJson(text), [text]);
  const isJson = broken === '';
  const isKnown = text === asked && !foreseen.isFetching;
  const marks = useMemo(() => {
    if (broken) return [markOfBroken(text, broken)];
    return isKnown ? marksOf(text, foreseen.data?.errors ?? []) : [];
  }, [broken, isKnown, foreseen.data, text]);
  const submit = async (now = text) => {
    setBusy(true);
    setError(null);
    setAnswer(null);
    try {
      setAnswer(await append(stream, now, false));
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const compact = isJson ? JSON.stringify(JSON.parse(text)) : text;
  return (
    <div className="split two">
      <Card
        title="A record, or a list of them"
        actions={<CopyButton text={curlOf('POST', `${window.location.origin}/streams/${stream}`, compact, key.get() !== '')} label="Copy as curl" />}
      >
        <div className="stack">
          <Editor className="record-editor" label="JSON of the record" language="yaml" value={text} onChange={setText} onRun={(now) => whyNoJson(now) === '' && void submit(now)} marks={marks} />
          <Foreseen verdict={foreseen.data} problem={broken || (foreseen.error instanceof ApiError ? foreseen.error.message : '')} isKnown={broken !== '' || isKnown} />
          <div className="row">
            <Button look="primary" icon={Send} disabled={busy || !isJson} onClick={() => void submit()}>
              {busy ? 'Sending' : 'Send'}
            </Button>
            <Button onClick={() => setText(JSON.stringify(sampleOf(description.schema), null, 2))}>Begin again</Button>
          </div>
        </div>
      </Card>
      <div className="stack">
        {error instanceof ApiError && <Failure error={error} what="It was not taken" />}
        {answer && <Verdict stream={stream} answer={answer} />}
        <Card title="What the schema wants">
          <dl className="facts mono">
            {Object.entries(description.schema).map(([name, type]) => (
              <div key={name} className="contents">
                <dt>{name}</dt>
                <dd>{type}</dd>
              </div>
            ))}
          </dl>
        </Card>
      </div>
    </div>
  );
}

/** What would become of it, by a dry run: nothing of it is kept. */
function Foreseen({ verdict, problem, isKnown }: { verdict: Appended | undefined; problem: string; isKnown: boolean }) {
  const refused = verdict?.rejected ?? 0;
  const all = refused + (verdict?.accepted ?? 0);
  const isGood = !problem && refused === 0;
  const Icon = isGood ? CircleCheck : OctagonAlert;
  if (!problem && !verdict) return null;
  return (
    <div role="status" aria-busy={!isKnown} className="foreseen small" data-testid="verdict" data-known={isKnown || undefined}>
      <p className={`row tight ${isGood ? 'ok-text' : 'bad-text'}`}>
        <Icon size={15} aria-hidden />
        <strong>{problem || (isGood ? (all === 1 ? 'The schema takes it' : `The schema takes all ${all}`) : all === 1 ? 'The schema refuses it' : `${plural(refused, 'record')} of ${all} refused`)}</strong>
      </p>
      {!problem && (
        <ul>
          {verdict!.errors.map((refusal, i) => (
            <li key={i}>
              {all > 1 && <span className="faint">record {refusal.record} </span>}
              {wordsOf(refusal)}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Verdict({ stream, answer }: { stream: string; answer: Appended }) {
  const first = answer.offsets[0];
  return (
    <>
      {answer.accepted > 0 && first && (
        <Notice tone="ok" icon={CircleCheck} title={answer.accepted === 1 ? 'Accepted, and on disk' : `${answer.accepted} accepted, and on disk`}>
          At {first.partition}:{first.first}. <Link to={tracePath(stream, first.partition, first.first)}>Follow it through the pipeline</Link>
        </Notice>
      )}
      {answer.errors.map((refusal) => (
        <Notice key={`${refusal.record}${refusal.pointer}`} tone="bad" icon={OctagonAlert} title={wordsOf(refusal)}>
          It was refused and is kept with the <Link to={lettersPath(stream)}>dead letters</Link>.
        </Notice>
      ))}
    </>
  );
}
