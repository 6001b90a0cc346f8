// What the pages of dashboards ask the server.
import { keepPreviousData, queryOptions, useQuery, type QueryClient, type UseQueryResult } from '@tanstack/react-query';
import { addressOf, send } from '../../api/client';
import { parseExact } from '../../api/json';
import { missingFor, valuesFor } from '../../charts/params';
import type { AnsweredTile, Dashboard, ParamValues, TileResult, TileSpec } from '../../charts/spec';

export interface DashboardSummary {
  name: string;
  title: string;
  description: string;
  tiles: number;
}

export interface Choice {
  value: string | number | boolean | null;
  label: string;
}

async function json<T>(address: string, signal?: AbortSignal): Promise<T> {
  return parseExact(await (await send(address, { signal })).text()) as T;
}

export const useDashboards = () =>
  useQuery({ queryKey: ['dashboards'], queryFn: ({ signal }) => json<{ dashboards: DashboardSummary[] }>('/dashboards', signal) });

async function dashboardOf(name: string, signal: AbortSignal): Promise<Dashboard> {
  const answer = await json<Omit<Dashboard, 'tiles'> & { tiles: AnsweredTile[] }>(addressOf('/dashboards/{name}', { name }), signal);
  return { ...answer, tiles: answer.tiles.map((tile) => ({ ...tile, sql: tile.sql ?? '', x: tile.x ?? '' })) };
}

export const dashboardQuery = (name: string) => queryOptions({ queryKey: ['dashboard', name], queryFn: ({ signal }) => dashboardOf(name, signal), staleTime: Infinity });

export const useDashboard = (name: string) => useQuery(dashboardQuery(name));

export const useChoices = (dashboard: string, param: string) =>
  useQuery({
    queryKey: ['choices', dashboard, param],
    queryFn: ({ signal }) => json<{ choices: Choice[] }>(addressOf('/dashboards/{dashboard}/choices/{param}', { dashboard, param }), signal),
  });

export const tileKey = (dashboard: string, tile: string) => ['tile', dashboard, tile] as const;

function tileAddress(dashboard: string, tile: TileSpec, values: ParamValues): string {
  const address = addressOf('/dashboards/{dashboard}/tiles/{tile}', { dashboard, tile: tile.name });
  const asked = new URLSearchParams(valuesFor(tile, values)).toString();
  return asked ? `${address}?${asked}` : address;
}

/** What was asked for ahead is not asked for again by the tile that shows it. */
const AHEAD_MS = 1000;

const tileQuery = (dashboard: string, tile: TileSpec, values: ParamValues) =>
  queryOptions({
    queryKey: [...tileKey(dashboard, tile.name), valuesFor(tile, values)],
    queryFn: ({ signal }) => json<TileResult>(tileAddress(dashboard, tile, values), signal),
    staleTime: AHEAD_MS,
  });

/** What was there stays until the new rows are. */
export const useTile = (dashboard: string, tile: TileSpec, values: ParamValues, enabled: boolean): UseQueryResult<TileResult> =>
  useQuery({ ...tileQuery(dashboard, tile, values), placeholderData: keepPreviousData, enabled });

/** For values that have just been chosen: the server works while the page is made ready to show them. Tiles that they do not change are not asked for. */
export function askAhead(queries: QueryClient, dashboard: Dashboard, tiles: TileSpec[], values: ParamValues): void {
  for (const tile of tiles) {
    if (tile.chart === 'text' || missingFor(tile, dashboard.params, values).length > 0) continue;
    const query = tileQuery(dashboard.name, tile, values);
    const isShown = queries.getQueryCache().find({ queryKey: query.queryKey })?.isActive() ?? false;
    if (!isShown) void queries.prefetchQuery(query);
  }
}

/** What the server writes the rows as, by the ending of a file. */
const FILE_TYPES = { csv: 'text/csv', parquet: 'application/vnd.apache.parquet' } as const;

/** The rows as the server writes them into a file. */
export async function fileOf(dashboard: string, tile: TileSpec, values: ParamValues, ending: keyof typeof FILE_TYPES): Promise<Blob> {
  return (await send(tileAddress(dashboard, tile, values), { headers: { Accept: FILE_TYPES[ending] } })).blob();
}
