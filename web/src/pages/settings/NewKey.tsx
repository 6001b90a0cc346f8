// What a new key may do, of what, and for how long.
import { useQueryClient } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { post } from '../../api/client';
import { useGraph } from '../../api/graph';
import type { IssuedKey, Role } from '../../api/types';
import { Button, Failure } from '../../ui/parts';
import { thingsOf } from './things';

const ROLES: { role: Role; text: string }[] = [
  { role: 'ingest', text: 'append records' },
  { role: 'read', text: 'read and query, with this console' },
  { role: 'admin', text: 'everything: redrive, rebuild, run jobs, make keys' },
];

const LIFETIMES = [
  { value: '', title: 'until it is revoked' },
  { value: '1d', title: 'a day' },
  { value: '30d', title: '30 days' },
  { value: '90d', title: '90 days' },
  { value: '365d', title: 'a year' },
];

export function NewKey({ isFirst, onMade, onCancel }: { isFirst: boolean; onMade: (key: IssuedKey) => void; onCancel: () => void }) {
  const queries = useQueryClient();
  const { data: graph } = useGraph();
  const [name, setName] = useState('');
  // Whoever closes the door should not lock himself out.
  const [roles, setRoles] = useState<ReadonlySet<Role>>(new Set([isFirst ? 'admin' : 'read']));
  const [expires, setExpires] = useState('');
  const [limited, setLimited] = useState(false);
  const [only, setOnly] = useState<ReadonlySet<string>>(new Set());
  const [aws, setAws] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const isAdmin = roles.has('admin');
  const isLimited = limited && !isAdmin;
  const isWhole = roles.size > 0 && (!isLimited || only.size > 0);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const made = await post('/keys', { name: name.trim(), roles: [...roles], ...(isLimited && { only: [...only] }), ...(expires && { expires }), ...(aws && { aws }) });
      // The list is asked for again once the secret has been seen: the first key closes the door for this page.
      if (!isFirst) await queries.invalidateQueries({ queryKey: ['keys'] });
      onMade(made);
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <div className="field">
        <label htmlFor="key-name">Name: whose it is, or what for</label>
        <input id="key-name" className="input" maxLength={100} autoFocus autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} placeholder="till in the shop" />
      </div>
      <fieldset className="choices">
        <legend className="label">It may</legend>
        {ROLES.map(({ role, text }) => (
          <Choice key={role} title={role} text={text} chosen={roles.has(role)} onChange={(now) => setRoles(toggled(roles, role, now))} />
        ))}
      </fieldset>
      <fieldset className="choices" disabled={isAdmin}>
        <legend className="label">Of</legend>
        <Choice title="only some parts" text={isAdmin ? 'an admin cannot be limited' : 'of the pipeline; else of everything'} chosen={isLimited} onChange={setLimited} />
        {isLimited && (
          <div className="things" role="group" aria-label="Parts" tabIndex={0}>
            {thingsOf(graph?.nodes ?? []).map(({ id, kind, name: title }) => (
              <Choice key={id} title={title} text={kind} chosen={only.has(id)} onChange={(now) => setOnly(toggled(only, id, now))} />
            ))}
          </div>
        )}
      </fieldset>
      <div className="field">
        <label htmlFor="key-expires">It is valid</label>
        <select id="key-expires" className="input" value={expires} onChange={(event) => setExpires(event.target.value)}>
          {LIFETIMES.map(({ value, title }) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </select>
      </div>
      <Choice title="an access key" text="for clients of Kinesis and Firehose, such as boto3, which sign with it" chosen={aws} onChange={setAws} />
      {Boolean(error) && <Failure error={error} what="It was not made" />}
      <div className="row end">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" icon={KeyRound} look="primary" disabled={busy || !isWhole}>
          {busy ? 'Making it' : 'Make the key'}
        </Button>
      </div>
    </form>
  );
}

function toggled<T>(set: ReadonlySet<T>, value: T, now: boolean): ReadonlySet<T> {
  const next = new Set(set);
  if (now) next.add(value);
  else next.delete(value);
  return next;
}

function Choice({ title, text, chosen, onChange }: { title: string; text: string; chosen: boolean; onChange: (now: boolean) => void }) {
  return (
    <label className="choice">
      <input type="checkbox" checked={chosen} onChange={(event) => onChange(event.target.checked)} />
      <span>
        <strong>{title}</strong> <span className="muted">{text}</span>
      </span>
    </label>
  );
}
