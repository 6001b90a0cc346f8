// Who looks at this: known from GET /whoami, asked for a key where the server wants one.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { ApiError, get, key } from '../api/client';
import type { Role, Whoami } from '../api/types';
import { whoami } from './queries';
import { SignIn } from './SignIn';

interface Session extends Whoami {
  may: (role: Role) => boolean;
  signOut: () => void;
}

const SessionContext = createContext<Session | null>(null);

/** Below SessionGate only. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('there is no session');
  return session;
}

export function SessionGate({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [refused, setRefused] = useState(false);
  const who = useQuery(whoami);
  useEffect(() => key.onRefused(() => setRefused(true)), []);
  const signIn = useCallback(
    async (text: string) => {
      key.set(text);
      await get('/whoami');
      setRefused(false);
      queries.clear();
      await queries.invalidateQueries();
    },
    [queries],
  );
  const session = useMemo<Session | null>(
    () =>
      who.data
        ? {
            ...who.data,
            may: (role) => who.data.roles.includes(role),
            signOut: () => {
              key.set('');
              queries.clear();
              setRefused(true);
            },
          }
        : null,
    [who.data, queries],
  );
  const error = who.error instanceof ApiError ? who.error : null;
  if (refused || error?.status === 401 || error?.status === 403) return <SignIn error={error} onKey={signIn} />;
  if (!session) return <Waiting unreachable={who.failureCount > 0} />;
  return <SessionContext.Provider value={session}>{children}</SessionContext.Provider>;
}

function Waiting({ unreachable }: { unreachable: boolean }) {
  return (
    <main className="empty" aria-busy="true">
      <h1>{unreachable ? 'The server does not answer' : 'Connecting'}</h1>
      {unreachable && (
        <p>
          Is <code>tailrace run</code> still running? This page goes on by itself when it is.
        </p>
      )}
    </main>
  );
}
