/**
 * Goal: with a witness required, nothing leaves that it has not cosigned, and a log that was set back is found out.
 * Method: `sluice witness` in a process of its own with a real gateway; it is killed, started again, and the gateway's home is
 * put back as it was. Control: the same job with the witness there; with `follow` nobody waits.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LOG_ORIGIN, loadOrCreateLogKey } from '../../../gateway/audit/index.ts';
import { cosignerKey } from '../../../gateway/witness/cosigner-key.ts';
import { runSluice } from '../cli/run-sluice.ts';
import { PEOPLE_CSV, PEOPLE_SCHEMA } from '../life/people.ts';
import { ask, publish, type RunningGateway, startGateway } from '../life/running-gateway.ts';

const COUNT = 'SELECT count(*) FROM people';
const CLI = join(import.meta.dirname, '../../../gateway/cli/sluice.ts');

let dir: string;
let home: string;
let vkey: string;
let developer: string;
const children: ChildProcess[] = [];

interface Witness {
  readonly url: string;
  readonly keys: readonly string[];
  kill(): Promise<void>;
}

async function startWitness(port = '0'): Promise<Witness> {
  const args = ['witness', '--dir', join(dir, 'witness'), '--name', 'office.example/w1', '--log', vkey, '--port', port];
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
    if (text.trimEnd().split('\n').length === 3 && text.endsWith('\n')) resolve(text);
  });
  child.once('exit', (code) => reject(new Error(`the witness ended with ${code}`)));
  const [url = '', ...keys] = (await promise).trimEnd().split('\n');
  const kill = () => {
    const gone = new Promise<void>((done) => child.once('exit', () => done()));
    child.kill('SIGKILL');
    return gone;
  };
  return { url: url.replace('witness ', ''), keys, kill };
}

const witnessed = ({ url, keys }: Witness, policy: string, key = 0) => ({
  SLUICE_WITNESS_URL: url,
  SLUICE_WITNESS_KEY: keys[key] ?? '',
  SLUICE_WITNESS_POLICY: policy,
  SLUICE_WITNESS_WAIT_MS: '1000',
});

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-witness-'));
  const first = await startGateway();
  home = first.home;
  developer = (await publish(first, { schema: PEOPLE_SCHEMA, csv: PEOPLE_CSV }, { plan: 'people' })).developer;
  await first.stop();
  vkey = loadOrCreateLogKey(join(home, 'keys', 'log.key'), LOG_ORIGIN).vkey;
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true });
  await rm(home, { recursive: true, force: true });
});

const resultOf = (running: RunningGateway, id: string) => running.request(developer, 'GET', `/v1/jobs/${id}/result`);

it('holds results back while the witness is away, by the setting, and finds a log that was set back', async () => {
  const witness = await startWitness();
  const port = new URL(witness.url).port;
  let running = await startGateway(home, undefined, witnessed(witness, 'require'));
  const there = await ask(running, developer, 'people', COUNT);
  expect(there.body.result?.rows, 'control').toEqual([[400]]);
  const receipt = join(dir, 'receipt');
  await writeFile(receipt, await (await running.request(developer, 'GET', `/v1/jobs/${there.body.id}/receipt`)).text());
  const another = cosignerKey('office.example/w1', 'ed25519', generateKeyPairSync('ed25519').privateKey).vkey;
  for (const key of [witness.keys[1] ?? '', another]) {
    const verify = ['receipt', 'verify', receipt, '--home', home, '--key', vkey, '--witness', key];
    expect((await runSluice(verify)).code).toBe(key === another ? 1 : 0);
  }

  await witness.kill();
  const away = await ask(running, developer, 'people', COUNT);
  expect([away.body.state, away.body.result]).toEqual(['finished', null]);
  const held = await resultOf(running, away.body.id);
  expect([held.status, ((await held.json()) as { code: string }).code]).toEqual([503, 'WITNESS_AWAY']);

  const again = await startWitness(port);
  await expect.poll(async () => (await resultOf(running, away.body.id)).status, { timeout: 20_000 }).toBe(200);
  await running.stop();

  const early = join(dir, 'early');
  await cp(home, early, { recursive: true });
  running = await startGateway(home, undefined, witnessed(again, 'require'));
  expect((await ask(running, developer, 'people', COUNT)).body.result?.rows).toEqual([[400]]);
  await running.stop();
  const fatal: unknown[] = [];
  const setBack = await startGateway(early, undefined, witnessed(again, 'require'), (error) => fatal.push(error));
  const forked = await ask(setBack, developer, 'people', COUNT);
  expect(forked.body.result).toBeNull();
  expect(fatal[0]).toMatchObject({ code: 'LOG_CORRUPT' });
  await setBack.stop();
  await again.kill();
});

it('waits for nobody where it only follows', async () => {
  const witness = await startWitness();
  await witness.kill();
  const running = await startGateway(home, undefined, witnessed(witness, 'follow', 1));
  expect((await ask(running, developer, 'people', COUNT)).body.result?.rows).toEqual([[400]]);
  await running.stop();
  expect(JSON.parse(await readFile(join(dir, 'witness', 'state.json'), 'utf8'))).toHaveProperty([
    vkey.split('+')[0]!,
    'size',
  ]);
});

it('does not begin anew where what it cosigned is lost or damaged', async () => {
  await (await startWitness()).kill();
  const state = join(dir, 'witness', 'state.json');
  const kept = await readFile(state);
  const start = () =>
    runSluice(['witness', '--dir', join(dir, 'witness'), '--name', 'w', '--log', vkey, '--port', '0']);
  await rm(state);
  expect(await start()).toMatchObject({
    code: 2,
    err: expect.stringContaining('is missing: restore it from a backup'),
  });
  await writeFile(state, kept.subarray(0, -2));
  expect(await start()).toMatchObject({ code: 2, err: expect.stringContaining('no witness’s') });
  await writeFile(state, kept);
  await (await startWitness()).kill(); // control
});
