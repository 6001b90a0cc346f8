// The keyboard is never lost: it goes back to where it was when what is over the page ends, and stays near when what it was at is taken away.
import { useEffect, useRef, type KeyboardEvent } from 'react';

const OVER = '[role="dialog"], [role="menu"]';
const PLACES = 'section, aside, form, li, tr, fieldset, header, [role="group"], [role="region"], main';

/** The element that has the keyboard, also within a shadow tree (the editor). */
function focused(): HTMLElement | null {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at instanceof HTMLElement && at !== document.body ? at : null;
}

// Of the page itself, not of what is over it: a dialog may follow on another one, or be opened from a menu that has ended by then.
let last: HTMLElement | null = null;
let placesOfLast: HTMLElement[] = [];

function remember(): void {
  const now = focused();
  if (!now || now.closest(OVER)) return;
  last = now;
  placesOfLast = [];
  // What is in a shadow tree has its host for a place.
  const host = (now.getRootNode() as ShadowRoot).host;
  for (let at = (host ?? now).closest<HTMLElement>(PLACES); at; at = at.parentElement?.closest<HTMLElement>(PLACES) ?? null) placesOfLast.push(at);
}

function focusPlace(place: HTMLElement | null | undefined): void {
  if (!place) return;
  // It takes the keyboard from here alone.
  if (!place.hasAttribute('tabindex')) place.tabIndex = -1;
  place.focus();
}

/** To the beginning of the page, unless the reader has gone on from there already. */
export function focusPage(): void {
  if (focused() === null) focusPlace(document.getElementById('main'));
}

function focusNear(): void {
  if (last?.isConnected) last.focus();
  else focusPlace(placesOfLast.find((place) => place.isConnected) ?? document.getElementById('main'));
}

/** For `onCloseAutoFocus` of a dialog: Radix knows the way back only where a trigger of its own opened it. */
export function focusBack(event: Event): void {
  event.preventDefault();
  focusNear();
}

/** For as long as the page is shown: what the reader was at may be taken away, such as a filter that is gone or a letter that was sent. Returns how to stop. */
export function keepFocus(): () => void {
  const look = () => {
    if (focused() === null && last && !last.isConnected && !document.querySelector(OVER)) focusNear();
  };
  const watch = new MutationObserver(look);
  document.addEventListener('focusin', remember);
  watch.observe(document.body, { childList: true, subtree: true });
  return () => {
    document.removeEventListener('focusin', remember);
    watch.disconnect();
  };
}

/**
 * For a panel that tells of what was chosen beside it: opened by keyboard it takes the keyboard, Escape ends it, and the keyboard is where it was.
 * A mouse is already where it should be.
 */
export function usePanel(shown: string, onClose: () => void) {
  const panel = useRef<HTMLElement>(null);
  const from = useRef<HTMLElement | null>(null);
  useEffect(() => {
    const now = focused();
    if (!now?.matches(':focus-visible') || now.matches('input') || panel.current?.contains(now)) return;
    from.current = now;
    panel.current?.focus();
  }, [shown]);
  const close = () => {
    onClose();
    if (from.current?.isConnected) from.current.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.defaultPrevented) close();
  };
  return { close, props: { ref: panel, tabIndex: -1, onKeyDown } };
}
