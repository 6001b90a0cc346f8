import { describe, expect, it } from 'vitest';
import { EventParser } from './events';

describe('EventParser', () => {
  it('gives an event once it is whole, wherever the text was cut', () => {
    const text = 'retry: 1000\n\nid: 0:5\nevent: record\ndata: {"a":1}\n\n:\n\nevent: gap\ndata: x\ndata: y\n\n';
    for (let cut = 0; cut <= text.length; cut += 1) {
      const parser = new EventParser();
      const events = [...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))];
      expect(events).toEqual([
        { id: '0:5', event: 'record', data: '{"a":1}' },
        { id: '0:5', event: 'gap', data: 'x\ny' },
      ]);
    }
  });
  it('keeps back what has not ended', () => expect(new EventParser().push('data: half')).toEqual([]));
});
