// A record that fits a schema, to begin with when one is written by hand.

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => String(value).padStart(2, '0');

/** The parts of strptime that pipeline files use. */
function strftime(format: string, at: Date): string {
  return format.replace(/%([YmdHMSbyjT])/g, (_, letter: string) => {
    switch (letter) {
      case 'Y':
        return String(at.getUTCFullYear());
      case 'y':
        return two(at.getUTCFullYear() % 100);
      case 'm':
        return two(at.getUTCMonth() + 1);
      case 'd':
        return two(at.getUTCDate());
      case 'H':
        return two(at.getUTCHours());
      case 'M':
        return two(at.getUTCMinutes());
      case 'S':
        return two(at.getUTCSeconds());
      case 'b':
        return MONTHS[at.getUTCMonth()]!;
      case 'T':
        return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
      default:
        return '001';
    }
  });
}

function valueOf(type: string, now: Date): unknown {
  const bare = type.replace(/\?$/, '');
  const format = /^(?:timestamp|date)\((.*)\)$/.exec(bare)?.[1];
  if (bare.startsWith('{') || bare.startsWith('MAP') || bare.startsWith('STRUCT')) return {};
  if (bare.startsWith('[') || bare.startsWith('LIST')) return [];
  if (bare === 'int') return 1;
  if (bare === 'double') return 1.5;
  if (bare.startsWith('decimal')) return 1;
  if (bare === 'bool') return true;
  if (bare === 'json') return {};
  if (format === 's') return Math.floor(now.getTime() / 1000);
  if (format === 'ms') return now.getTime();
  if (format === 'us') return now.getTime() * 1000;
  if (format) return strftime(format, now);
  if (bare === 'date') return now.toISOString().slice(0, 10);
  if (bare.startsWith('timestamp')) return `${now.toISOString().slice(0, 19)}Z`;
  return 'text';
}

export function sampleOf(schema: Record<string, string>, now = new Date()): Record<string, unknown> {
  return Object.fromEntries(Object.entries(schema).map(([name, type]) => [name, valueOf(type, now)]));
}

/** A command for a POSIX shell. */
export function curlOf(method: string, address: string, body: string | null, hasKey: boolean): string {
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const words = ['curl', '-sS'];
  if (method !== 'GET' && !(method === 'POST' && body !== null)) words.push('-X', method);
  words.push(quoted(address));
  if (hasKey) words.push('-H', '"Authorization: Bearer $TAILRACE_KEY"');
  if (body !== null) words.push('-H', quoted('Content-Type: application/json'), '-d', quoted(body));
  return words.join(' ');
}
