import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
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
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { masterKeyWrapper, openVault, type RemainsKind, type Vault } from '../../../sandbox/vault/index.ts';
import { memoryDir } from '../memory-dir.ts';

/**
 * Goal: after an erasure a scan proves that nothing of the version is left, and finds every copy that somebody left lying.
 * Method: a clean vault is scanned (control: nothing is found); then copies are planted, one kind at a time, each of which must be found.
 */
const keys = masterKeyWrapper(randomBytes(32));
let home: string;
let dir: string;
let runDir: string;
let vault: Vault;
let plain: Buffer;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'sluice-erasure-'));
  dir = join(home, 'vault');
  runDir = memoryDir();
  vault = await openVault({ dir, keys, runDir });
  // As DuckDB begins a file: a checksum, then the magic.
  plain = Buffer.concat([randomBytes(8), Buffer.from('DUCK'), randomBytes(300_000)]);
  await store(1, plain);
  await store(2, randomBytes(5_000));
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
  rmSync(runDir, { recursive: true, force: true });
});

async function store(version: number, content: Buffer): Promise<void> {
  const scratch = await vault.scratch();
  const writer = await vault.create('elec', version);
  writeFileSync(join(scratch.dir, 'plain'), content);
  await writer.addSegment(join(scratch.dir, 'plain'), 1);
  await writer.commit();
  await scratch.wipe();
}

/** Erases version 1; `plant` leaves something lying before or after. Returns what the scan finds. */
async function eraseAnd(plant: (wrappedKey: Buffer) => void | Promise<void>): Promise<readonly RemainsKind[]> {
  const wrappedKey = readFileSync(join(dir, 'versions', 'elec@1', 'key'));
  const traces = await vault.traces('elec', 1);
  expect(traces.pageCount).toBeGreaterThan(50);
  await vault.destroy('elec', 1);
  await vault.unused('elec', 1);
  await plant(wrappedKey);
  const { found } = await vault.scan(traces, [home]);
  return [...new Set(found.map(({ kind }) => kind))].sort();
}

describe('erasing a version', () => {
  it('leaves nothing that the scan finds, while other versions are read and written', async () => {
    const attached = await vault.attach('elec', 2);
    // as the folder of a worker has it
    mkdirSync(join(runDir, 'workers', 'worker-1'), { recursive: true });
    linkSync(attached.files[0] as string, join(runDir, 'workers', 'worker-1', '1-0-0.duckdb'));
    const scratch = await vault.scratch();
    writeFileSync(join(scratch.dir, 'segment-1.duckdb'), plain);
    const writer = await vault.create('elec', 3);
    await writer.addSegment(join(scratch.dir, 'segment-1.duckdb'), 1);
    expect(await eraseAnd(() => undefined)).toEqual([]);
    await writer.abort();
    await scratch.wipe();
    await attached.release();
  });

  it.each<[string, readonly RemainsKind[], (key: Buffer) => void]>([
    ['a plain copy by another name', ['page', 'table-file'], () => writeFileSync(join(home, 'notes.txt'), plain)],
    ['a part of it, without its beginning', ['page'], () => writeFileSync(join(home, 'part'), plain.subarray(8_192))],
    [
      'a copy within an archive',
      ['page'],
      () => writeFileSync(join(home, 'backup.tar'), Buffer.concat([randomBytes(512), plain, randomBytes(512)])),
    ],
    [
      'a page over the seam of two blocks',
      ['page'],
      () => writeFileSync(join(home, 'seam'), Buffer.concat([randomBytes(2 ** 20 - 2048), plain.subarray(0, 4_096)])),
    ],
    ['a copy of its key', ['key'], (key) => writeFileSync(join(home, 'x'), Buffer.concat([randomBytes(77), key]))],
    ['a file of its name', ['name'], () => writeFileSync(join(home, 'elec@1.bak'), '')],
    ['a plain copy on the tmpfs', ['page', 'table-file', 'work-file'], () => leave('attached', plain)],
    ['anything in a folder for work', ['work-file'], () => leave('scratch', Buffer.from('id,pay\n1,2\n'))],
    [
      'a half-written version',
      ['work-file'],
      () => mkdirSync(join(dir, 'staging', 'z')) ?? leaveAt(join(dir, 'staging', 'z', 's')),
    ],
    [
      'a sealed file whose key is gone',
      ['keyless-file'],
      () => {
        mkdirSync(join(dir, 'versions', 'gas@1'));
        copyFileSync(join(dir, 'versions', 'elec@2', '000000.seg'), join(dir, 'versions', 'gas@1', '000000.seg'));
      },
    ],
  ])('finds %s', async (_what, kinds, plant) => {
    expect(await eraseAnd(plant)).toEqual(kinds);
  });

  it('knows what it looks for after a crash, and no longer than it must', async () => {
    await vault.traces('elec', 1);
    await vault.destroy('elec', 1);
    writeFileSync(join(home, 'notes.txt'), plain);
    const restarted = await openVault({ dir, keys, runDir });
    await restarted.sweep(() => true);
    const traces = await restarted.traces('elec', 1);
    const kinds = (await restarted.scan(traces, [home])).found.map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(['page', 'table-file']);
    await restarted.forgetTraces('elec', 1);
    expect(readdirSync(join(dir, 'erasures'))).toEqual([]);
  });

  it('does not take another version for it', async () => {
    await store(11, randomBytes(5_000));
    expect(await eraseAnd(() => undefined)).toEqual([]);
  });

  it('waits for the last user of a copy, whom nobody joins any more', async () => {
    const first = await vault.attach('elec', 1);
    await vault.destroy('elec', 1);
    await expect(vault.attach('elec', 1)).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
    let over = false;
    const unused = vault.unused('elec', 1).then(() => {
      over = true;
    });
    expect(readFileSync(first.files[0] as string).equals(plain)).toBe(true);
    expect(over).toBe(false);
    await first.release();
    await unused;
    expect(readdirSync(join(runDir, 'vault', 'attached'))).toEqual([]);
  });

  it('can erase what is damaged, and says that it knew no page of it', async () => {
    const segment = join(dir, 'versions', 'elec@1', '000000.seg');
    const bytes = readFileSync(segment);
    bytes[40] = (bytes[40] as number) ^ 1;
    writeFileSync(segment, bytes);
    const traces = await vault.traces('elec', 1);
    expect(traces.pageCount).toBe(0);
    await vault.destroy('elec', 1);
    expect((await vault.scan(traces, [home])).found).toEqual([]);
    await vault.destroy('elec', 1);
  });
});

function leave(place: string, content: Buffer): void {
  mkdirSync(join(runDir, 'vault', place, 'left'));
  writeFileSync(join(runDir, 'vault', place, 'left', 'file'), content);
}

function leaveAt(path: string): void {
  writeFileSync(path, 'x');
}
