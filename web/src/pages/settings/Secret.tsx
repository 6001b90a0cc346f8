// The text of a new key: here once, and nowhere after.
import { useQueryClient } from '@tanstack/react-query';
import { LogIn, OctagonAlert } from 'lucide-react';
import { useState } from 'react';
import { get, key } from '../../api/client';
import type { IssuedKey } from '../../api/types';
import { Modal } from '../../ui/Modal';
import { Button, CopyButton, Notice } from '../../ui/parts';

const LOOKS_MAX = 20;
const LOOK_MS = 150;

/** The door reads its keys anew within a second; until then it takes whoever holds the first one for anybody. */
async function untilKnown(): Promise<void> {
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const who = await get('/whoami').catch(() => null);
    if (who && !who.open) return;
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
}

export function Secret({ issued, closesDoor, onClose }: { issued: IssuedKey | null; closesDoor: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const close = () => {
    onClose();
    void queries.invalidateQueries();
  };
  const [busy, setBusy] = useState(false);
  const signIn = async () => {
    setBusy(true);
    key.set(issued?.key ?? '');
    await untilKnown();
    setBusy(false);
    close();
  };
  const lines = issued?.key ? [issued.key] : [`AWS_ACCESS_KEY_ID=${issued?.access_key_id}`, `AWS_SECRET_ACCESS_KEY=${issued?.secret_access_key}`];
  const maySignIn = closesDoor && issued?.key !== undefined && issued.roles.some((role) => role !== 'ingest');
  return (
    <Modal title="Copy it now" open={issued !== null} onClose={close}>
      <p>The key is shown this once. What the server keeps of it opens nothing.</p>
      <pre className="code secret" data-testid="secret" tabIndex={0} aria-label="The new key">
        {lines.join('\n')}
      </pre>
      {closesDoor && (
        <Notice tone="warn" icon={OctagonAlert} title="The door is closed now">
          {maySignIn ? 'From now on every request needs a key. Sign in with this one to go on here.' : 'From now on every request needs a key, and this one does not open the console.'}
        </Notice>
      )}
      <div className="row end">
        <CopyButton text={lines.join('\n')} />
        {maySignIn ? (
          <Button icon={LogIn} look="primary" disabled={busy} onClick={() => void signIn()}>
            Sign in with it
          </Button>
        ) : (
          <Button look="primary" onClick={close}>
            I have it
          </Button>
        )}
      </div>
    </Modal>
  );
}
