// One of many values, found by typing.
import { Check, ChevronDown } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useId, useMemo, useState, type KeyboardEvent } from 'react';
import { plural } from '../../lib/format';

export interface Option {
  value: string | null; // null: all of them
  label: string;
}

const SHOWN_MAX = 100;

function optionsMatching(options: Option[], text: string): Option[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return options;
  const starts = options.filter(({ label }) => label.toLowerCase().startsWith(wanted));
  return [...starts, ...options.filter(({ label }) => !label.toLowerCase().startsWith(wanted) && label.toLowerCase().includes(wanted))];
}

interface SearchSelectProps {
  label: string;
  options: Option[];
  value: string | null;
  /** What is said when nothing is chosen. */
  none: string;
  onChoose: (value: string | null) => void;
}

export function SearchSelect({ label, options, value, none, onChoose }: SearchSelectProps) {
  const [open, setOpen] = useState(false);
  const shown = options.find((option) => option.value === value)?.label ?? value ?? none;
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <button type="button" className="input select-button" aria-label={`${label}: ${shown}`}>
          <span className="ellipsis">{shown}</span>
          <ChevronDown size={14} aria-hidden />
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="menu select-list" align="start" sideOffset={4} collisionPadding={8} aria-label={label}>
          <Finder
            label={label}
            options={options}
            value={value}
            onChoose={(chosen) => {
              setOpen(false);
              onChoose(chosen);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Finder({ label, options, value, onChoose }: Omit<SearchSelectProps, 'none'>) {
  const id = useId();
  const [text, setText] = useState('');
  const all = useMemo(() => optionsMatching(options, text), [options, text]);
  const found = all.slice(0, SHOWN_MAX);
  const [at, setAt] = useState(() => Math.max(0, found.findIndex((option) => option.value === value)));
  const active = Math.min(at, Math.max(0, found.length - 1));
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt(Math.min(active + 1, found.length - 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(active - 1, 0));
    else if (event.key === 'Enter' && found[active]) onChoose(found[active].value);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        className="input"
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={found.length ? `${id}-${active}` : undefined}
        aria-label={`Find ${label}`}
        placeholder="Find ..."
        value={text}
        autoFocus
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      <ul id={id} role="listbox" aria-label={label}>
        {found.map((option, i) => (
          <li
            key={option.value ?? ''}
            id={`${id}-${i}`}
            role="option"
            aria-selected={option.value === value}
            data-active={i === active || undefined}
            ref={i === active ? (element) => element?.scrollIntoView({ block: 'nearest' }) : undefined}
            onClick={() => onChoose(option.value)}
            onMouseMove={() => setAt(i)}
          >
            <span className="ellipsis">{option.label}</span>
            {option.value === value && <Check size={14} aria-hidden />}
          </li>
        ))}
        {found.length === 0 && (
          <li role="option" aria-selected={false} aria-disabled>
            Nothing is called that.
          </li>
        )}
      </ul>
      {all.length > SHOWN_MAX && <p className="faint small select-more">{plural(all.length - SHOWN_MAX, 'more', 'more')}: type to find them.</p>}
    </>
  );
}
