import { Pause, Play, Waves } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { Partition } from '../../api/types';
import { count, plural } from '../../lib/format';
import { parseFilter, passes } from '../../lib/filter';
import { Button, Empty, Failure, Live } from '../../ui/parts';
import { RecordPanel } from './RecordPanel';
import { placeOf, RecordTable } from './RecordTable';
import { KEPT_MAX, useTail, type TailRecord } from './useTail';

export function LiveTab({ stream, partitions }: { stream: string; partitions: Partition[] }) {
  const [paused, setPaused] = useState(false);
  const [input, setInput] = useState('');
  const [chosen, setChosen] = useState<TailRecord | null>(null);
  const tail = useTail(stream, partitions, paused);
  const shown = useMemo(() => {
    const filter = parseFilter(input);
    return tail.records.filter((record) => passes(filter, record.value, record.key));
  }, [tail.records, input]);
  if (tail.error && tail.error.status >= 400 && tail.error.status < 500) return <Failure error={tail.error} what="The stream cannot be followed" />;
  return (
    <div className={`split ${chosen ? 'two' : ''}`}>
      <section className="card records-card">
        <div className="toolbar">
          <Button icon={paused ? Play : Pause} onClick={() => setPaused(!paused)}>
            {paused ? 'Go on' : 'Pause'}
          </Button>
          <input className="input" type="search" aria-label="Filter" placeholder="Text, or field=value, or key=value" value={input} onChange={(event) => setInput(event.target.value)} />
          <span className="muted small number" data-testid="tail-count">
            {input ? `${count(shown.length)} of ${plural(tail.records.length, 'record')}` : plural(tail.seen, 'record')}
            {tail.seen > KEPT_MAX && !input && `, the last ${count(KEPT_MAX)} shown`}
            {tail.missed > 0 && `, ${count(tail.missed)} left out`}
          </span>
          <span className="grow" />
          <Live at={tail.at} state={paused ? 'paused' : tail.state} />
        </div>
        {shown.length > 0 ? (
          <RecordTable records={shown} chosen={chosen && placeOf(chosen)} onChoose={setChosen} label="Newest records first" isMoving={!paused} />
        ) : tail.records.length > 0 ? (
          <Empty icon={Waves} title="None of these records passes the filter">
            <Button onClick={() => setInput('')}>Show all</Button>
          </Empty>
        ) : (
          <Empty icon={Waves} title="Waiting for records">
            <p>Nothing has come into this stream yet. Post one by hand, or from a shell:</p>
            <pre className="code">{`curl ${window.location.origin}/streams/${stream} -d '{...}'`}</pre>
          </Empty>
        )}
      </section>
      {chosen && (
        <RecordPanel
          stream={stream}
          record={chosen}
          onFollow={(key) => setInput(`key=${key}`)}
          onClose={() => setChosen(null)}
        />
      )}
    </div>
  );
}
