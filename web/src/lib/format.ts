// Numbers, sizes and times as people read them.

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

export const count = (value: number): string => whole.format(value);
/** 541.9K */
export const compact = (value: number): string => (Math.abs(value) < 10_000 ? whole.format(value) : short.format(value));

export function rate(perSecond: number): string {
  if (perSecond === 0) return '0/s';
  return perSecond < 10 ? `${perSecond.toFixed(1)}/s` : `${compact(Math.round(perSecond))}/s`;
}

export function bytes(value: number): string {
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? whole.format(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

export function seconds(value: number): string {
  if (value < 0.001) return '0 s';
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 120) return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
  if (value < 7200) return `${Math.round(value / 60)} min`;
  return value < 172_800 ? `${Math.round(value / 3600)} h` : `${Math.round(value / 86_400)} days`;
}

export const time = (at: Date): string => clock.format(at);

/** "3 min ago", or the time itself when it is longer ago than a day. */
export function ago(text: string, now = Date.now()): string {
  const at = Date.parse(text);
  if (Number.isNaN(at)) return text;
  const past = (now - at) / 1000;
  if (past < 5) return 'just now';
  if (past < 86_400) return `${seconds(past)} ago`;
  return text.replace('T', ' ').replace(/\.\d+Z$|Z$/, '');
}

/** "in 3 min", "12 s ago", or the time itself when it is further than a day. */
export function when(text: string, now = Date.now()): string {
  const ahead = (Date.parse(text) - now) / 1000;
  if (Number.isNaN(ahead) || ahead <= 0) return ago(text, now);
  return ahead < 86_400 ? `in ${seconds(ahead)}` : text.replace('T', ' ').replace(/\.\d+Z$|Z$/, '');
}

/** "1 record", "2 records". */
export const plural = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`;
