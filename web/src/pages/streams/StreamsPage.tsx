import { Waves } from 'lucide-react';
import { Link } from 'react-router';
import { history, useGraph } from '../../api/graph';
import { lettersPath, streamPath } from '../../app/places';
import { bytes, count, rate } from '../../lib/format';
import { Badge, Empty, Failure, Live, Loading, PageHead } from '../../ui/parts';
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
        <div className="card table-wrap" tabIndex={0} role="region" aria-label="Streams">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Stream</th>
                <th scope="col">Health</th>
                <th scope="col" className="num">
                  Records
                </th>
                <th scope="col" className="num">
                  Now
                </th>
                <th scope="col" className="num">
                  Partitions
                </th>
                <th scope="col" className="num">
                  In the log
                </th>
                <th scope="col" className="num">
                  Dead letters ever
                </th>
              </tr>
            </thead>
            <tbody>
              {streams.map((stream) => {
                const health = healthOf(stream);
                return (
                  <tr key={stream.id}>
                    <td>
                      <Link to={streamPath(stream.name)}>{stream.name}</Link>
                    </td>
                    <td>
                      <Badge tone={health.tone}>{health.word}</Badge>
                    </td>
                    <td className="num">{count(stream.records ?? 0)}</td>
                    <td className="num">{rate(history.rate(stream.id))}</td>
                    <td className="num">{count(stream.partitions ?? 0)}</td>
                    <td className="num">{bytes(stream.bytes ?? 0)}</td>
                    <td className="num">{stream.letters ? <Link to={lettersPath(stream.name)}>{count(stream.letters)}</Link> : '0'}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
