import { useQuery } from '@tanstack/react-query';
import { Tabs } from 'radix-ui';
import { Link, useParams, useSearchParams } from 'react-router';
import { get } from '../../api/client';
import { history, useGraph } from '../../api/graph';
import { lettersPath, selectOf, sqlPath } from '../../app/places';
import { useSession } from '../../app/session';
import { bytes, count, rate } from '../../lib/format';
import { Failure, Loading, PageHead, Stat, Stats } from '../../ui/parts';
import { LiveTab } from './LiveTab';
import { PostTab } from './PostTab';
import { RecordsTab } from './RecordsTab';
import { SchemaTab } from './SchemaTab';
import './streams.css';

export function StreamPage() {
  const { stream = '' } = useParams();
  const [search, setSearch] = useSearchParams();
  const session = useSession();
  const { data: graph } = useGraph();
  const description = useQuery({ queryKey: ['stream', stream], queryFn: ({ signal }) => get('/streams/{stream}', { path: { stream }, signal }) });
  const node = graph?.nodes.find((one) => one.kind === 'stream' && one.name === stream);
  const tab = search.get('tab') ?? 'live';
  return (
    <>
      <PageHead
        title={stream}
        text={
          <>
            <Link to="/console/streams">Streams</Link> / {stream}
          </>
        }
      >
        <Link className="button" to={sqlPath(selectOf(stream))}>
          Query it
        </Link>
        <Link className="button" to={lettersPath(stream)}>
          Dead letters
        </Link>
      </PageHead>
      {description.error && <Failure error={description.error} what={`The stream ${stream} cannot be shown`} />}
      {node && (
        <Stats>
          <Stat name="Records" value={count(node.records ?? 0)} />
          <Stat name="Coming in" value={rate(history.rate(node.id))} />
          <Stat name="Partitions" value={count(node.partitions ?? 0)} />
          <Stat name="In the log" value={bytes(node.bytes ?? 0)} />
          <Stat name="Key" value={description.data ? (description.data.key ?? 'none') : ''} />
        </Stats>
      )}
      {description.isLoading && <Loading />}
      {description.data && (
        <Tabs.Root value={tab} onValueChange={(value) => setSearch(value === 'live' ? {} : { tab: value }, { replace: true })} className="stack grow">
          <Tabs.List className="tabs" aria-label="Views of the stream">
            <Tabs.Trigger value="live">Live</Tabs.Trigger>
            <Tabs.Trigger value="records">Records</Tabs.Trigger>
            <Tabs.Trigger value="schema">Schema</Tabs.Trigger>
            {session.may('ingest') && <Tabs.Trigger value="post">Post a record</Tabs.Trigger>}
          </Tabs.List>
          <Tabs.Content value="live" tabIndex={-1}>
            <LiveTab stream={stream} partitions={description.data.partitions} />
          </Tabs.Content>
          <Tabs.Content value="records" tabIndex={-1}>
            <RecordsTab description={description.data} />
          </Tabs.Content>
          <Tabs.Content value="schema" tabIndex={-1}>
            <SchemaTab description={description.data} />
          </Tabs.Content>
          {session.may('ingest') && (
            <Tabs.Content value="post" tabIndex={-1}>
              <PostTab description={description.data} />
            </Tabs.Content>
          )}
        </Tabs.Root>
      )}
    </>
  );
}
