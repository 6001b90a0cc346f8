// One tile for a page of somebody else: nothing around it.
import { useEffect, useMemo } from 'react';
import { useParams } from 'react-router';
import type { Dashboard } from '../../charts/spec';
import { Empty, Failure, Live, Loading } from '../../ui/parts';
import { useDashboard } from './api';
import { useValues } from './DashboardPage';
import { Tile } from './Tile';
import { useLive } from './useLive';
import './dashboards.css';

export function EmbedPage() {
  const { dashboard: name = '', tile = '' } = useParams();
  const { data, error } = useDashboard(name);
  return (
    <main className="embed">
      {error && <Failure error={error} what="The tile cannot be shown" />}
      {!error && !data && <Loading rows={3} />}
      {data && <Embedded dashboard={data} name={tile} />}
    </main>
  );
}

function Embedded({ dashboard, name }: { dashboard: Dashboard; name: string }) {
  const shown = useMemo(() => dashboard.tiles.filter((one) => one.name === name), [dashboard.tiles, name]);
  const { values, onValues } = useValues(dashboard, shown);
  const names = useMemo(() => [name], [name]);
  const live = useLive(dashboard.name, names);
  const [tile] = shown;
  useEffect(() => {
    document.title = tile ? tile.title : dashboard.title;
  }, [tile, dashboard.title]);
  if (!tile) return <Empty title={`There is no tile ${name}`}>{<p>The dashboard {dashboard.title} has no tile of this name any more.</p>}</Empty>;
  return (
    <>
      <h1 className="visually-hidden">{dashboard.title}</h1>
      <Tile dashboard={dashboard} tile={tile} values={values} onValues={onValues} onFresh={live.onFresh} alone framed />
      <Live at={live.at} state={live.state} />
    </>
  );
}
