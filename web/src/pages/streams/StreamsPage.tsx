import { Waves } from 'lucide-react';
import { Link } from 'react-router';
import { history, useGraph } from '../../api/graph';
import type { GraphNode } from '../../api/types';
import { lettersPath, streamPath } from '../../app/places';
import { bytes, count, rate } from '../../lib/format';
import { Badge, Empty, Failure, Live, Loading, PageHead } from '../../ui/parts';
import { Table } from '../../ui/Table';
import { healthOf } from '../pipeline/health';

export function StreamsPage() {
  const { data: graph, error, isError } = useGraph();
  const streams = graph?.nodes.filter((node) => node.kind === 'stream') ?? [];
  return (
    <>
      <PageHead title="Streams" text="What came in, in its order, as it came.">
        <Live at={graph ? new Date(graph.as_of) : null} state={isError ? 'waiting' : graph ? 'live' : 'connecting'} />
      </PageHead>
      {error && !graph && <Failure error={error} what="The streams cannot be shown" />}
      {!graph && !error && <Loading />}
      {graph && streams.length === 0 && (
        <Empty icon={Waves} title="No streams to show">
          <p>Your key is for none of the streams of this pipeline.</p>
        </Empty>
      )}
      {streams.length > 0 && (
        <Table
          label="Streams"
          className="card"
          rows={streams}
          keyOf={({ id }) => id}
          columns={[
            { title: 'Stream', cell: ({ name }) => <Link to={streamPath(name)}>{name}</Link> },
            { title: 'Health', cell: (stream) => <Health of={stream} /> },
            { title: 'Records', kind: 'numeric', cell: ({ records = 0 }) => count(records) },
            { title: 'Now', kind: 'numeric', cell: ({ id }) => rate(history.rate(id)) },
            { title: 'Partitions', kind: 'numeric', cell: ({ partitions = 0 }) => count(partitions) },
            { title: 'In the log', kind: 'numeric', cell: (stream) => bytes(stream.bytes ?? 0) },
            { title: 'Dead letters ever', kind: 'numeric', cell: ({ name, letters }) => (letters ? <Link to={lettersPath(name)}>{count(letters)}</Link> : '0') },
          ]}
        />
      )}
    </>
  );
}

function Health({ of: stream }: { of: GraphNode }) {
  const { tone, word } = healthOf(stream);
  return <Badge tone={tone}>{word}</Badge>;
}
