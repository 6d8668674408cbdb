/**
 * Goal: from the command line a provider destroys a version and checks the certificate offline; `doctor` finds plain data that lies about.
 * Method: the commands against a real gateway behind a port. Controls: a certificate that was changed, a home without and with remnants.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examineRemains } from '../../../gateway/cli/examine-remains.ts';
import { PEOPLE_CSV, PEOPLE_SCHEMA } from '../life/people.ts';
import { publish, type RunningGateway, startGateway } from '../life/running-gateway.ts';
import { runSluice } from './run-sluice.ts';

let running: RunningGateway;
let server: ReturnType<typeof serve>;
let env: Record<string, string>;
const dir = mkdtempSync(join(tmpdir(), 'sluice-certificates-'));
const file = join(dir, 'people-1.json');

beforeAll(async () => {
  running = await startGateway();
  const { provider } = await publish(running, { schema: PEOPLE_SCHEMA, csv: PEOPLE_CSV });
  const port = await new Promise<number>((resolve) => {
    server = serve({ fetch: running.gateway.app.fetch, hostname: '127.0.0.1', port: 0 }, (info) => resolve(info.port));
  });
  env = { SLUICE_URL: `http://127.0.0.1:${port}`, SLUICE_TOKEN: provider };
});
afterAll(async () => {
  server.close();
  rmSync(dir, { recursive: true, force: true });
  await running.destroy();
});

test('destroy keeps the certificate, never over another file', async () => {
  const done = await runSluice(['destroy', 'people', '1', '--out', file], env);
  expect(done).toMatchObject({ code: 0, err: '' });
  expect(done.out).toMatch(
    /^destroyed: people version 1, 400 rows, ordered by census-office\/bob, complete at \S+Z\nscan: \d+ files, \d+ MiB, \d+ known pages looked for, nothing found\n$/,
  );
  const again = await runSluice(['certificate', 'get', 'people', '1', '--out', file], env);
  expect(again).toMatchObject({ code: 2 });
  expect(again.err).toContain('cannot write a new file');
  expect(await runSluice(['destroy', 'people', '7'], env)).toMatchObject({ code: 1, out: '' });
});

test('a certificate verifies offline; a changed one does not', async () => {
  const verify = (path: string) => runSluice(['certificate', 'verify', path, '--home', running.home], {});
  const good = await verify(file);
  expect(good).toMatchObject({ code: 0 });
  expect(good.out).toMatch(/the certificate is good: entry \d+ of the signed log of \d+ entries vouches for it\n$/);
  const forged = join(dir, 'forged.json');
  writeFileSync(forged, readFileSync(file, 'utf8').replace('"rows": 400', '"rows": 40'));
  expect(await verify(forged)).toMatchObject({ code: 1, out: expect.stringContaining('does not verify') as string });
  writeFileSync(forged, '{');
  expect(await verify(forged)).toMatchObject({ code: 2 });
});

test('doctor: nothing while a gateway runs; then what lies about by its path', async () => {
  const facts = async () => (await examineRemains(running.config)).map(({ state, fact }) => [state, fact.en]);
  expect(await facts()).toEqual([['ok', 'not looked for: a gateway is running on this home']]);
  await running.stop();
  expect(await facts()).toEqual([['ok', expect.stringMatching(/^none in \d+ files of /)]]);
  writeFileSync(join(running.home, 'old.duckdb'), `12345678DUCK${'x'.repeat(99)}`);
  writeFileSync(join(running.home, 'vault', 'staging', 'left'), 'x');
  expect(await facts()).toEqual([
    ['failure', 'plain table files that nobody has in use: old.duckdb'],
    ['warning', 'files left in folders for work: vault/staging/left'],
  ]);
});
