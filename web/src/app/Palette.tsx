// Ctrl-K: to any page, stream, table, collection or API by a part of its name.
import { Dialog } from 'radix-ui';
import { useDeferredValue, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useNavigate } from 'react-router';
import { useGraph } from '../api/graph';
import { focusBack, focusPage } from '../ui/focus';
import { KIND_ICONS } from '../ui/kinds';
import { PLACES, pathOf, type Place } from './places';

const SHOWN_MAX = 40;

interface Entry extends Place {
  what: string;
}

/** Those with all letters of `text` in their order; the shorter the better. */
function matching<T extends { title: string }>(entries: T[], text: string): T[] {
  const wanted = text.toLowerCase().replace(/\s+/g, '');
  const score = (title: string): number => {
    const lower = title.toLowerCase();
    if (lower.startsWith(wanted)) return 0;
    if (lower.includes(wanted)) return 1;
    let at = 0;
    for (const letter of wanted) {
      at = lower.indexOf(letter, at) + 1;
      if (at === 0) return -1;
    }
    return 2;
  };
  return entries
    .map((entry) => ({ entry, score: score(entry.title) }))
    .filter(({ score }) => score >= 0)
    .sort((a, b) => a.score - b.score || a.entry.title.length - b.entry.title.length)
    .slice(0, SHOWN_MAX)
    .map(({ entry }) => entry);
}

export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  // To another page, where the keyboard begins anew.
  const gone = useRef(false);
  return (
    <Dialog.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Dialog.Portal>
        <div className="scrim" />
        <Dialog.Content
          className="dialog palette"
          aria-describedby={undefined}
          onCloseAutoFocus={(event) => {
            if (!gone.current) return focusBack(event);
            event.preventDefault();
            gone.current = false;
            focusPage();
          }}
        >
          <Dialog.Title className="visually-hidden">Find a page or a part of the pipeline</Dialog.Title>
          <Finder
            onGo={() => {
              gone.current = true;
              onClose();
            }}
          />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Finder({ onGo }: { onGo: () => void }) {
  const { data: graph } = useGraph();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const deferred = useDeferredValue(text);
  const entries = useMemo<Entry[]>(() => {
    const parts = (graph?.nodes ?? []).flatMap((node) => {
      const path = pathOf(node);
      return path ? [{ path, title: node.name, icon: KIND_ICONS[node.kind], what: node.kind }] : [];
    });
    return [...PLACES.map((place) => ({ ...place, what: 'page' })), ...parts];
  }, [graph]);
  const found = useMemo(() => matching(entries, deferred), [entries, deferred]);
  const at = Math.min(chosen, Math.max(found.length - 1, 0));
  const go = (entry?: Entry) => {
    if (!entry) return;
    onGo();
    void navigate(entry.path);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setChosen(Math.min(at + 1, found.length - 1));
    else if (event.key === 'ArrowUp') setChosen(Math.max(at - 1, 0));
    else if (event.key === 'Enter') go(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        role="combobox"
        aria-expanded
        aria-controls="palette-list"
        aria-activedescendant={found.length ? `palette-${at}` : undefined}
        aria-label="Find"
        placeholder="Find a page, stream, table, collection ..."
        value={text}
        autoFocus
        onChange={(event) => {
          setText(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKey}
      />
      <ul id="palette-list" role="listbox" aria-label="Found">
        {found.map((entry, i) => (
          <li key={entry.path + entry.what} id={`palette-${i}`} role="option" aria-selected={i === at} onClick={() => go(entry)} onMouseMove={() => setChosen(i)}>
            <entry.icon size={16} aria-hidden />
            <span className="ellipsis">{entry.title}</span>
            <small>{entry.what}</small>
          </li>
        ))}
        {found.length === 0 && (
          <li role="option" aria-selected={false} aria-disabled>
            Nothing here is called that.
          </li>
        )}
      </ul>
    </>
  );
}
