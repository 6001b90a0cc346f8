// A JSON value as a tree that can be folded.
import { useState } from 'react';
import { ChevronDown, ChevronRight } from 'lucide-react';

const SHOWN_MAX = 200;
const OPEN_DEPTH = 2;

export function Json({ value, label }: { value: unknown; label: string }) {
  return (
    <div className="json mono" tabIndex={0} role="region" aria-label={label}>
      <Value value={value} depth={0} />
    </div>
  );
}

function Value({ value, depth }: { value: unknown; depth: number }) {
  if (value === null) return <span className="json-null">null</span>;
  if (typeof value === 'string') return <span className="json-text">"{value}"</span>;
  if (typeof value === 'number' || typeof value === 'boolean') return <span className="json-number">{String(value)}</span>;
  if (isNumeral(value)) return <span className="json-number">{value.text}</span>;
  return <Members value={value as object} depth={depth} />;
}

function isNumeral(value: unknown): value is { text: string } {
  return typeof value === 'object' && value !== null && 'isNumeral' in value;
}

function Members({ value, depth }: { value: object; depth: number }) {
  const [open, setOpen] = useState(depth < OPEN_DEPTH);
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const [left, right] = isList ? ['[', ']'] : ['{', '}'];
  if (entries.length === 0)
    return (
      <span className="faint">
        {left}
        {right}
      </span>
    );
  return (
    <>
      <button type="button" className="json-fold" aria-expanded={open} aria-label={open ? 'Fold' : 'Unfold'} onClick={() => setOpen(!open)}>
        {open ? <ChevronDown size={12} aria-hidden /> : <ChevronRight size={12} aria-hidden />}
        <span className="faint">{open ? left : `${left} ${entries.length} ${right}`}</span>
      </button>
      {open && (
        <ul className="json-members">
          {entries.slice(0, SHOWN_MAX).map(([name, member]) => (
            <li key={name}>
              {!isList && <span className="json-name">{name}: </span>}
              <Value value={member} depth={depth + 1} />
            </li>
          ))}
          {entries.length > SHOWN_MAX && <li className="faint">and {entries.length - SHOWN_MAX} more</li>}
          <li className="faint json-end">{right}</li>
        </ul>
      )}
    </>
  );
}
