// Puts the files of a folder into one, as src/server/console/console_pack.h draws it.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
};
const TAG_DIGITS = 16;

export function pack(folder) {
  const files = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const type = TYPES[extname(path)];
    if (!type) throw new Error(`no content type is known for ${path}`);
    const bytes = readFileSync(path);
    files.push({
      name: path.slice(folder.length + 1),
      type,
      tag: createHash('sha256').update(bytes).digest('hex').slice(0, TAG_DIGITS),
      gzip: gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }),
    });
  }
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  let offset = 0;
  let head = 'tailrace console 1\n';
  for (const file of files) {
    head += [file.name, file.type, file.tag, offset, file.gzip.length].join('\t') + '\n';
    offset += file.gzip.length;
  }
  return Buffer.concat([Buffer.from(`${head}\n`), ...files.map((file) => file.gzip)]);
}
