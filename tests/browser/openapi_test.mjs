// web/src/api/openapi.d.ts is what the program says of itself, so that the console cannot ask for what there is not.
//
//   TAILRACE_UPDATE=1 node tests/browser/openapi_test.mjs     writes it anew
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromWeb, getJson, serve, SOURCE } from './harness.mjs';

const FILE = join(SOURCE, 'web/src/api/openapi.d.ts');
const HEAD = '// Made from GET /openapi.json by tests/browser/openapi_test.mjs (TAILRACE_UPDATE=1). Not to be edited.\n\n';
// Without doors and APIs of its own.
const PIPELINE = 'pipeline: any\nstreams: {any: {schema: {any: string}}}\nserver: {listen: "127.0.0.1:0"}\n';

test('the types of the API are those of the program', async () => {
  const { default: openapi, astToString } = fromWeb('openapi-typescript');
  const server = await serve(PIPELINE);
  try {
    const types = HEAD + astToString(await openapi(await getJson(server, '/openapi.json')));
    if (process.env.TAILRACE_UPDATE) writeFileSync(FILE, types);
    assert.equal(readFileSync(FILE, 'utf8'), types, 'run it with TAILRACE_UPDATE=1');
  } finally {
    await server.stop();
  }
});
