import { FileJson } from 'lucide-react';
import { Navigate } from 'react-router';
import { useGraph } from '../../api/graph';
import { documentsPath } from '../../app/places';
import { Empty, Failure, Loading, PageHead } from '../../ui/parts';

/** Leads to the first collection. */
export function DocumentsPage() {
  const { data: graph, error } = useGraph();
  const first = graph?.nodes.find((node) => node.kind === 'collection');
  if (first) return <Navigate to={documentsPath(first.name)} replace />;
  return (
    <>
      <PageHead title="Documents" text="JSON documents by key, merged from records." />
      {error && <Failure error={error} what="The collections cannot be shown" />}
      {!graph && !error && <Loading />}
      {graph && (
        <Empty icon={FileJson} title="No collections to show">
          <p>The pipeline file keeps no documents, or your key is for none of them. A collection takes a key and a document from each record:</p>
          <pre className="code">{`collections:\n  orders:\n    sql: SELECT id AS key, json_object('item', item) AS document FROM sales\n    merge: attributes`}</pre>
        </Empty>
      )}
    </>
  );
}
