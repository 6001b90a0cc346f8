// Which paths are the program's own: the first words of the routes that it describes (src/api/openapi.d.ts), and what pipeline files add.
import { readFileSync } from 'node:fs';

const DESCRIBED = new URL('../src/api/openapi.d.ts', import.meta.url);
// Routes of the console itself, which Vite serves here.
const CONSOLE = new Set(['', 'console', 'assets']);
// Where the APIs of a file are unless it says otherwise.
const OF_FILES = ['api'];

/** A regular expression, as text. */
export function routesToServer() {
  const firsts = [...readFileSync(DESCRIBED, 'utf8').matchAll(/^ {4}"\/([^/"]*)/gm)].map((found) => found[1]);
  const names = [...new Set([...firsts, ...OF_FILES])].filter((name) => !CONSOLE.has(name));
  return `^/(${names.map((name) => name.replace('.', '\\.')).join('|')})([/?]|$)`;
}
