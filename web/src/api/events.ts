// Server-sent events by fetch: EventSource cannot send a key.
import { ApiError, send } from './client';

export interface ServerEvent {
  id: string;
  event: string;
  data: string;
}

/** Takes the text of a stream as it comes and gives the events that are whole. */
export class EventParser {
  private rest = '';
  private current: ServerEvent = { id: '', event: 'message', data: '' };
  private hasData = false;

  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    const lines = (this.rest + text).split(/\r\n|\n|\r/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (this.hasData) events.push(this.current);
        this.current = { id: this.current.id, event: 'message', data: '' };
        this.hasData = false;
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'id') this.current.id = value;
      else if (field === 'event') this.current.event = value;
      else if (field === 'data') {
        this.current.data += this.hasData ? `\n${value}` : value;
        this.hasData = true;
      }
    }
    return events;
  }
}

export type Connection = 'connecting' | 'live' | 'waiting';

export interface Subscription {
  address: string;
  onEvent: (event: ServerEvent) => void;
  onState: (state: Connection, error?: ApiError) => void;
}

const DELAY_FIRST_MS = 500;
const DELAY_MAX_MS = 10_000;

/** Stays subscribed until the function it returns is called: comes back where it was, ever more slowly while the server is away. */
export function subscribe({ address, onEvent, onState }: Subscription): () => void {
  const stop = new AbortController();
  let last = '';
  let delay = DELAY_FIRST_MS;
  const follow = async () => {
    while (!stop.signal.aborted) {
      try {
        onState('connecting');
        const headers: Record<string, string> = { Accept: 'text/event-stream' };
        if (last) headers['Last-Event-ID'] = last;
        const response = await send(address, { headers, signal: stop.signal });
        onState('live');
        delay = DELAY_FIRST_MS;
        const parser = new EventParser();
        const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          for (const event of parser.push(value)) {
            if (event.id) last = event.id;
            onEvent(event);
          }
        }
        onState('waiting');
      } catch (error) {
        if (stop.signal.aborted) return;
        const told = error instanceof ApiError ? error : new ApiError(0, 'unreachable', 'the connection broke');
        onState('waiting', told);
        if (told.status >= 400 && told.status < 500 && told.status !== 429) return;
      }
      await new Promise((resolve) => setTimeout(resolve, delay));
      delay = Math.min(delay * 2, DELAY_MAX_MS);
    }
  };
  void follow();
  return () => stop.abort();
}
