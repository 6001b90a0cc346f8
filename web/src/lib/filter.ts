// What a reader of a live tail wants to see: records with a text in them, or with a field of some value.

export interface Filter {
  field: string | null;
  text: string;
}

/** `country=France` is a field and a value; anything else a text anywhere. */
export function parseFilter(input: string): Filter {
  const found = /^\s*([A-Za-z_][\w.]*)\s*=\s*(.*?)\s*$/.exec(input);
  return found ? { field: found[1]!, text: found[2]! } : { field: null, text: input.trim() };
}

function member(value: unknown, path: string): unknown {
  let at: unknown = value;
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

export function passes(filter: Filter, value: unknown, key: string | null): boolean {
  if (filter.field === 'key') return key === filter.text;
  if (filter.field) {
    const found = member(value, filter.field);
    return found !== undefined && textOf(found).toLowerCase() === filter.text.toLowerCase();
  }
  return filter.text === '' || textOf(value).toLowerCase().includes(filter.text.toLowerCase()) || (key ?? '').includes(filter.text);
}
