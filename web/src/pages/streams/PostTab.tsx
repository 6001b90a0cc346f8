// A record written by hand: what the schema says of it, then sent.
import { CircleCheck, OctagonAlert, Send } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { ApiError, key, send } from '../../api/client';
import type { Appended, StreamDescription } from '../../api/types';
import { lettersPath, tracePath } from '../../app/places';
import { curlOf, sampleOf } from '../../lib/sample';
import { Button, Card, CopyButton, Failure, Notice } from '../../ui/parts';

const HAS_VERDICT = new Set([200, 207, 422]);

async function append(stream: string, body: string): Promise<Appended> {
  const response = await send(`/streams/${encodeURIComponent(stream)}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }, (status) => HAS_VERDICT.has(status));
  return (await response.json()) as Appended;
}

/** Why it is no JSON; empty when it is. */
function whyNoJson(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export function PostTab({ description }: { description: StreamDescription }) {
  const stream = description.name;
  const [text, setText] = useState(() => JSON.stringify(sampleOf(description.schema), null, 2));
  const [answer, setAnswer] = useState<Appended | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const fault = whyNoJson(text);
  const submit = async () => {
    setBusy(true);
    setError(null);
    setAnswer(null);
    try {
      setAnswer(await append(stream, text));
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const compact = fault ? text : JSON.stringify(JSON.parse(text));
  return (
    <div className="split two">
      <Card
        title="A record, or a list of them"
        actions={<CopyButton text={curlOf('POST', `${window.location.origin}/streams/${stream}`, compact, key.get() !== '')} label="Copy as curl" />}
      >
        <div className="stack">
          <textarea className="input" aria-label="JSON of the record" rows={14} spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} aria-invalid={fault !== ''} />
          {fault && (
            <p className="small bad-text" role="status">
              {fault}
            </p>
          )}
          <div className="row">
            <Button look="primary" icon={Send} disabled={busy || fault !== ''} onClick={() => void submit()}>
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
        <Notice key={`${refusal.record}${refusal.pointer}`} tone="bad" icon={OctagonAlert} title={`${refusal.pointer ?? 'The record'}: ${refusal.reason ?? `expected ${refusal.expected}, found ${refusal.found}`}`}>
          It was refused and is kept with the <Link to={lettersPath(stream)}>dead letters</Link>.
        </Notice>
      ))}
    </>
  );
}
