import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Play } from 'lucide-react';
import { post } from '../../api/client';
import { useSession } from '../../app/session';
import { Button } from '../../ui/parts';

/** Nothing for who may not. */
export function RunNow({ job }: { job: string }) {
  const session = useSession();
  const queries = useQueryClient();
  const run = useMutation({
    mutationFn: () => post('/jobs/{job}/run', {}, { path: { job } }),
    onSettled: () => queries.invalidateQueries(),
  });
  if (!session.may('admin')) return null;
  return (
    <span className="row tight">
      <Button icon={Play} disabled={run.isPending} onClick={() => run.mutate()} aria-label={`Run now: ${job}`}>
        Run now
      </Button>
      {run.error && <span className="bad-text small">{run.error.message}</span>}
    </span>
  );
}
