/**
 * Goal: a home whose store and vault are of two moments, as after half a restore, loses nothing: a store that is older than its vault is
 * refused before anything is removed; a vault that is older is told. Method: a real home with a backup of its first days, halves of
 * which are put back. Control: with both halves of one moment the same home starts, and answers.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { StartFailed, startFaulty } from '../../fault/faulty-gateway.ts';
import { PEOPLE, PEOPLE_CSV, PEOPLE_SCHEMA, peopleCsv } from './people.ts';
import { ask, must, publish, type RunningGateway, startGateway } from './running-gateway.ts';

const SQL = 'SELECT dept, count(*) AS n FROM people GROUP BY dept';
const root = mkdtempSync(join(tmpdir(), 'sluice-moment-'));
const [early, late] = [join(root, 'early'), join(root, 'late')];
let running: RunningGateway;
let developer: string;
let rows: unknown;

beforeAll(async () => {
  running = await startGateway();
  const { home } = running;
  ({ developer } = await publish(running, { schema: PEOPLE_SCHEMA, csv: PEOPLE_CSV }));
  await running.stop();
  cpSync(home, early, { recursive: true });
  running = await startGateway(home);
  const provider = await running.token('provider', 'bob', 'census-office');
  const half = peopleCsv(PEOPLE.slice(0, 250));
  await must(running.request(provider, 'PUT', '/v1/resources/people/data', half, { 'content-type': 'text/csv' }));
  ({ rows } = (await ask(running, developer, 'p1', SQL)).body.result ?? {});
  await running.stop();
  cpSync(home, late, { recursive: true });
});
afterAll(async () => {
  await running.destroy();
  rmSync(root, { recursive: true, force: true });
});

/** The home with its store from one backup and its vault from another. */
function put(store: string, vault: string): string {
  const { home } = running;
  for (const name of readdirSync(home)) rmSync(join(home, name), { recursive: true });
  cpSync(store, home, { recursive: true });
  rmSync(join(home, 'vault'), { recursive: true });
  cpSync(join(vault, 'vault'), join(home, 'vault'), { recursive: true });
  return home;
}
const versions = () => readdirSync(join(running.home, 'vault', 'versions')).sort();

/** In a process of its own: what it says, null where it starts. */
async function refusal(): Promise<string | null> {
  const places = { home: running.home, runDir: running.config.runDir, tmpDir: root };
  try {
    await (await startFaulty(places, false)).end('SIGTERM');
    return null;
  } catch (error) {
    if (error instanceof StartFailed) return error.message;
    throw error;
  }
}

it('an older store is refused, names what it does not know, and removes nothing', async () => {
  put(early, late);
  const said = await refusal();
  expect(said).toContain('it has people@2, of which the store knows nothing');
  expect(said).toMatch(/last used with a log of \d+ entries/);
  expect(said).toContain('from one and the same backup');
  expect(versions()).toEqual(['people@1', 'people@2']);
  put(late, late);
  running = await startGateway(running.home);
  expect((await ask(running, developer, 'p1', SQL)).body.result?.rows).toEqual(rows);
  await running.stop();
});

it('also where the vault has no other version, by the log that it was last used under; and as the words say, one can go on', async () => {
  const home = put(early, late);
  renameSync(join(home, 'vault', 'versions', 'people@2'), join(root, 'moved'));
  const said = await refusal();
  expect(said).toMatch(
    /last used with a log of \d+ entries, and the log of the store, of \d+, is not its continuation/,
  );
  expect(said).not.toContain('knows nothing');
  rmSync(join(home, 'vault', 'log-head'));
  running = await startGateway(home);
  expect((await ask(running, developer, 'p1', SQL)).body.state).toBe('finished');
  await running.stop();
});

it('an older vault is told in the log, and jobs over what it lacks are refused', async () => {
  const home = put(late, early);
  running = await startGateway(home);
  const office = await running.token('security', 'carol', 'security-office');
  const log = await (await running.request(office, 'GET', '/v1/audit/entries?kind=integrity')).text();
  expect(log).toContain('the vault lacks 1 versions that the catalogue has: people@2');
  const other = 'SELECT count(*) AS n FROM people';
  expect((await ask(running, developer, 'p1', other)).body).toMatchObject({ code: 'VAULT_CORRUPT' });
  await running.stop();
});

it('a damaged head is passed over, and written again', async () => {
  const home = put(late, late);
  const head = join(home, 'vault', 'log-head');
  const kept = readFileSync(head, 'utf8');
  writeFileSync(head, kept.replace(/^\d+$/m, '999999'));
  running = await startGateway(home);
  await running.stop();
  expect(Number(readFileSync(head, 'utf8').split('\n')[1])).toBeGreaterThan(Number(kept.split('\n')[1]));
});
