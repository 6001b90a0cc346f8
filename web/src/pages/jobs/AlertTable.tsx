import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Bell } from 'lucide-react';
import { remove } from '../../api/client';
import type { Alert } from '../../api/types';
import { useSession } from '../../app/session';
import { when } from '../../lib/format';
import { Badge, Button, Card, type Tone } from '../../ui/parts';
import { SilenceForm } from './SilenceForm';

const TONES: Record<Alert['state'], Tone> = { ok: 'ok', pending: 'warn', firing: 'bad' };

export function AlertTable({ alerts }: { alerts: Alert[] }) {
  const session = useSession();
  return (
    <Card title="Alerts" flush>
      <div className="table-wrap" tabIndex={0} role="region" aria-label="Alerts">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Alert</th>
              <th scope="col">State</th>
              <th scope="col">Since</th>
              <th scope="col">It says</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {alerts.map((alert) => (
              <tr key={alert.alert}>
                <td>{alert.alert}</td>
                <td>
                  <span className="row tight">
                    <Badge tone={TONES[alert.state] ?? 'plain'}>{alert.state}</Badge>
                    {alert.silence && <Badge>silenced</Badge>}
                  </span>
                </td>
                <td className="number">{alert.since ? when(alert.since) : ''}</td>
                <td className="wrap">
                  {alert.message}
                  {alert.silence && <div className="faint small">{silenceText(alert.silence)}</div>}
                  {alert.error && <div className="bad-text small">The last look failed: {alert.error}</div>}
                </td>
                <td>{session.may('admin') && (alert.silence ? <Lift alert={alert.alert} /> : <SilenceForm alert={alert.alert} />)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function silenceText({ until, reason, by }: NonNullable<Alert['silence']>): string {
  const who = by ? `, by ${by}` : '';
  return `Nobody is told; that ends ${when(until)}${who}${reason ? `: ${reason}` : ''}`;
}

function Lift({ alert }: { alert: string }) {
  const queries = useQueryClient();
  const lift = useMutation({ mutationFn: () => remove('/alerts/{alert}/silence', { path: { alert } }), onSettled: () => queries.invalidateQueries() });
  return (
    <span className="row tight">
      <Button icon={Bell} disabled={lift.isPending} onClick={() => lift.mutate()} aria-label={`End the silence: ${alert}`}>
        End the silence
      </Button>
      {lift.error && <span className="bad-text small">{lift.error.message}</span>}
    </span>
  );
}
