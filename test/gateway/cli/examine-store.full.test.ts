/**
 * Goal: `doctor` tells a damaged store, one of a newer version, a vault of another moment and a table whose files are not there, each with what mends it.
 * Method: a real store and vault, one of their files spoilt at a time. Control: nothing is found before, and after it is put back.
 */
import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginVersion, commitVersion, openStore } from '../../../catalog/index.ts';
import { examineStore } from '../../../gateway/cli/examine-store.ts';
import { readConfig } from '../../../gateway/config.ts';
import { masterKeyWrapper, openVault } from '../../../sandbox/index.ts';
import { seed } from '../../catalog/memory-store.ts';
import { memoryDir } from '../../sandbox/memory-dir.ts';

const MASTER = '11'.repeat(32);
const home = mkdtempSync(join(tmpdir(), 'sluice-doctor-'));
const runDir = memoryDir();
const store = join(home, 'sluice.db');
const examined = async () => {
  const findings = await examineStore(readConfig({ SLUICE_HOME: home, SLUICE_MASTER_KEY: MASTER }));
  return findings.map(({ check, state, remedy }) => [check, state, remedy?.en ?? null]);
};
const WELL = [
  ['store', 'ok', null],
  ['tables', 'ok', null],
];

beforeAll(async () => {
  const opened = openStore({ path: store, now: () => new Date() });
  await opened.commit((tx) => {
    seed(tx);
    const version = beginVersion(tx, 'power');
    commitVersion(tx, {
      ...{ resource: 'power', version, rows: 1, bytes: 5, rowsPerUnitMax: {}, report: null },
      ...{ contentSha256: 'ab'.repeat(32), rowKeyScheme: 's' },
    });
  });
  opened.close();
  const keys = masterKeyWrapper(Buffer.from(MASTER, 'hex'));
  const writer = await (await openVault({ dir: join(home, 'vault'), keys, runDir })).create('power', 1);
  const plain = join(runDir, 'plain');
  writeFileSync(plain, 'plain bytes of a segment');
  await writer.addSegment(plain, 1);
  await writer.commit();
});
afterAll(() => {
  for (const dir of [home, runDir]) rmSync(dir, { recursive: true, force: true });
});

/** What is found while `path` is spoilt. */
async function spoilt(path: string, spoil: (path: string) => void): Promise<unknown> {
  copyFileSync(path, `${path}.kept`);
  spoil(path);
  const found = await examined();
  copyFileSync(`${path}.kept`, path);
  rmSync(`${path}.kept`);
  expect(await examined()).toEqual(WELL);
  return found;
}
const half = (path: string) => truncateSync(path, Math.floor(readFileSync(path).length / 2));
const flip = (path: string) => {
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
};

test('a home that is well', async () => {
  expect(await examined()).toEqual(WELL);
});

test('a store that was cut, that is none, and one of a newer version', async () => {
  const restore = expect.stringContaining('restore the whole home from a backup');
  expect(await spoilt(store, half)).toEqual([['store', 'failure', restore]]);
  expect(await spoilt(store, (path) => writeFileSync(path, 'not a database, and longer than a header'))).toEqual([
    ['store', 'failure', restore],
  ]);
  const newer = (path: string) => {
    const db = new Database(path);
    db.pragma('user_version = 9999');
    db.close();
  };
  expect(await spoilt(store, newer)).toEqual([['store', 'failure', 'start the newer version again']]);
});

test('a vault with a version of which the store knows nothing, as after half a restore', async () => {
  const [known, stranger] = ['power@1', 'power@2'].map((label) => join(home, 'vault', 'versions', label)) as [
    string,
    string,
  ];
  cpSync(known, stranger, { recursive: true });
  expect(await examined()).toEqual([['store', 'failure', expect.stringContaining('from one and the same backup')]]);
  rmSync(stranger, { recursive: true });
  expect(await examined()).toEqual(WELL);
});

test('a table each of whose files was cut, and whose key or manifest was changed', async () => {
  const dir = join(home, 'vault', 'versions', 'power@1');
  const mended = [
    ['store', 'ok', null],
    ['tables', 'failure', expect.stringContaining(dir)],
  ];
  const files = readdirSync(dir);
  expect(files).toHaveLength(3);
  for (const file of files) expect(await spoilt(join(dir, file), half), file).toEqual(mended);
  for (const file of ['key', 'manifest']) expect(await spoilt(join(dir, file), flip), file).toEqual(mended);
});
