import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { FileJson, Search } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { addressOf, ApiError, send } from '../../api/client';
import { useGraph } from '../../api/graph';
import { parseExact } from '../../api/json';
import type { DocumentPage, GraphNode } from '../../api/types';
import { documentsPath } from '../../app/places';
import { conservationOf } from '../pipeline/health';
import { count } from '../../lib/format';
import { Json } from '../../ui/Json';
import { Button, Card, CopyButton, Empty, Failure, Loading, PageHead, Stat, Stats } from '../../ui/parts';
import './documents.css';

const PAGE = 50;

async function documentsOf(collection: string, query: Record<string, string | number>, signal: AbortSignal): Promise<DocumentPage> {
  const response = await send(addressOf('/collections/{collection}', { collection }, query), { signal });
  return parseExact(await response.text()) as DocumentPage;
}

async function documentOf(collection: string, key: string, signal: AbortSignal): Promise<unknown> {
  const response = await send(addressOf('/collections/{collection}/{key}', { collection, key }), { signal });
  return parseExact(await response.text());
}

export function CollectionPage() {
  const { collection = '', key = '' } = useParams();
  const [search, setSearch] = useSearchParams();
  const navigate = useNavigate();
  const { data: graph } = useGraph();
  const collections = graph?.nodes.filter((node) => node.kind === 'collection') ?? [];
  const node = collections.find((one) => one.name === collection);
  const query = Object.fromEntries(search);
  const page = useQuery({
    queryKey: ['documents', collection, query],
    queryFn: ({ signal }) => documentsOf(collection, { ...query, limit: PAGE }, signal),
    placeholderData: keepPreviousData,
  });
  const open = (name: string) => `${documentsPath(collection)}/${encodeURIComponent(name)}${search.size ? `?${search}` : ''}`;
  return (
    <>
      <PageHead title={collection} text="JSON documents by key, merged from records.">
        {collections.length > 1 && (
          <select className="input inline" aria-label="Collection" value={collection} onChange={(event) => void navigate(documentsPath(event.target.value))}>
            {collections.map((one) => (
              <option key={one.id}>{one.name}</option>
            ))}
          </select>
        )}
      </PageHead>
      {node?.flow && (
        <Stats>
          <Stat name="Records read" value={count(node.flow.read)} />
          <Stat name="On the way" value={count(node.flow.in_flight ?? 0)} />
          <Stat name="Every record" value={<span className="small">{conservationOf(node)}</span>} />
        </Stats>
      )}
      <div className="split documents">
        <section className="card">
          <Finder node={node} query={query} onKey={(text) => void navigate(open(text))} onField={(field, value) => setSearch(field && value ? { [field]: value } : {})} />
          {page.error && <Failure error={page.error} what="The documents cannot be shown" />}
          {page.isLoading && <Loading />}
          {page.data?.documents.length === 0 && (
            <Empty icon={FileJson} title="No documents">
              <p>{search.size ? 'None has this value.' : 'They appear as records come.'}</p>
            </Empty>
          )}
          <ul className="document-list" aria-label="Documents">
            {page.data?.documents.map((one) => (
              <li key={one.key}>
                <Link to={open(one.key)} aria-current={one.key === key ? 'true' : undefined}>
                  <span className="mono">{one.key}</span>
                  <code className="faint ellipsis">{JSON.stringify(one.document)}</code>
                </Link>
              </li>
            ))}
          </ul>
          {(query.after || page.data?.next) && (
            <div className="toolbar">
              {query.after && <Button onClick={() => setSearch(Object.fromEntries(Object.entries(query).filter(([name]) => name !== 'after')))}>From the first</Button>}
              {page.data?.next && <Button onClick={() => setSearch({ ...query, after: page.data!.next! })}>More</Button>}
            </div>
          )}
        </section>
        {key ? (
          <Document key={key} collection={collection} name={key} />
        ) : (
          <Empty icon={FileJson} title="Choose a document">
            <p>By its key above, or from the list.</p>
          </Empty>
        )}
      </div>
    </>
  );
}

function Finder({ node, query, onKey, onField }: { node?: GraphNode; query: Record<string, string>; onKey: (key: string) => void; onField: (field: string, value: string) => void }) {
  const fields = node?.index ?? [];
  const given = fields.find((field) => query[field] !== undefined);
  const [by, setBy] = useState(given ?? '');
  const [text, setText] = useState(given ? query[given]! : '');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (by) onField(by, text.trim());
    else if (text.trim()) onKey(text.trim());
  };
  return (
    <form className="toolbar" onSubmit={submit}>
      <select className="input inline" aria-label="Find by" value={by} onChange={(event) => setBy(event.target.value)}>
        <option value="">key</option>
        {fields.map((field) => (
          <option key={field}>{field}</option>
        ))}
      </select>
      <input className="input" aria-label={by ? `Value of ${by}` : 'Key'} value={text} onChange={(event) => setText(event.target.value)} placeholder={by ? `value of ${by}` : 'key of a document'} />
      <Button type="submit" icon={Search}>
        Find
      </Button>
      {given && (
        <Button
          look="quiet"
          onClick={() => {
            setText('');
            onField('', '');
          }}
        >
          Show all
        </Button>
      )}
    </form>
  );
}

function Document({ collection, name }: { collection: string; name: string }) {
  const document = useQuery({ queryKey: ['document', collection, name], queryFn: ({ signal }) => documentOf(collection, name, signal) });
  if (document.error instanceof ApiError && document.error.status === 404) {
    return (
      <Empty icon={FileJson} title={`No document has the key ${name}`}>
        <p>Keys are compared as they are written: case and spaces count.</p>
      </Empty>
    );
  }
  if (document.error) return <Failure error={document.error} what="The document cannot be shown" />;
  if (document.data === undefined) return <Loading />;
  return (
    <Card title={<span className="mono">{name}</span>} actions={<CopyButton text={JSON.stringify(document.data, null, 2)} label="Copy JSON" />}>
      <Json value={document.data} label={`Document ${name}`} />
    </Card>
  );
}

