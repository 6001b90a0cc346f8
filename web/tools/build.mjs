// Builds the console into one file, which the program carries (format: src/server/console/console_pack.h).
//
//   node web/tools/build.mjs OUT
//
// What was built is kept beside the other things that are fetched or made once ($TAILRACE_DEPS/console), by a hash of all it is made
// from: a second build folder, or a second clone, only copies it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pack } from './pack.mjs';

const WEB = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const SOURCES = ['src', 'tools', 'index.html', 'package-lock.json', 'tsconfig.json', 'vite.config.mjs'];
const KEPT_MAX = 8;
const kept = join(process.env.TAILRACE_DEPS || join(homedir(), '.cache', 'tailrace'), 'console');

export function filesBelow(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).sort().flatMap((name) => filesBelow(join(path, name)));
}

function hashOfSources() {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap((name) => filesBelow(join(WEB, name)))) {
    const bytes = readFileSync(file);
    hash.update(`${relative(WEB, file)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex').slice(0, 32);
}

function run(name, ...words) {
  const program = join(WEB, 'node_modules', '.bin', name);
  if (!existsSync(program)) {
    console.error(`${relative(process.cwd(), program)} is not there: run tools/setup`);
    process.exit(1);
  }
  const { status } = spawnSync(program, words, { cwd: WEB, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, NODE_ENV: 'production' } });
  if (status !== 0) process.exit(status ?? 1);
}

function forgetOld() {
  const packs = readdirSync(kept).filter((name) => name.endsWith('.pack'));
  const byAge = packs.map((name) => join(kept, name)).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const path of byAge.slice(KEPT_MAX)) rmSync(path, { force: true });
}

function build(to) {
  const scratch = mkdtempSync(join(tmpdir(), 'tailrace-console-'));
  try {
    run('tsc', '--project', 'tsconfig.json');
    run('vite', 'build', '--outDir', join(scratch, 'dist'), '--emptyOutDir', '--logLevel', 'warn');
    mkdirSync(kept, { recursive: true });
    const temporary = join(kept, `${process.pid}.new`);
    writeFileSync(temporary, pack(join(scratch, 'dist')));
    renameSync(temporary, to);
    forgetOld();
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const out = process.argv[2];
if (!out) {
  console.error('usage: node web/tools/build.mjs OUT');
  process.exit(2);
}
const made = join(kept, `${hashOfSources()}.pack`);
if (!existsSync(made)) build(made);
cpSync(made, out);
