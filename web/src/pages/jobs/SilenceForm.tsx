// Nobody is told of an alert for a time: how long, and why.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { BellOff } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { post } from '../../api/client';
import { Modal } from '../../ui/Modal';
import { Button, Failure } from '../../ui/parts';

const TIMES = [
  { value: '30m', title: '30 minutes' },
  { value: '2h', title: '2 hours' },
  { value: '8h', title: '8 hours' },
  { value: '1d', title: 'a day' },
  { value: '7d', title: 'a week' },
];

export function SilenceForm({ alert, onClose }: { alert: string; onClose: () => void }) {
  const queries = useQueryClient();
  const [lasts, setLasts] = useState('2h');
  const [reason, setReason] = useState('');
  const silence = useMutation({
    mutationFn: () => post('/alerts/{alert}/silence', { for: lasts, reason: reason.trim() }, { path: { alert } }),
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    silence.mutate();
  };
  return (
    <Modal title={`Silence ${alert}`} text="It is looked at meanwhile, and nobody is told. What still stands afterwards is told then." open onClose={onClose}>
      <form className="stack" onSubmit={submit}>
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
          <Button onClick={onClose}>Leave it</Button>
        </div>
      </form>
    </Modal>
  );
}
