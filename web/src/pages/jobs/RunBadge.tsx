import type { Run, RunState } from '../../api/types';
import { Badge, type Tone } from '../../ui/parts';

const TONES: Record<RunState, Tone> = { queued: 'plain', running: 'accent', succeeded: 'ok', failed: 'bad', skipped: 'warn', missed: 'warn', cancelled: 'warn' };

export const isOver = ({ state }: Run): boolean => state !== 'queued' && state !== 'running';

export function RunBadge({ run }: { run: Run }) {
  if (run.cancel && !isOver(run)) return <Badge tone="warn">is being cancelled</Badge>;
  return <Badge tone={TONES[run.state] ?? 'plain'}>{run.state}</Badge>;
}
