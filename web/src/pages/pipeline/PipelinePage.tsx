import { List, Workflow } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { history, useGraph } from '../../api/graph';
import type { Graph } from '../../api/types';
import { useSession } from '../../app/session';
import { count, rate } from '../../lib/format';
import { Empty, Failure, Live, Loading, PageHead, Stat, Stats } from '../../ui/parts';
import { Flow } from './Flow';
import { healthOf } from './health';
import { PartList } from './PartList';
import { PartPanel } from './PartPanel';
import './pipeline.css';

const NARROW = '(max-width: 700px)';

export function PipelinePage() {
  const session = useSession();
  const { data: graph, error, isError } = useGraph();
  const [search, setSearch] = useSearchParams();
  const [asList, setAsList] = useState(() => window.matchMedia(NARROW).matches);
  const chosen = search.get('part');
  const choose = (id: string | null) => setSearch(id ? { part: id } : {}, { replace: true });
  const part = graph?.nodes.find((node) => node.id === chosen);
  return (
    <>
      <PageHead title={session.pipeline} text={session.description || 'The parts of the pipeline, and what leads to what.'}>
        <Live at={graph ? new Date(graph.as_of) : null} state={isError ? 'waiting' : graph ? 'live' : 'connecting'} />
        <div className="segmented" role="group" aria-label="Shown as">
          <button type="button" aria-pressed={!asList} onClick={() => setAsList(false)}>
            <Workflow size={14} aria-hidden /> Graph
          </button>
          <button type="button" aria-pressed={asList} onClick={() => setAsList(true)}>
            <List size={14} aria-hidden /> List
          </button>
        </div>
      </PageHead>
      {error && !graph && <Failure error={error} what="The pipeline cannot be shown" />}
      {!graph && !error && <Loading />}
      {graph && <Summary graph={graph} />}
      {graph && graph.nodes.length === 0 && (
        <Empty icon={Workflow} title="Your key is for none of the parts of this pipeline">
          <p>Ask for a key that may read its streams, tables, collections or APIs.</p>
        </Empty>
      )}
      {graph && graph.nodes.length > 0 && (
        <div className={`pipeline ${part ? 'with-panel' : ''}`}>
          {asList ? (
            <PartList graph={graph} chosen={chosen} onChoose={choose} />
          ) : (
            <div className="card canvas" data-testid="graph">
              <Flow graph={graph} chosen={chosen} onChoose={choose} />
            </div>
          )}
          {part && <PartPanel graph={graph} part={part} onChoose={choose} />}
        </div>
      )}
    </>
  );
}

function Summary({ graph }: { graph: Graph }) {
  const streams = graph.nodes.filter((node) => node.kind === 'stream');
  const records = streams.reduce((sum, node) => sum + (node.records ?? 0), 0);
  const incoming = streams.reduce((sum, node) => sum + history.rate(node.id), 0);
  const inFlight = graph.nodes.reduce((sum, node) => sum + (node.flow?.in_flight ?? 0), 0);
  const letters = streams.reduce((sum, node) => sum + (node.letters ?? 0), 0);
  const sick = graph.nodes.filter((node) => healthOf(node).tone !== 'ok').length;
  const holds = graph.nodes.every((node) => node.flow?.holds !== false);
  return (
    <Stats>
      <Stat name="Records" value={<span data-testid="records">{count(records)}</span>} />
      <Stat name="Coming in" value={rate(incoming)} />
      <Stat name="On the way" value={count(inFlight)} />
      <Stat name="Dead letters ever" value={count(letters)} />
      <Stat name="Parts in trouble" value={count(sick)} small={`of ${graph.nodes.length}`} />
      <Stat name="All accounted for" value={holds ? 'yes' : 'no'} />
    </Stats>
  );
}
