// The text of a new key: here once, and nowhere after.
import { useQueryClient } from '@tanstack/react-query';
import { LogIn, OctagonAlert } from 'lucide-react';
import { key } from '../../api/client';
import type { IssuedKey } from '../../api/types';
import { Modal } from '../../ui/Modal';
import { Button, CopyButton, Notice } from '../../ui/parts';

export function Secret({ issued, closesDoor, onClose }: { issued: IssuedKey | null; closesDoor: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const close = () => {
    onClose();
    void queries.invalidateQueries();
  };
  const signIn = () => {
    key.set(issued?.key ?? '');
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
          <Button icon={LogIn} look="primary" onClick={signIn}>
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
