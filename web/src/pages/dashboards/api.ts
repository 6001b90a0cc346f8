// What the pages of dashboards ask the server.
import { keepPreviousData, queryOptions, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { addressOf, send } from '../../api/client';
import { parseExact } from '../../api/json';
import { valuesFor } from '../../charts/params';
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

/** What was there stays until the new rows are. */
export function useTile(dashboard: string, tile: TileSpec, values: ParamValues, enabled: boolean): UseQueryResult<TileResult> {
  return useQuery({
    queryKey: [...tileKey(dashboard, tile.name), valuesFor(tile, values)],
    queryFn: ({ signal }) => json<TileResult>(tileAddress(dashboard, tile, values), signal),
    placeholderData: keepPreviousData,
    enabled,
  });
}

/** What the server writes the rows as, by the ending of a file. */
const FILE_TYPES = { csv: 'text/csv', parquet: 'application/vnd.apache.parquet' } as const;

/** The rows as the server writes them into a file. */
export async function fileOf(dashboard: string, tile: TileSpec, values: ParamValues, ending: keyof typeof FILE_TYPES): Promise<Blob> {
  return (await send(tileAddress(dashboard, tile, values), { headers: { Accept: FILE_TYPES[ending] } })).blob();
}
