import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { masterKeyWrapper, openVault, type Vault } from '../../../sandbox/vault/index.ts';
import { memoryDir } from '../memory-dir.ts';

const keys = masterKeyWrapper(randomBytes(32));
let dir: string;
let runDir: string;
let vault: Vault;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-vault-'));
  runDir = memoryDir();
  vault = await openVault({ dir, keys, runDir });
});

afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
  rmSync(runDir, { recursive: true, force: true });
});

const everything = (root: string): string[] => readdirSync(root, { recursive: true }).map(String).sort();
const filesBelow = (root: string): string[] => everything(root).filter((name) => statSync(join(root, name)).isFile());

async function store(version: number, contents: readonly Buffer[]): Promise<void> {
  const writer = await vault.create('elec', version);
  const plain = join(runDir, 'plain');
  for (const content of contents) {
    writeFileSync(plain, content);
    await writer.addSegment(plain, 1);
  }
  rmSync(plain);
  await writer.commit();
}

async function read(version: number): Promise<Buffer[]> {
  const attached = await vault.attach('elec', version);
  try {
    return attached.files.map((file) => readFileSync(file));
  } finally {
    await attached.release();
  }
}

const MARK = 'KANARIENVOGEL-420704199003077779';

describe('a version', () => {
  it('comes back as it went in, segment by segment, and leaves no plain byte at rest', async () => {
    const contents = [randomBytes(3_000_000), Buffer.from(MARK.repeat(1000)), Buffer.alloc(0)];
    await store(1, contents);
    const back = await read(1);
    expect(back.map((bytes, index) => bytes.equals(contents[index] as Buffer))).toEqual([true, true, true]);
    for (const file of filesBelow(dir)) expect(readFileSync(join(dir, file)).includes(MARK)).toBe(false);
    expect(filesBelow(runDir)).toEqual([]);
  });

  it('is invisible until it is committed, and an abort leaves nothing', async () => {
    const writer = await vault.create('elec', 1);
    const plain = join(runDir, 'plain');
    writeFileSync(plain, 'x');
    await writer.addSegment(plain, 1);
    await expect(vault.attach('elec', 1)).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
    await writer.abort();
    await writer.abort();
    rmSync(plain);
    expect(filesBelow(dir)).toEqual([]);
    expect(filesBelow(runDir)).toEqual([]);
  });

  it('is written once', async () => {
    await store(1, [Buffer.from('a')]);
    await expect(vault.create('elec', 1)).rejects.toThrow('a table version is written once');
  });
});

describe('attachments', () => {
  it('are shared while used and wiped on the last release', async () => {
    await store(1, [Buffer.from('shared')]);
    const [a, b] = await Promise.all([vault.attach('elec', 1), vault.attach('elec', 1)]);
    expect(a.files).toEqual(b.files);
    const file = a.files[0] as string;
    expect(statSync(a.dir).mode & 0o777).toBe(0o700);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await a.release();
    await a.release();
    expect(readFileSync(file, 'utf8')).toBe('shared');
    const c = await vault.attach('elec', 1);
    expect(c.files).toEqual(b.files);
    await b.release();
    await c.release();
    expect(existsSync(a.dir)).toBe(false);
    expect(filesBelow(runDir)).toEqual([]);
  });

  it('of a damaged version fail and leave nothing in memory', async () => {
    await store(1, [randomBytes(100), randomBytes(100)]);
    const victim = join(dir, 'versions', 'elec@1', '000001.seg');
    const bytes = readFileSync(victim);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
    writeFileSync(victim, bytes);
    const attempts = await Promise.allSettled([vault.attach('elec', 1), vault.attach('elec', 1)]);
    for (const attempt of attempts) {
      expect(attempt).toMatchObject({ status: 'rejected', reason: { code: 'VAULT_CORRUPT' } });
    }
    expect(filesBelow(runDir)).toEqual([]);
  });
});

describe('an attacker at the disk', () => {
  const file = (version: number, name: string) => join(dir, 'versions', `elec@${String(version)}`, name);

  it('cannot put back a segment of another version, though its key wraps under the same master', async () => {
    await store(1, [Buffer.from('old prices')]);
    await store(2, [Buffer.from('new prices')]);
    copyFileSync(file(1, '000000.seg'), file(2, '000000.seg'));
    await expect(read(2)).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
    // Not with that version's key and manifest either.
    copyFileSync(file(1, 'key'), file(2, 'key'));
    copyFileSync(file(1, 'manifest'), file(2, 'manifest'));
    await expect(read(2)).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
    expect((await read(1)).map(String)).toEqual(['old prices']);
  });

  it('cannot change the order of the segments or leave one out', async () => {
    await store(1, [Buffer.from('first'), Buffer.from('second')]);
    const first = readFileSync(file(1, '000000.seg'));
    writeFileSync(file(1, '000000.seg'), readFileSync(file(1, '000001.seg')));
    await expect(read(1)).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
    writeFileSync(file(1, '000000.seg'), first);
    rmSync(file(1, '000001.seg'));
    await expect(read(1)).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
  });
});

describe('erasure', () => {
  it('removes the key and the files; a copy in use lives until its release', async () => {
    await store(1, [Buffer.from('gone')]);
    const attached = await vault.attach('elec', 1);
    await vault.destroy('elec', 1);
    await vault.destroy('elec', 1);
    expect(filesBelow(dir)).toEqual([]);
    expect(readFileSync(attached.files[0] as string, 'utf8')).toBe('gone');
    await attached.release();
    expect(filesBelow(runDir)).toEqual([]);
    await expect(read(1)).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
  });

  it('is of the key: files copied beforehand do not open again', async () => {
    await store(1, [Buffer.from('gone')]);
    const kept = ['000000.seg', 'manifest'].map(
      (name) => [name, readFileSync(join(dir, 'versions', 'elec@1', name))] as const,
    );
    await vault.destroy('elec', 1);
    await store(1, [Buffer.from('other')]);
    for (const [name, bytes] of kept) writeFileSync(join(dir, 'versions', 'elec@1', name), bytes);
    await expect(read(1)).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
  });

  it('at start takes half-written and unknown versions and plain leftovers', async () => {
    await store(1, [Buffer.from('known')]);
    await store(2, [Buffer.from('unknown')]);
    await vault.create('elec', 3); // the process dies here
    await vault.attach('elec', 1); // and here
    await vault.scratch();
    const again = await openVault({ dir, keys, runDir });
    await again.sweep((_, version) => version === 1);
    expect(filesBelow(dir)).toEqual(['versions/elec@1/000000.seg', 'versions/elec@1/key', 'versions/elec@1/manifest']);
    expect(readdirSync(join(dir, 'staging'))).toEqual([]);
    expect(filesBelow(runDir)).toEqual([]);
  });
});

describe('the run folder', () => {
  it('must be memory', async () => {
    if (process.platform !== 'linux') return console.log('skipped: only Linux names its file systems');
    const disk = mkdtempSync('/var/tmp/sluice-disk-');
    try {
      const attempt = openVault({ dir, keys, runDir: disk });
      await expect(attempt).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE', facts: { tier: 'vault' } });
    } finally {
      rmSync(disk, { recursive: true });
    }
  });
});
