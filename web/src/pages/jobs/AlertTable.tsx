import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Bell, BellOff } from 'lucide-react';
import { useState } from 'react';
import { remove } from '../../api/client';
import type { Alert } from '../../api/types';
import { useSession } from '../../app/session';
import { when } from '../../lib/format';
import { Badge, Button, Card, type Tone } from '../../ui/parts';
import { Table, type TableColumn } from '../../ui/Table';
import { SilenceForm } from './SilenceForm';

const TONES: Record<Alert['state'], Tone> = { ok: 'ok', pending: 'warn', firing: 'bad' };

export function AlertTable({ alerts }: { alerts: Alert[] }) {
  const session = useSession();
  const columns: TableColumn<Alert>[] = [
    { title: 'Alert', cell: ({ alert }) => alert },
    {
      title: 'State',
      cell: ({ state, silence }) => (
        <span className="row tight">
          <Badge tone={TONES[state] ?? 'plain'}>{state}</Badge>
          {silence && <Badge>silenced</Badge>}
        </span>
      ),
    },
    { title: 'Since', kind: 'number', cell: ({ since }) => (since ? when(since) : '') },
    {
      title: 'It says',
      kind: 'wrap',
      cell: ({ message, silence, error }) => (
        <>
          {message}
          {silence && <div className="faint small">{silenceText(silence)}</div>}
          {error && <div className="bad-text small">The last look failed: {error}</div>}
        </>
      ),
    },
    { title: 'Actions', hidden: true, cell: ({ alert, silence }) => session.may('admin') && <Silence alert={alert} isSilenced={silence !== undefined && silence !== null} /> },
  ];
  return (
    <Card title="Alerts" flush>
      <Table label="Alerts" columns={columns} rows={alerts} keyOf={({ alert }) => alert} />
    </Card>
  );
}

function silenceText({ until, reason, by }: NonNullable<Alert['silence']>): string {
  const who = by ? `, by ${by}` : '';
  return `Nobody is told; that ends ${when(until)}${who}${reason ? `: ${reason}` : ''}`;
}

/** One button for both, so that the keyboard stays on it. */
function Silence({ alert, isSilenced }: { alert: string; isSilenced: boolean }) {
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const lift = useMutation({ mutationFn: () => remove('/alerts/{alert}/silence', { path: { alert } }), onSettled: () => queries.invalidateQueries() });
  const title = isSilenced ? 'End the silence' : 'Silence';
  return (
    <span className="row tight">
      <Button icon={isSilenced ? Bell : BellOff} disabled={lift.isPending} onClick={() => (isSilenced ? lift.mutate() : setAsking(true))} aria-label={`${title}: ${alert}`}>
        {title}
      </Button>
      {lift.error && <span className="bad-text small">{lift.error.message}</span>}
      {asking && <SilenceForm alert={alert} onClose={() => setAsking(false)} />}
    </span>
  );
}
