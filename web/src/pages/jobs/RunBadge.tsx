import type { Run, RunState } from '../../api/types';
import { Badge, type Tone } from '../../ui/parts';

const TONES: Record<RunState, Tone> = { queued: 'plain', running: 'accent', succeeded: 'ok', failed: 'bad', skipped: 'warn', missed: 'warn' };

export function RunBadge({ run }: { run: Run }) {
  return <Badge tone={TONES[run.state] ?? 'plain'}>{run.state}</Badge>;
}
