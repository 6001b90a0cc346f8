// The small parts that every page is made of.
import { useQueryClient } from '@tanstack/react-query';
import { Check, Copy, Inbox, OctagonAlert, RefreshCw, type LucideIcon } from 'lucide-react';
import { useEffect, useState, type ComponentProps, type ReactNode } from 'react';
import { ApiError } from '../api/client';
import type { Connection } from '../api/events';
import { time } from '../lib/format';

export type Tone = 'ok' | 'warn' | 'bad' | 'accent' | 'plain';

type ButtonProps = ComponentProps<'button'> & { look?: 'primary' | 'danger' | 'quiet' | 'plain'; icon?: LucideIcon };

/** While it may not be pressed it keeps the keyboard: a button that is disabled drops it, and whoever pressed it would begin anew at the top of the page. */
export function Button({ look = 'plain', icon: Icon, children, className = '', disabled, onClick, ...rest }: ButtonProps) {
  const only = children === undefined;
  return (
    <button
      type="button"
      className={`button ${look === 'plain' ? '' : look} ${only ? 'icon' : ''} ${className}`}
      aria-disabled={disabled || undefined}
      onClick={disabled ? (event) => event.preventDefault() : onClick}
      {...rest}
    >
      {Icon && <Icon size={15} aria-hidden />}
      {children}
    </button>
  );
}

export function Badge({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`badge ${tone === 'plain' ? '' : tone}`}>{children}</span>;
}

export function PageHead({ title, text, children }: { title: ReactNode; text?: ReactNode; children?: ReactNode }) {
  return (
    <header className="page-head">
      <div className="grow">
        <h1>{title}</h1>
        {text && <p>{text}</p>}
      </div>
      {children && <div className="row">{children}</div>}
    </header>
  );
}

export type CardProps = Omit<ComponentProps<'section'>, 'title'> & { title?: ReactNode; actions?: ReactNode; flush?: boolean };

export function Card({ title, actions, children, flush = false, ...rest }: CardProps) {
  return (
    <section className="card" {...rest}>
      {title && (
        <header>
          <h2>{title}</h2>
          {actions && <div className="row">{actions}</div>}
        </header>
      )}
      {flush ? children : <div className="body">{children}</div>}
    </section>
  );
}

export function Empty({ icon: Icon = Inbox, title, children }: { icon?: LucideIcon; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon size={30} strokeWidth={1.5} aria-hidden />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Notice({ tone, icon: Icon, title, children, actions }: { tone: Tone; icon: LucideIcon; title: ReactNode; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon size={18} aria-hidden />
      <div className="grow">
        <strong>{title}</strong>
        {children && <div>{children}</div>}
      </div>
      {actions}
    </div>
  );
}

/** What went wrong, in the server's words, and what to do next. */
export function Failure({ error, what }: { error: unknown; what: string }) {
  const queries = useQueryClient();
  const told = error instanceof ApiError ? error : new ApiError(0, 'unknown', String(error));
  const why = told.status === 403 ? 'Your key does not allow this. ' : '';
  return (
    <Notice
      tone="bad"
      icon={OctagonAlert}
      title={`${what}: ${told.message}`}
      actions={
        <Button icon={RefreshCw} onClick={() => void queries.invalidateQueries()}>
          Try again
        </Button>
      }
    >
      {why}
      {told.hint}
    </Notice>
  );
}

export function Loading({ rows = 4 }: { rows?: number }) {
  return (
    <div className="stack" aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className={`skeleton s${i % 3}`} />
      ))}
    </div>
  );
}

/** When what is shown was true, and whether it is kept so. */
export function Live({ at, state }: { at: Date | null; state: Connection | 'paused' }) {
  const words = { connecting: 'connecting', live: 'live', waiting: 'trying again', paused: 'paused' }[state];
  const tone = { connecting: '', live: 'live', waiting: 'warn', paused: '' }[state];
  return (
    <span className="live" data-testid="as-of" data-state={state}>
      <span className={`dot ${tone}`} />
      {words}
      {at && <span>· as of {time(at)}</span>}
    </span>
  );
}

export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <Button icon={done ? Check : Copy} onClick={() => void navigator.clipboard.writeText(text).then(() => setDone(true))}>
      {done ? 'Copied' : label}
    </Button>
  );
}

export function Stats({ children }: { children: ReactNode }) {
  return <dl className="stats">{children}</dl>;
}

export function Stat({ name, value, small }: { name: string; value: ReactNode; small?: ReactNode }) {
  return (
    <div className="stat">
      <dt>{name}</dt>
      <dd>
        {value} {small && <small>{small}</small>}
      </dd>
    </div>
  );
}
