import { KeyRound, OctagonAlert } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { ApiError, key } from '../api/client';
import { Button, Notice } from '../ui/parts';
import mark from './mark.svg';

/** Asks for a key. `onKey` throws when the server does not take it. */
export function SignIn({ error, onKey }: { error: ApiError | null; onKey: (text: string) => Promise<void> }) {
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState<ApiError | null>(key.get() ? error : null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await onKey(text.trim());
    } catch (failure) {
      key.set('');
      setTold(failure instanceof ApiError ? failure : new ApiError(0, 'unknown', String(failure)));
    } finally {
      setBusy(false);
    }
  };
  return (
    <main className="sign-in">
      <form className="card stack" onSubmit={(event) => void submit(event)}>
        <img src={mark} alt="" width={36} height={36} />
        <div>
          <h1>Sign in to this pipeline</h1>
          <p className="muted small">The server asks for a key with the role read. It is kept until you close this tab.</p>
        </div>
        {told && (
          <Notice tone="bad" icon={OctagonAlert} title={told.status === 403 ? 'This key may not read' : told.message}>
            {told.status === 403 ? 'It may append records only. The console needs a key with the role read.' : ''}
          </Notice>
        )}
        <div className="field">
          <label htmlFor="key">API key</label>
          <input id="key" className="input mono" type="password" autoComplete="off" autoFocus required value={text} onChange={(event) => setText(event.target.value)} placeholder="tr_..." />
        </div>
        <Button type="submit" look="primary" icon={KeyRound} disabled={busy || !text.trim()}>
          {busy ? 'Asking the server' : 'Sign in'}
        </Button>
        <p className="muted small">
          No key yet? On the server's machine: <code>tailrace keys add --role read</code>
        </p>
      </form>
    </main>
  );
}
