// Nobody is told of an alert for a time: how long, and why.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { BellOff } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useState, type FormEvent } from 'react';
import { post } from '../../api/client';
import { Button, Failure } from '../../ui/parts';

const TIMES = [
  { value: '30m', title: '30 minutes' },
  { value: '2h', title: '2 hours' },
  { value: '8h', title: '8 hours' },
  { value: '1d', title: 'a day' },
  { value: '7d', title: 'a week' },
];

export function SilenceForm({ alert }: { alert: string }) {
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [lasts, setLasts] = useState('2h');
  const [reason, setReason] = useState('');
  const silence = useMutation({
    mutationFn: () => post('/alerts/{alert}/silence', { for: lasts, reason: reason.trim() }, { path: { alert } }),
    onSuccess: async () => {
      setOpen(false);
      setReason('');
      await queries.invalidateQueries();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    silence.mutate();
  };
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger asChild>
        <Button icon={BellOff} aria-label={`Silence: ${alert}`}>
          Silence
        </Button>
      </Dialog.Trigger>
      <Dialog.Portal>
        <div className="scrim" />
        <Dialog.Content className="dialog">
          <form className="body stack" onSubmit={submit}>
            <Dialog.Title>Silence {alert}</Dialog.Title>
            <Dialog.Description className="muted small">It is looked at meanwhile, and nobody is told. What still stands afterwards is told then.</Dialog.Description>
            <div className="row tight" role="group" aria-label="For how long">
              {TIMES.map(({ value, title }) => (
                <button key={value} type="button" className="chip" aria-pressed={value === lasts} onClick={() => setLasts(value)}>
                  {title}
                </button>
              ))}
            </div>
            <div className="field">
              <label htmlFor="silence-reason">Why (for whoever looks)</label>
              <input id="silence-reason" className="input" maxLength={300} value={reason} onChange={(event) => setReason(event.target.value)} />
            </div>
            {silence.error && <Failure error={silence.error} what="It is not silenced" />}
            <div className="row">
              <Button type="submit" look="primary" icon={BellOff} disabled={silence.isPending}>
                Silence it for {TIMES.find(({ value }) => value === lasts)!.title}
              </Button>
              <Dialog.Close asChild>
                <Button>Leave it</Button>
              </Dialog.Close>
            </div>
          </form>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
