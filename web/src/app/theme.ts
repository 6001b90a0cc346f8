// Light, dark, or as the system says.
import { useSyncExternalStore } from 'react';

type Theme = 'system' | 'light' | 'dark';

const KEY = 'tailrace.theme';
const system = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

function chosenTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

function shownTheme(): 'light' | 'dark' {
  const chosen = chosenTheme();
  return chosen === 'system' ? (system.matches ? 'dark' : 'light') : chosen;
}

// Every drawing asks for it; the browser's store would take its time each time.
let shown = shownTheme();

function apply(): void {
  shown = shownTheme();
  document.documentElement.dataset.theme = shown;
  for (const listener of listeners) listener();
}

export function chooseTheme(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
  apply();
}

export function startTheme(): void {
  system.addEventListener('change', apply);
  apply();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useTheme = (): 'light' | 'dark' => useSyncExternalStore(listen, () => shown);
