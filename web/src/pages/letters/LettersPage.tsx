import { CircleCheck } from 'lucide-react';
import { Link } from 'react-router';
import type { Fault, FaultList } from '../../api/types';
import { lettersPath } from '../../app/places';
import { ago, count, plural } from '../../lib/format';
import { Badge, Card, Empty, Failure, Live, Loading, PageHead } from '../../ui/parts';
import { Table, type TableColumn } from '../../ui/Table';
import { rawOf } from './raw';
import { useLetters } from './useLetters';
import './letters.css';

export function LettersPage() {
  const { data, error, isError, dataUpdatedAt } = useLetters();
  const streams = data?.streams.filter((stream) => stream.open + stream.pending > 0) ?? [];
  const open = streams.reduce((sum, stream) => sum + stream.open, 0);
  return (
    <>
      <PageHead title="Dead letters" text="What was refused, kept with its bytes until somebody puts it right.">
        {open > 0 && <Badge tone="bad">{plural(open, 'open letter')}</Badge>}
        <Live at={data ? new Date(dataUpdatedAt) : null} state={isError ? 'waiting' : data ? 'live' : 'connecting'} />
      </PageHead>
      {error && !data && <Failure error={error} what="The dead letters cannot be shown" />}
      {!data && !error && <Loading />}
      {data && streams.length === 0 && (
        <Empty icon={CircleCheck} title="Nothing was refused">
          <p>Every record that came fits the schema of its stream and the SQL of what is made from it. What does not will be kept here, and can be sent again.</p>
        </Empty>
      )}
      {streams.map((stream) => (
        <Faults key={stream.stream} list={stream} />
      ))}
    </>
  );
}

const COLUMNS: TableColumn<Fault & { stream: string }>[] = [
  { title: 'Fault', kind: 'wrap', cell: ({ stream, id, fault }) => <Link className="fault" to={`${lettersPath(stream)}?fault=${id}`}>{fault}</Link> },
  { title: 'Refused by', cell: ({ stage, materialization }) => (materialization ? `${stage} ${materialization}` : stage) },
  {
    title: 'Letters',
    kind: 'numeric',
    cell: ({ open, pending }) => (
      <>
        {count(open)}
        {pending > 0 && <span className="faint"> +{count(pending)}</span>}
      </>
    ),
  },
  { title: 'Last', kind: 'number', cell: ({ last }) => ago(last) },
  { title: 'The newest', cell: ({ example }) => <code className="snippet ellipsis">{rawOf(example).text}</code> },
];

function Faults({ list }: { list: FaultList }) {
  return (
    <Card
      title={<Link to={lettersPath(list.stream)}>{list.stream}</Link>}
      actions={
        <span className="muted small number">
          {plural(list.open, 'open letter')}
          {list.pending > 0 && `, ${count(list.pending)} sent again`}
        </span>
      }
      flush
    >
      <Table label={`Faults of ${list.stream}`} columns={COLUMNS} rows={list.faults.map((fault) => ({ ...fault, stream: list.stream }))} keyOf={({ id }) => id} />
      {list.untracked ? <p className="muted small note">{count(list.untracked)} more are kept and not counted one by one: the limit is in docs/limits.md.</p> : null}
    </Card>
  );
}
