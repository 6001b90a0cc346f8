// What the console has asked the server, kept for as long as it is shown.
import { QueryClient, queryOptions } from '@tanstack/react-query';
import { ApiError, get } from '../api/client';

// Asked whatever the browser thinks of its network: a server on this machine answers without one, and a failed request is told, not put off.
export const queries = new QueryClient({
  defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false, networkMode: 'always' }, mutations: { networkMode: 'always' } },
});

const RETRY_MS = 2000;

/** Who asks: wanted until there is an answer. */
export const whoami = queryOptions({
  queryKey: ['whoami'],
  queryFn: ({ signal }) => get('/whoami', { signal }),
  retry: (_, error) => !(error instanceof ApiError) || error.status === 0,
  retryDelay: RETRY_MS,
  staleTime: Infinity,
});
