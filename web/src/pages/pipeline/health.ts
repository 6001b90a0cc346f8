// How a part of the pipeline stands, in one word and one line.
import type { GraphNode } from '../../api/types';
import { compact, count, plural, seconds } from '../../lib/format';
import type { Tone } from '../../ui/parts';

export interface Health {
  tone: Tone;
  word: string;
}

export const BEHIND_SECONDS = 5;

export function healthOf(node: GraphNode): Health {
  if (node.stopped) return { tone: 'bad', word: 'stopped' };
  if (node.flow?.holds === false) return { tone: 'bad', word: 'does not add up' };
  if (node.paused) return { tone: 'bad', word: 'paused' };
  if (node.kind === 'alert' && node.state === 'firing') return { tone: 'bad', word: 'firing' };
  if (node.kind === 'job' && node.last?.state === 'failed') return { tone: 'bad', word: 'failed' };
  if (node.trouble) return { tone: 'warn', word: 'in trouble' };
  if ((node.flow?.lag_seconds ?? 0) > BEHIND_SECONDS) return { tone: 'warn', word: `${seconds(node.flow!.lag_seconds!)} behind` };
  if (node.open_letters) return { tone: 'warn', word: plural(node.open_letters, 'dead letter') };
  return { tone: 'ok', word: 'healthy' };
}

/** The number that says most about it. */
export function factOf(node: GraphNode): string {
  switch (node.kind) {
    case 'source':
      return node.refused ? `${compact(node.accepted ?? 0)} in · ${compact(node.refused)} refused` : plural(node.accepted ?? 0, 'record');
    case 'stream':
      return plural(node.records ?? 0, 'record');
    case 'table':
    case 'collection':
    case 'lake':
      return node.flow?.in_flight ? `${compact(node.flow.in_flight)} to go` : `${compact(node.flow?.read ?? 0)} read`;
    case 'api':
    case 'export':
      return node.detail ?? '';
    case 'job':
      return node.running ? 'running' : node.last ? `last ${node.last.state}` : 'never ran';
    case 'alert':
      return node.state ?? '';
    default:
      return node.columns ? plural(node.columns.length, 'column') : (node.detail ?? '');
  }
}

/** The conservation law of what is kept: in = out + filtered + dead-lettered. */
export function lawOf(node: GraphNode): string | null {
  const flow = node.flow;
  if (!flow) return null;
  const parts = [`${count(flow.read)} in = ${count(flow.emitted)} out`];
  if (flow.filtered) parts.push(`${count(flow.filtered)} filtered`);
  if (flow.dead_lettered) parts.push(`${count(flow.dead_lettered)} dead`);
  return parts.join(' + ');
}

/** The same with what is on its way. */
export function conservationOf(node: GraphNode): string | null {
  const law = lawOf(node);
  return law && node.flow?.in_flight ? `${law}, ${count(node.flow.in_flight)} on the way` : law;
}
