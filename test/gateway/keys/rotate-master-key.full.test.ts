/**
 * Goal: a home goes on under a new master key as if nothing had happened, the old one opens nothing of it, and a rotation that is cut off
 * anywhere is finished by the next. Method: a real gateway before and after; a wrapper that fails at its n-th call, for every n. Controls:
 * until it is through, the gateway starts with neither key; a third key never helps.
 */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entryCount, openStoreReader, readEntries } from '../../../catalog/index.ts';
import { LOG_ORIGIN, loadOrCreateLogKey, verifyHome } from '../../../gateway/audit/index.ts';
import { readConfig } from '../../../gateway/config.ts';
import { deriveKey } from '../../../gateway/keys/derive-key.ts';
import {
  clearKeyFiles,
  type MasterKey,
  openHomeSecrets,
  openMasterKey,
  rotateMasterKey,
} from '../../../gateway/keys/index.ts';
import { masterKeyWrapper, openVault, requireWrapper } from '../../../sandbox/index.ts';
import { runSluice } from '../cli/run-sluice.ts';
import { PEOPLE, PEOPLE_CSV, PEOPLE_SCHEMA, peopleCsv } from '../life/people.ts';
import { ask, publish, type RunningGateway, startGateway } from '../life/running-gateway.ts';

const SQL = 'SELECT dept, avg(room) AS room FROM people GROUP BY dept'; // general-3: with noise of its set of rows
const OTHER = 'SELECT dept, count(*) AS n, sum(pay) AS pay FROM people GROUP BY dept';
const OWN_HOME = { SLUICE_HOME: '' };

let running: RunningGateway;
let home: string;
let developer: string;
let former: string;
const answers: unknown[] = [];
const made: string[] = [];

beforeAll(async () => {
  running = await startGateway();
  home = running.home;
  ({ developer } = await publish(running, { schema: PEOPLE_SCHEMA, csv: PEOPLE_CSV }));
  const provider = await running.token('provider', 'bob', 'census-office');
  const second = peopleCsv(PEOPLE.slice(0, 300));
  await running.request(provider, 'PUT', '/v1/resources/people/data', second, { 'content-type': 'text/csv' });
  answers.push((await ask(running, developer, 'p1', SQL)).body.result?.rows);
  await running.stop();
  former = readFileSync(join(home, 'keys', 'master.key'), 'utf8').trim();
});
afterAll(async () => {
  await running.destroy();
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

const copyOf = (): string => {
  const copy = mkdtempSync(join(tmpdir(), 'sluice-rotation-'));
  made.push(copy);
  cpSync(home, copy, { recursive: true });
  return copy;
};
const held = (hex: string): MasterKey => {
  const key = Buffer.from(hex, 'hex');
  return { key, wrapper: masterKeyWrapper(key), createdAt: null };
};
const NEXT = randomBytes(32).toString('hex');
const versions = (dir: string) => join(dir, 'vault', 'versions');
const sealedFiles = (dir: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(versions(dir), { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.seg') || name.endsWith('manifest'))
      .sort()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(versions(dir), name)))
          .digest('hex'),
      ]),
  );

