import { Crosshair } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { useNavigate } from 'react-router';
import { useGraph } from '../../api/graph';
import { tracePath } from '../../app/places';
import { Button, Card, Empty, PageHead } from '../../ui/parts';

/** Asks for the place of a record. */
export function TraceStart({ stream: first, partition: given = 0, offset: at = 0 }: { stream?: string; partition?: number; offset?: number }) {
  const { data: graph } = useGraph();
  const navigate = useNavigate();
  const streams = graph?.nodes.filter((node) => node.kind === 'stream') ?? [];
  const [stream, setStream] = useState(first ?? '');
  const [partition, setPartition] = useState(given);
  const [offset, setOffset] = useState(at);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const name = stream || streams[0]?.name;
    if (name) void navigate(tracePath(name, partition, offset));
  };
  return (
    <Card>
      <form className="row" onSubmit={submit}>
        <div className="field">
          <label htmlFor="trace-stream">Stream</label>
          <select id="trace-stream" className="input inline" value={stream} onChange={(event) => setStream(event.target.value)}>
            {streams.map((node) => (
              <option key={node.id}>{node.name}</option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor="trace-partition">Partition</label>
          <input id="trace-partition" className="input offset" type="number" min={0} value={partition} onChange={(event) => setPartition(Number(event.target.value))} />
        </div>
        <div className="field">
          <label htmlFor="trace-offset">Offset</label>
          <input id="trace-offset" className="input offset" type="number" min={0} value={offset} onChange={(event) => setOffset(Number(event.target.value))} />
        </div>
        <Button type="submit" look="primary" icon={Crosshair}>
          Trace
        </Button>
      </form>
    </Card>
  );
}

export function TraceStartPage() {
  return (
    <>
      <PageHead title="Trace" text="One record, from the door to everything that is made of it." />
      <TraceStart />
      <Empty icon={Crosshair} title="Which record?">
        <p>Every answer to an append names the partition and the offset of its records. In a stream, choose a record and press "Trace it".</p>
      </Empty>
    </>
  );
}
