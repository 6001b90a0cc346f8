// Queries that were run in this browser, newest first.
const KEY = 'tailrace.queries';
const KEPT_MAX = 50;

export function pastQueries(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter((one): one is string => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

export function remember(sql: string): string[] {
  const queries = [sql, ...pastQueries().filter((one) => one !== sql)].slice(0, KEPT_MAX);
  localStorage.setItem(KEY, JSON.stringify(queries));
  return queries;
}

export function forgetQueries(): void {
  localStorage.removeItem(KEY);
}
