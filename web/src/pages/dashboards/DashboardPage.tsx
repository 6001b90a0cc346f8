import { FileCode, Pause, Play, WifiOff } from 'lucide-react';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { useParams, useSearchParams } from 'react-router';
import { ApiError } from '../../api/client';
import { valuesOf, withValues } from '../../charts/params';
import type { Dashboard, TileSpec } from '../../charts/spec';
import { time } from '../../lib/format';
import { Button, Empty, Failure, Live, Loading, Notice, PageHead } from '../../ui/parts';
import { askAhead, useDashboard } from './api';
import { Markdown } from './Markdown';
import { ParamBar } from './ParamBar';
import { Tile } from './Tile';
import { useLive } from './useLive';
import './dashboards.css';

export function DashboardPage() {
  const { dashboard: name = '' } = useParams();
  const { data, error } = useDashboard(name);
  if (error instanceof ApiError && error.status === 404) {
    return (
      <Empty icon={FileCode} title={`There is no dashboard ${name}`}>
        <p>
          The pipeline file names its dashboards below <code>dashboards:</code>; this is none of them, or your key may not see it.
        </p>
      </Empty>
    );
  }
  if (error) return <Failure error={error} what="The dashboard cannot be shown" />;
  if (!data) return <Loading />;
  return <Shown key={data.name} dashboard={data} />;
}

/** Params from the address, and how to change them there; `tiles` are those that are shown. */
export function useValues(dashboard: Dashboard, tiles: TileSpec[]) {
  const queries = useQueryClient();
  const [search, setSearch] = useSearchParams();
  const values = useMemo(() => valuesOf(dashboard.params, search), [dashboard.params, search]);
  const onValues = useCallback(
    (changes: Record<string, string | null>) => {
      const choose = (now: URLSearchParams) => {
        const next = withValues(now, dashboard.params, changes);
        askAhead(queries, dashboard, tiles, valuesOf(dashboard.params, next));
        return next;
      };
      setSearch(choose, { preventScrollReset: true });
    },
    [setSearch, queries, dashboard, tiles],
  );
  return { values, onValues };
}

function Shown({ dashboard }: { dashboard: Dashboard }) {
  const { values, onValues } = useValues(dashboard, dashboard.tiles);
  const names = useMemo(() => dashboard.tiles.map((tile) => tile.name), [dashboard.tiles]);
  const live = useLive(dashboard.name, names);
  return (
    <>
      <PageHead title={dashboard.title}>
        <Live at={live.at} state={live.state} />
        <Button icon={live.isPaused ? Play : Pause} onClick={() => live.setPaused(!live.isPaused)}>
          {live.isPaused ? 'Go on' : 'Pause'}
        </Button>
      </PageHead>
      {dashboard.description && (
        <div className="dashboard-text">
          <Markdown text={dashboard.description} />
        </div>
      )}
      <ParamBar dashboard={dashboard} values={values} onValues={onValues} />
      {live.state === 'waiting' && (
        <Notice tone="warn" icon={WifiOff} title="Offline">
          {live.at ? `What you see was true at ${time(live.at)}.` : 'The server does not answer.'} It goes on by itself when the server is back.
        </Notice>
      )}
      <div className="tiles">
        {dashboard.tiles.map((tile) => (
          <Tile key={tile.name} dashboard={dashboard} tile={tile} values={values} onValues={onValues} onFresh={live.onFresh} />
        ))}
      </div>
    </>
  );
}
