// The end of a run before its time, once more asked for.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CircleStop } from 'lucide-react';
import { useState } from 'react';
import { post } from '../../api/client';
import type { Run } from '../../api/types';
import { useSession } from '../../app/session';
import { when } from '../../lib/format';
import { Modal } from '../../ui/Modal';
import { Button, Failure } from '../../ui/parts';
import { isOver } from './RunBadge';

/** Nothing for who may not, and for a run that is over or about to be. */
export function CancelRun({ run }: { run: Run }) {
  const session = useSession();
  const queries = useQueryClient();
  const [asked, setAsked] = useState(false);
  const cancel = useMutation({
    mutationFn: () => post('/jobs/{job}/cancel', {}, { path: { job: run.job }, query: { run: run.run } }),
    onSuccess: () => setAsked(false),
    onSettled: () => queries.invalidateQueries(),
  });
  const close = () => {
    setAsked(false);
    cancel.reset();
  };
  const waits = run.state === 'queued';
  const offers = session.may('admin') && !isOver(run) && !run.cancel;
  if (!offers && !asked) return null;
  return (
    <>
      {offers && (
        <Button icon={CircleStop} onClick={() => setAsked(true)}>
          Cancel the run
        </Button>
      )}
      <Modal title={`Cancel this run of ${run.job}?`} open={asked} onClose={close}>
        <p className="muted small">
          {run.due && `It is the one of ${when(run.due)}. `}
          {waits ? 'It does not begin. ' : 'The step that runs is stopped; what earlier steps did stays done. '}
          The run is not tried again, and jobs that come after it are skipped for this due time.
        </p>
        {cancel.error && <Failure error={cancel.error} what="It is not cancelled" />}
        <div className="row">
          <Button look="danger" icon={CircleStop} disabled={cancel.isPending} onClick={() => cancel.mutate()}>
            Cancel the run
          </Button>
          <Button onClick={close}>Let it go on</Button>
        </div>
      </Modal>
    </>
  );
}
