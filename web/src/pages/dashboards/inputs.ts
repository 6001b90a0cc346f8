// Values of params as the browser's own inputs write them.
import { noneOf } from '../../charts/params';
import type { DashboardParam } from '../../charts/spec';

/** Of a `date` or `datetime-local` input; times are UTC. */
export function toInput(param: DashboardParam, text: string | undefined): string {
  if (text === undefined) return '';
  return param.type.startsWith('timestamp') ? text.replace(' ', 'T').slice(0, 16) : param.type.startsWith('date') ? text.slice(0, 10) : text;
}

export function fromInput(param: DashboardParam, text: string): string | null {
  if (text === '') return noneOf(param);
  if (!param.type.startsWith('timestamp')) return text;
  return `${text.length === 16 ? `${text}:00` : text}Z`;
}
