// Requests to the server: paths and parameters by its own description (openapi.d.ts), answers by types.ts.
import type { paths } from './openapi';
import type { Answers } from './types';

type Method = 'get' | 'post' | 'delete';
type Pattern<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, object> ? P : never }[keyof paths] & string;
type Parameters<P extends keyof paths, M extends Method> = paths[P] extends Record<M, { parameters: infer T }> ? T : never;
type PathOf<P extends keyof paths, M extends Method> = Parameters<P, M> extends { path: infer T } ? T : undefined;
type QueryOf<P extends keyof paths, M extends Method> = Parameters<P, M> extends { query?: infer T } ? T : undefined;
type AnswerOf<K extends string> = K extends keyof Answers ? Answers[K] : unknown;

export interface Ask<P extends keyof paths, M extends Method> {
  path?: PathOf<P, M>;
  query?: QueryOf<P, M>;
  signal?: AbortSignal;
}

/** What the server says is wrong, or that there is no answer at all (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint = '',
    readonly details: unknown = undefined,
  ) {
    super(message);
  }
}

const KEY = 'tailrace.key';
const onUnauthorized = new Set<() => void>();

/** The reader's key: kept for as long as the tab is open, and sent with every request. */
export const key = {
  get: (): string => sessionStorage.getItem(KEY) ?? '',
  set(text: string) {
    if (text) sessionStorage.setItem(KEY, text);
    else sessionStorage.removeItem(KEY);
  },
  /** Calls `listener` whenever the server does not know who asks. Returns how to stop that. */
  onRefused(listener: () => void): () => void {
    onUnauthorized.add(listener);
    return () => onUnauthorized.delete(listener);
  },
};

/** `{name}` of the pattern replaced, and what has a value of `query` behind it. */
export function addressOf(pattern: string, path: object = {}, query: object = {}): string {
  const values = path as Record<string, string | number>;
  const address = pattern.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') search.set(name, String(value));
  const text = search.toString();
  return text ? `${address}?${text}` : address;
}

async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string; hint?: string; details?: unknown } };
    return new ApiError(response.status, error.code, error.message, error.hint, error.details);
  } catch {
    return new ApiError(response.status, 'unknown', text || `the server answered ${response.status}`);
  }
}

/** One request. Throws ApiError unless the status is among those that are answers. */
export async function send(address: string, init: RequestInit = {}, answers: (status: number) => boolean = (status) => status < 300): Promise<Response> {
  const headers = new Headers(init.headers);
  if (key.get()) headers.set('Authorization', `Bearer ${key.get()}`);
  let response: Response;
  try {
    response = await fetch(address, { ...init, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'unreachable', 'the server does not answer', 'is `tailrace run` still running? This page goes on by itself when it is');
  }
  if (response.status === 401) for (const listener of onUnauthorized) listener();
  if (!answers(response.status)) throw await errorOf(response);
  return response;
}

export async function get<P extends Pattern<'get'>>(pattern: P, ask: Ask<P, 'get'> = {}): Promise<AnswerOf<`GET ${P}`>> {
  const response = await send(addressOf(pattern, ask.path as object, ask.query as object), { signal: ask.signal });
  return (await response.json()) as AnswerOf<`GET ${P}`>;
}

export async function post<P extends Pattern<'post'>>(pattern: P, body: unknown, ask: Ask<P, 'post'> = {}): Promise<AnswerOf<`POST ${P}`>> {
  const response = await send(addressOf(pattern, ask.path as object, ask.query as object), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal: ask.signal,
  });
  return (await response.json()) as AnswerOf<`POST ${P}`>;
}

export async function remove<P extends Pattern<'delete'>>(pattern: P, ask: Ask<P, 'delete'> = {}): Promise<AnswerOf<`DELETE ${P}`>> {
  const response = await send(addressOf(pattern, ask.path as object, ask.query as object), { method: 'DELETE', signal: ask.signal });
  return (await response.json()) as AnswerOf<`DELETE ${P}`>;
}

/** The same with a text that is no JSON, such as a file. */
export async function postText<P extends Pattern<'post'>>(pattern: P, text: string, type: string, ask: Ask<P, 'post'> = {}): Promise<AnswerOf<`POST ${P}`>> {
  const response = await send(addressOf(pattern, ask.path as object, ask.query as object), { method: 'POST', headers: { 'Content-Type': type }, body: text, signal: ask.signal });
  return (await response.json()) as AnswerOf<`POST ${P}`>;
}
