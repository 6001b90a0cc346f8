// What moves on the edges of the graph: how fast, how late, and what was refused on the way.
import { history, totalOf } from '../../api/graph';
import type { GraphNode } from '../../api/types';
import { lettersPath } from '../../app/places';
import { count, rate, seconds } from '../../lib/format';
import { BEHIND_SECONDS } from './health';

export interface Way {
  /** What it says; empty: nothing. */
  label: string;
  tone: 'moving' | 'warn' | 'bad' | 'still';
  /** Where to look at what is wrong. */
  to: string | null;
}

const STILL: Way = { label: '', tone: 'still', to: null };

/** Letters of records that did not pass here: at the door of a stream, or into what is made from one. */
function refusedOn(from: GraphNode, to: GraphNode): { letters: number; stream: string } {
  if (from.kind === 'source' && to.kind === 'stream') return { letters: from.refused ? (to.door_letters ?? 0) : 0, stream: to.name };
  if (from.kind === 'stream') return { letters: to.open_letters ?? 0, stream: from.name };
  return { letters: 0, stream: '' };
}

/** Of the part at whose numbers one sees what passes. */
function perSecondOn(from: GraphNode, to: GraphNode): number {
  if (from.kind === 'source') return history.rate(from.id);
  return totalOf(to) === null ? 0 : history.rate(to.id);
}

export function wayOf(from: GraphNode, to: GraphNode): Way {
  const { letters, stream } = refusedOn(from, to);
  if (letters > 0) return { label: `${count(letters)} refused`, tone: 'bad', to: lettersPath(stream) };
  if (to.stopped || to.flow?.holds === false) return { label: to.stopped ? 'stopped' : 'does not add up', tone: 'bad', to: null };
  if (to.kind === 'alert' && to.state === 'firing') return { ...STILL, tone: 'bad' };
  const behind = to.flow?.lag_seconds ?? 0;
  if (behind > BEHIND_SECONDS) return { label: `${seconds(behind)} behind`, tone: 'warn', to: null };
  const perSecond = perSecondOn(from, to);
  if (perSecond > 0) return { label: to.kind === 'api' ? `${rate(perSecond)} asked` : rate(perSecond), tone: 'moving', to: null };
  return STILL;
}

/** For those who cannot see it. */
export const wayText = (from: GraphNode, to: GraphNode, way: Way): string => `${way.label} between ${from.kind} ${from.name} and ${to.kind} ${to.name}${way.to ? ': look at them' : ''}`;
