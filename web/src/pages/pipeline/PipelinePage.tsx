import { List, Workflow } from 'lucide-react';
import { useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { Link, useSearchParams } from 'react-router';
import { history, useGraph } from '../../api/graph';
import type { Graph, GraphNode } from '../../api/types';
import { useSession } from '../../app/session';
import { count, plural, rate } from '../../lib/format';
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
  const [text, setText] = useState('');
  const found = useMemo(() => foundIn(graph?.nodes ?? [], text), [graph, text]);
  return (
    <>
      <PageHead title={session.pipeline} text={session.description || 'The parts of the pipeline, and what leads to what.'}>
        <Live at={graph ? new Date(graph.as_of) : null} state={isError ? 'waiting' : graph ? 'live' : 'connecting'} />
        <Finder text={text} found={found} onText={setText} onChoose={choose} />
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
            <PartList parts={found ? graph.nodes.filter((node) => found.has(node.id)) : graph.nodes} chosen={chosen} onChoose={choose} />
          ) : (
            <div className="card canvas" data-testid="graph">
              <Flow graph={graph} chosen={chosen} onChoose={choose} found={found} />
            </div>
          )}
          {part && <PartPanel graph={graph} part={part} onChoose={choose} />}
        </div>
      )}
    </>
  );
}

/** Null: nothing is looked for. */
function foundIn(parts: GraphNode[], text: string): Set<string> | null {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return null;
  return new Set(parts.filter((part) => part.id.toLowerCase().includes(wanted)).map((part) => part.id));
}

interface FinderProps {
  text: string;
  found: Set<string> | null;
  onText: (text: string) => void;
  onChoose: (id: string) => void;
}

/** Enter goes to the first part that is found, and on to the next. */
function Finder({ text, found, onText, onChoose }: FinderProps) {
  const at = useRef(0);
  const ids = [...(found ?? [])];
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onText('');
    if (event.key !== 'Enter' || ids.length === 0) return;
    event.preventDefault();
    onChoose(ids[at.current % ids.length]!);
    at.current += 1;
  };
  return (
    <div className="finder">
      <input
        className="input"
        type="search"
        aria-label="Find a part"
        placeholder="Find a part"
        value={text}
        onKeyDown={onKey}
        onChange={(event) => {
          at.current = 0;
          onText(event.target.value);
        }}
      />
      <span className="visually-hidden" role="status">
        {found ? plural(found.size, 'part') : ''}
      </span>
    </div>
  );
}

function Summary({ graph }: { graph: Graph }) {
  const streams = graph.nodes.filter((node) => node.kind === 'stream');
  const records = streams.reduce((sum, node) => sum + (node.records ?? 0), 0);
  const incoming = streams.reduce((sum, node) => sum + history.rate(node.id), 0);
  const inFlight = graph.nodes.reduce((sum, node) => sum + (node.flow?.in_flight ?? 0), 0);
  const letters = streams.reduce((sum, node) => sum + (node.open_letters ?? 0), 0);
  const ever = streams.reduce((sum, node) => sum + (node.letters ?? 0), 0);
  const sick = graph.nodes.filter((node) => healthOf(node).tone !== 'ok').length;
  const holds = graph.nodes.every((node) => node.flow?.holds !== false);
  return (
    <Stats>
      <Stat name="Records" value={<span data-testid="records">{count(records)}</span>} />
      <Stat name="Coming in" value={rate(incoming)} />
      <Stat name="On the way" value={count(inFlight)} />
      <Stat name="Dead letters" value={letters > 0 ? <Link to="/console/letters" className="bad-text">{count(letters)} open</Link> : 'none open'} small={ever > 0 ? `${count(ever)} ever` : undefined} />
      <Stat name="Parts in trouble" value={count(sick)} small={`of ${graph.nodes.length}`} />
      <Stat name="All accounted for" value={holds ? 'yes' : 'no'} />
    </Stats>
  );
}
