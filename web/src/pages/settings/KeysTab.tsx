// The keys: who holds one, a new one, and the end of one.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Ban, DoorOpen, KeyRound, OctagonAlert, Plus } from 'lucide-react';
import { useState } from 'react';
import { get, key, remove } from '../../api/client';
import type { ApiKey, IssuedKey } from '../../api/types';
import { useSession } from '../../app/session';
import { ago, when } from '../../lib/format';
import { Table } from '../../ui/Table';
import { Modal } from '../../ui/Modal';
import { Badge, Button, Card, Empty, Failure, Loading, Notice, type Tone } from '../../ui/parts';
import { NewKey } from './NewKey';
import { Secret } from './Secret';

const TONES: Record<ApiKey['state'], Tone> = { valid: 'ok', expired: 'plain', revoked: 'plain', damaged: 'bad' };
const isAws = ({ id }: ApiKey): boolean => /^TR[A-Z2-7]{18}$/.test(id);

export function KeysTab() {
  const { data, error, isLoading } = useQuery({ queryKey: ['keys'], queryFn: ({ signal }) => get('/keys', { signal }) });
  const [making, setMaking] = useState(false);
  const [issued, setIssued] = useState<IssuedKey | null>(null);
  const [ending, setEnding] = useState<ApiKey | null>(null);
  const [old, setOld] = useState(false);
  const valid = data?.keys.filter(({ state }) => state === 'valid') ?? [];
  const gone = (data?.keys.length ?? 0) - valid.length;
  const shown = old ? (data?.keys ?? []) : valid;
  const mayChange = data !== undefined && data.door !== 'none';
  return (
    <>
      {error && <Failure error={error} what="The keys cannot be shown" />}
      {isLoading && <Loading />}
      {data?.door === 'none' && (
        <Notice tone="warn" icon={DoorOpen} title="Everyone is let in">
          The file says <code>server.auth: none</code>, so keys count for nothing, and none is made or revoked here.
        </Notice>
      )}
      {data?.door === 'open' && (
        <Notice tone="warn" icon={DoorOpen} title="Nobody is asked for a key yet">
          Whoever reaches this machine's own address may do everything. The first key closes the door: from then on every request needs one, this page's too.
        </Notice>
      )}
      {data && (
        <Card
          title={gone > 0 ? `${old ? 'All' : 'Valid'} keys` : 'Keys'}
          actions={
            <>
              {gone > 0 && (
                <Button look="quiet" aria-pressed={old} onClick={() => setOld(!old)}>
                  {old ? 'Only the valid' : `Show ${gone} old`}
                </Button>
              )}
              {mayChange && (
                <Button icon={Plus} look="primary" onClick={() => setMaking(true)}>
                  New key
                </Button>
              )}
            </>
          }
          flush
        >
          {shown.length === 0 ? (
            <Empty icon={KeyRound} title="No keys">
              <p>A key says who may append, read or change things, of everything or of some parts.</p>
            </Empty>
          ) : (
            <KeyTable keys={shown} onEnd={mayChange ? setEnding : null} />
          )}
        </Card>
      )}
      <Modal title="New key" open={making} onClose={() => setMaking(false)}>
        <NewKey
          isFirst={data?.door === 'open'}
          onMade={(made) => {
            setMaking(false);
            setIssued(made);
          }}
          onCancel={() => setMaking(false)}
        />
      </Modal>
      <Secret issued={issued} closesDoor={data?.door === 'open'} onClose={() => setIssued(null)} />
      {ending && <Revoke of={ending} isLastAdmin={valid.filter(({ roles }) => roles.includes('admin')).length === 1 && ending.roles.includes('admin')} onClose={() => setEnding(null)} />}
    </>
  );
}

function KeyTable({ keys, onEnd }: { keys: ApiKey[]; onEnd: ((key: ApiKey) => void) | null }) {
  const session = useSession();
  return (
    <Table
      label="Keys"
      className="keys"
      rows={keys}
      keyOf={({ id }) => id}
      columns={[
        {
          title: 'Key',
          cell: (one) => (
            <>
              <span className="row tight">
                <strong>{one.name || one.id}</strong>
                {session.name.includes(one.id) && <Badge tone="accent">yours</Badge>}
                {isAws(one) && <Badge>AWS</Badge>}
              </span>
              {one.name && <div className="faint small mono">{one.id}</div>}
            </>
          ),
        },
        {
          title: 'May',
          kind: 'wrap',
          cell: ({ roles, only }) => (
            <span className="row tight">
              {roles.map((role) => (
                <Badge key={role} tone={role === 'admin' ? 'warn' : 'plain'}>
                  {role}
                </Badge>
              ))}
              <span className="muted small">{only ? only.map((thing) => thing.replace(':', ' ')).join(', ') : 'everything'}</span>
            </span>
          ),
        },
        { title: 'State', cell: ({ state, replaced_by }) => <Badge tone={TONES[state]}>{replaced_by ? `${state}, replaced` : state}</Badge> },
        { title: 'Made', kind: 'number', cell: ({ created }) => ago(created) },
        { title: 'Ends', kind: 'number', cell: ({ expires, revoked }) => (revoked ? ago(revoked) : expires ? when(expires) : 'never') },
        ...(onEnd
          ? [
              {
                title: 'Actions',
                hidden: true,
                cell: (one: ApiKey) =>
                  one.state === 'valid' && (
                    <Button icon={Ban} look="danger" aria-label={`Revoke ${one.name || one.id}`} onClick={() => onEnd(one)}>
                      Revoke
                    </Button>
                  ),
              },
            ]
          : []),
      ]}
    />
  );
}

function Revoke({ of: one, isLastAdmin, onClose }: { of: ApiKey; isLastAdmin: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const session = useSession();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const isMine = key.get() !== '' && session.name.includes(one.id);
  const revoke = async () => {
    setBusy(true);
    try {
      await remove('/keys/{id}', { path: { id: one.id } });
      await queries.invalidateQueries({ queryKey: ['keys'] });
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Modal title={`Revoke ${one.name || one.id}?`} open onClose={onClose}>
      <p>Whoever holds it is refused within a second, and tails that are open end. A revoked key never counts again.</p>
      {isMine && (
        <Notice tone="warn" icon={OctagonAlert} title="It is the key you are signed in with">
          You will need another one to go on.
        </Notice>
      )}
      {isLastAdmin && (
        <Notice tone="warn" icon={OctagonAlert} title="It is the last key with the role admin">
          After it, keys are made with <code>tailrace keys add</code> on the server's machine alone.
        </Notice>
      )}
      {Boolean(error) && <Failure error={error} what="It was not revoked" />}
      <div className="row end">
        <Button onClick={onClose}>Keep it</Button>
        <Button icon={Ban} look="danger" disabled={busy} onClick={() => void revoke()}>
          {busy ? 'Revoking' : 'Revoke it'}
        </Button>
      </div>
    </Modal>
  );
}