/** What a start does before anything else: whether this key opens the home. */
async function opens(dir: string, master: MasterKey): Promise<true | string> {
  try {
    await openHomeSecrets(dir, master);
    await requireWrapper(join(dir, 'vault'), master.wrapper);
    return true;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('a rotation', () => {
  it('cut off at any call is finished by the next; meanwhile neither key starts the gateway', async () => {
    const reference = sealedFiles(home);
    let calls = 1;
    for (; calls < 50; calls += 1) {
      const dir = copyOf();
      const [from, to] = [held(former), held(NEXT)];
      let left = calls;
      const tired: MasterKey = {
        ...to,
        wrapper: {
          id: to.wrapper.id,
          wrap: (...args) => (left-- > 0 ? to.wrapper.wrap(...args) : Promise.reject(new Error('cut'))),
          unwrap: (...args) => (left-- > 0 ? to.wrapper.unwrap(...args) : Promise.reject(new Error('cut'))),
        },
      };
      const isThrough = await rotateMasterKey(dir, from, tired).then(
        () => true,
        () => false,
      );
      const anyRewrapped = (await opens(dir, from)) !== true;
      if (isThrough) {
        expect(await opens(dir, to)).toBe(true);
        break;
      }
      expect(await opens(dir, to), `${calls} calls`).toBe('MASTER_KEY_WRONG');
      if (anyRewrapped) expect(await opens(dir, from), `${calls} calls`).toBe('MASTER_KEY_WRONG');
      await expect(rotateMasterKey(dir, held('33'.repeat(32)), to)).rejects.toMatchObject({ code: 'MASTER_KEY_WRONG' });
      const change = await rotateMasterKey(dir, from, to);
      expect(change.rewrapped + change.before, 'two versions and the secrets').toBe(3);
      expect([await opens(dir, to), await opens(dir, from)]).toEqual([true, 'MASTER_KEY_WRONG']);
      expect(sealedFiles(dir)).toEqual(reference);
    }
    expect(calls, 'the wrapper is called for each of three secrets').toBeGreaterThanOrEqual(6);
  });

  it('passes over a key that an erasure overwrote, and begins nothing where one is damaged', async () => {
    const dir = copyOf();
    const keyOf = (label: string) => join(versions(dir), label, 'key');
    writeFileSync(keyOf('people@1'), randomBytes(readFileSync(keyOf('people@1')).length));
    const whole = readFileSync(keyOf('people@2'));
    const damaged = Buffer.from(whole);
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    writeFileSync(keyOf('people@2'), damaged);
    await expect(rotateMasterKey(dir, held(former), held(NEXT))).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
    expect(await opens(dir, held(former)), 'nothing was changed').toBe(true);
    writeFileSync(keyOf('people@2'), whole);
    expect(await rotateMasterKey(dir, held(former), held(NEXT))).toMatchObject({ rewrapped: 2, before: 0 });
    expect(await opens(dir, held(NEXT))).toBe(true);
  });

  it('leaves neither drafts nor former keys, wherever an earlier one was cut off', async () => {
    const dir = copyOf();
    const key = join(versions(dir), 'people@1', 'key');
    writeFileSync(`${key}.next`, 'a draft that came to nothing');
    linkSync(key, `${key}.former`); // cut off before the rename: both are the key in force
    const master = join(dir, 'keys', 'master.key');
    writeFileSync(`${master}.former`, 'a key that was replaced');
    linkSync(master, `${master}.0123456789abcdef`);
    const before = [readFileSync(key), readFileSync(master)];
    const keys = masterKeyWrapper(Buffer.from(former, 'hex'));
    const runDir = mkdtempSync('/dev/shm/sluice-rotation-');
    made.push(runDir);
    await openVault({ dir: join(dir, 'vault'), keys, runDir });
    await clearKeyFiles(dir);
    expect([readFileSync(key), readFileSync(master)]).toEqual(before);
    const left = [...readdirSync(join(dir, 'keys')), ...readdirSync(join(versions(dir), 'people@1'))];
    expect(left.filter((name) => /next|former|[0-9a-f]{16}$/.test(name))).toEqual([]);
  });

  it('is refused to the key that is in use, and while a gateway runs', async () => {
    await expect(rotateMasterKey(home, held(former), held(former))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('from the command line', () => {
  it('in the home: the key file is another, everything else as it was, and the old key opens nothing', async () => {
    const before = sealedFiles(home);
    const done = await runSluice(['keys', 'rotate', '--home', home], OWN_HOME);
    expect(done).toMatchObject({ code: 0, err: '' });
    expect(done.out).toMatch(/^master key [0-9a-f]{16} in place of [0-9a-f]{16}: 3 keys wrapped anew\n$/);
    expect(readFileSync(join(home, 'keys', 'master.key'), 'utf8').trim()).not.toBe(former);
    expect(readdirSync(join(home, 'keys')).filter((name) => name.includes('next'))).toEqual([]);
    expect(sealedFiles(home)).toEqual(before);
    expect(await opens(home, held(former))).toBe('MASTER_KEY_WRONG');
    expect((await runSluice(['doctor'], { SLUICE_HOME: home, SLUICE_MASTER_KEY: former })).out).toContain(
      'was wrapped by master key',
    );

    running = await startGateway(home);
    expect((await ask(running, developer, 'p1', SQL)).body.result?.rows, 'the same noise and tokens').toEqual(
      answers[0],
    );
    expect((await ask(running, developer, 'p1', OTHER)).body.state).toBe('finished');
    const office = await running.token('security', 'carol', 'security-office');
    const entries = await running.request(office, 'GET', '/v1/audit/entries?kind=integrity');
    expect(await entries.json(), 'no row is taken for another’s').toMatchObject({ items: [] });
    const busy = await runSluice(['keys', 'rotate', '--home', home], OWN_HOME);
    expect(busy).toMatchObject({
      code: 2,
      err: expect.stringContaining('another gateway holds this data directory') as string,
    });
    await running.stop();
  });

  it('to a key management service, and on to a file', async () => {
    const kms = join(home, '..', `kms-${String(process.pid)}`);
    made.push(kms);
    mkdirSync(kms);
    // The toy of the test: base64 there and back, behind the real interface.
    const path = join(kms, 'kms');
    const script = `#!/bin/sh\nread -r request\ndata=$(echo "$request" | sed 's/.*"data":"\\([^"]*\\)".*/\\1/')\necho "{\\"data\\":\\"$data\\"}"\n`;
    writeFileSync(path, script, { mode: 0o700 });
    const to = ['--to-command', path, '--to-name', 'kek-1'];
    const moved = await runSluice(['keys', 'rotate', '--home', home, ...to], OWN_HOME);
    expect(moved).toMatchObject({ code: 0, err: '' });
    expect(moved.out).toContain('now configure the new key for the gateway, then destroy the former one');
    const kmsEnv = { SLUICE_HOME: home, SLUICE_MASTER_KEY_COMMAND: path, SLUICE_MASTER_KEY_NAME: 'kek-1' };
    expect(await opens(home, await openMasterKey(readConfig(kmsEnv)))).toBe(true);
    expect((await runSluice(['doctor'], kmsEnv)).out).toMatch(/✓ master key +[0-9a-f]{16} opens the keys of this home/);
    writeFileSync(path, '#!/bin/sh\nexit 1\n', { mode: 0o700 });
    expect((await runSluice(['doctor'], kmsEnv)).out).toMatch(/✗ master key +the key management service did not do/);
    writeFileSync(path, script, { mode: 0o700 });

    const file = join(kms, 'master.key');
    expect(await runSluice(['keys', 'rotate', '--to-file', file], kmsEnv)).toMatchObject({ code: 0, err: '' });
    running = await startGateway(home, undefined, { SLUICE_MASTER_KEY_FILE: file });
    expect((await ask(running, developer, 'p1', SQL)).body.result?.rows).toEqual(answers[0]);
    await running.stop();
  });

  it('is in the log, which verifies', async () => {
    const store = join(home, 'sluice.db');
    const reader = openStoreReader(store);
    const all = reader.read((db) => readEntries(db, 0, entryCount(db)));
    const notes = all.filter(({ kind }) => kind === 'master-key').map(({ note }) => note);
    reader.close();
    expect(notes.filter((note) => note?.endsWith('begins'))).toHaveLength(3);
    expect(notes.filter((note) => note?.includes('is complete, 3 keys'))).toHaveLength(3);
    expect(verifyHome(store, loadOrCreateLogKey(join(home, 'keys', 'log.key'), LOG_ORIGIN).vkey)).toMatchObject({
      problem: null,
      unsigned: 0,
    });
  });
});

describe('what is missing is said', () => {
  it('a home whose master key is gone gets no new one', async () => {
    const dir = copyOf();
    rmSync(join(dir, 'keys', 'master.key'), { force: true });
    await expect(openMasterKey(readConfig({ SLUICE_HOME: dir }))).rejects.toMatchObject({
      facts: { problem: expect.stringContaining('its master key') as string },
    });
    expect(existsSync(join(dir, 'keys', 'master.key'))).toBe(false);
  });

  it('a home whose secrets are gone gets no new ones', async () => {
    const dir = copyOf();
    rmSync(join(dir, 'keys', 'secrets.sealed'));
    await expect(openHomeSecrets(dir, held(former))).rejects.toMatchObject({
      facts: { problem: expect.stringContaining('secrets.sealed') as string },
    });
  });
});

it('a home of an older version keeps its secrets, and then no longer needs its master key for them', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-rotation-'));
  made.push(dir);
  const keys = join(dir, 'keys');
  mkdirSync(keys, { mode: 0o700 });
  const master = held('44'.repeat(32));
  const [root, nonce] = [randomBytes(32), randomBytes(12)];
  const cipher = createCipheriv(
    'aes-256-gcm',
    deriveKey(master.key as Uint8Array, 'sluice identifier root', 32),
    nonce,
  );
  const sealed = Buffer.concat([nonce, cipher.update(root), cipher.final(), cipher.getAuthTag()]);
  writeFileSync(join(keys, 'identifiers.sealed'), sealed, { mode: 0o600 });
  const secrets = await openHomeSecrets(dir, master);
  expect(Buffer.from(secrets.identifiers).equals(root)).toBe(true);
  expect(secrets.catalogue).toEqual(Buffer.from(deriveKey(master.key as Uint8Array, 'sluice catalogue integrity', 32)));
  expect(readdirSync(keys)).toEqual(['secrets.sealed']);
  await rotateMasterKey(dir, master, held(NEXT));
  expect(await openHomeSecrets(dir, held(NEXT))).toEqual(secrets);
});
