import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  appendEntry,
  balance,
  entryCount,
  findOrganisation,
  leafHash,
  listOrganisations,
  notePurgeDue,
  openStore,
  openStoreReader,
  purgesDue,
  putOrganisation,
  readEntries,
  readEntryBytes,
  readLeaves,
  type Store,
  searchEntries,
  sha256Hex,
} from '../../catalog/index.ts';
import { removeSearchIndex } from '../../catalog/search-index.ts';
import { entry } from './memory-store.ts';

let dir: string;
let path: string;
const open = (): Store => openStore({ path, now: () => new Date() });

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-store-'));
  path = join(dir, 'sluice.db');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const KILLS = 6;

describe('durability', () => {
  /** Each round kills at another moment; what earlier rounds acknowledged must survive the later ones too. */
  it('keeps everything that was acknowledged before kill -9', async () => {
    const acknowledged = new Map<number, string>();
    for (let round = 0; round < KILLS; round += 1) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'acknowledging-writer.ts'), path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const closed = once(child, 'close');
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
      await Promise.race([once(child.stdout, 'data'), closed]);
      await sleep(60 + round * 45);
      child.kill('SIGKILL');
      await closed;
      for (const line of output.split('\n').slice(0, -1)) {
        const [index, job] = line.split(' ') as [string, string];
        expect(acknowledged.has(Number(index))).toBe(false);
        acknowledged.set(Number(index), `${job}`);
      }
      await expectAllThere(acknowledged);
    }
    console.log(`kill -9 × ${KILLS}: ${acknowledged.size} acknowledged commits, all found`);
    expect(acknowledged.size).toBeGreaterThan(100);
  });

  async function expectAllThere(acknowledged: ReadonlyMap<number, string>): Promise<void> {
    const store = open();
    await store.indexed();
    store.read((db) => {
      const count = entryCount(db);
      const entries = readEntries(db, 0, count);
      expect(entries).toHaveLength(count);
      for (const [index, job] of acknowledged) expect(entries[index]?.job).toBe(job);
      const leaves = readEntryBytes(db, 0, count).map(leafHash);
      expect(Buffer.concat(leaves).equals(Buffer.concat(readLeaves(db, 0, count)))).toBe(true);
      // The budget went into the same transactions: not one entry more or less.
      expect(balance(db, { account: 'jobs', kind: 'jobs' }).reserved).toBe(count);
      const last = entries.at(-1)?.job ?? '';
      expect(searchEntries(db, { job: last }).entries.map(({ index }) => index)).toContain(count - 1);
    });
    store.close();
    // Jobs are counted anew in each round: their reservations make room, as another day's would.
    const client = new Database(path);
    client.exec('UPDATE ledger_reservations SET job = hex(randomblob(16))');
    client.close();
  }
});

describe('a home', () => {
  it('is held by one process, and free again when that ends', () => {
    const first = open();
    expect(open).toThrow(expect.objectContaining({ code: 'HOME_IN_USE', facts: {} }));
    first.close();
    open().close();
  });

  it('is held against other processes too, and freed by their death', async () => {
    const writer = join(import.meta.dirname, 'acknowledging-writer.ts');
    const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    expect(open).toThrow(expect.objectContaining({ code: 'HOME_IN_USE' }));
    child.kill('SIGKILL');
    await once(child, 'close');
    open().close();
  });

  it('may be read while it is held', async () => {
    const store = open();
    await store.commit((tx) => appendEntry(tx, entry()));
    const reader = openStoreReader(path);
    expect(reader.read(entryCount)).toBe(1);
    expect(() => reader.read((db) => appendEntry(db, entry()))).toThrow('readonly');
    reader.close();
    store.close();
  });

  it('shows what is committed once it is on the disk, not before', async () => {
    const store = open();
    const outside = openStoreReader(path);
    const committing = store.commit((tx) => appendEntry(tx, entry()));
    await new Promise((resolve) => setImmediate(resolve)); // the COMMIT was in this turn; its sync ends in a later one
    expect(store.read(entryCount)).toBe(0);
    expect(outside.read(entryCount), 'control').toBe(1);
    await committing;
    expect(store.read(entryCount)).toBe(1);
    outside.close();
    store.close();
  });

  it('holds nothing any more of what was deleted, wherever its pages were moved to', async () => {
    const store = open();
    const SECRET = 'belongs to nobody else';
    const rows = Array.from(
      { length: 600 },
      (_, i) => [sha256Hex(`row ${i}`), i % 3 === 0 ? SECRET : 'another'] as const,
    );
    await store.commit((tx) => tx.client.exec('CREATE TABLE held (id TEXT PRIMARY KEY, whose TEXT, text TEXT) STRICT'));
    const insert = `INSERT INTO held SELECT ?, ?, ? || '${'x'.repeat(700)}'`;
    // One by one in no order: the table's pages are divided again and again.
    for (const [id, whose] of rows) await store.commit((tx) => tx.client.prepare(insert).run(id, whose, whose));
    await store.commit((tx) => {
      tx.client.pragma('secure_delete = ON');
      tx.client.prepare('DELETE FROM held WHERE whose = ?').run(SECRET);
      tx.client.pragma('secure_delete = OFF');
    });
    await store.commit(notePurgeDue);
    const outside = new Database(path);
    outside.pragma('wal_checkpoint(TRUNCATE)'); // what is deleted lies in no log any more
    outside.close();
    const inFiles = () => readdirSync(dir).filter((name) => readFileSync(join(dir, name)).includes(SECRET));
    expect(inFiles(), 'control: overwriting what is deleted is not enough').not.toEqual([]);
    const count = () => store.read((db) => db.client.prepare('SELECT count(*) FROM held').pluck().get());
    const purging = store.purge();
    // Work goes on beside it, and what is read is what is durable.
    const beside = Promise.all(
      ['a', 'b'].map((id) => store.commit((tx) => tx.client.prepare(insert).run(`beside ${id}`, 'x', 'x'))),
    );
    expect(count()).toBe(400);
    await Promise.all([purging, beside]);
    expect(inFiles()).toEqual([]);
    expect(count()).toBe(402);
    expect(store.read(purgesDue)).toBe(0);
    await store.commit((tx) => tx.client.prepare(insert).run('after', 'x', 'x'));
    store.close();
  });

  it('knows after a crash that what was deleted is to be purged', async () => {
    const store = open();
    await store.commit(notePurgeDue);
    store.close();
    const again = open();
    expect(again.read(purgesDue)).toBe(1);
    const purging = again.purge();
    await again.commit(notePurgeDue); // what is deleted meanwhile is for the next
    await purging;
    expect(again.read(purgesDue)).toBe(1);
    await again.purge();
    expect(again.read(purgesDue)).toBe(0);
    again.close();
  });

  it('begins its log anew when that has grown long', async () => {
    const store = open();
    const filler = 'x'.repeat(60_000);
    const one = () => store.commit((tx) => appendEntry(tx, entry({ note: filler })));
    for (let n = 0; n < 1_500; n += 1) await one(); // 90 MB through a log of 32 MiB
    expect(statSync(`${path}-wal`).size).toBeLessThan(48 * 2 ** 20);
    store.close();
  });

  it('is readable by its owner alone', () => {
    open().close();
    const store = open();
    for (const suffix of ['', '.lock', '-wal', '-shm', '-search', '-search-wal', '-search-shm'])
      expect(statSync(path + suffix).mode & 0o077, suffix).toBe(0);
    store.close();
  });

  it('written by a newer version is refused and left alone', () => {
    open().close();
    const migrations = readdirSync(join(import.meta.dirname, '../../catalog/migrations'));
    const client = new Database(path);
    client.pragma('user_version = 99');
    client.close();
    expect(open).toThrow(
      expect.objectContaining({ code: 'HOME_NEWER', facts: { found: 99, known: migrations.length } }),
    );
    expect(() => openStoreReader(path)).toThrow(expect.objectContaining({ code: 'HOME_NEWER' }));
  });

  it('that is no store is refused without a word of what it is', () => {
    rmSync(path, { force: true });
    const other = join(import.meta.dirname, 'store.full.test.ts');
    expect(() => openStoreReader(other)).toThrow(expect.objectContaining({ code: 'STORE_FAILED', facts: {} }));
    expect(() => openStoreReader(path)).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }));
  });

  it('whose file is another is refused by name, and left as it is', () => {
    for (const [suffix, spoil, named] of [
      ['', () => writeFileSync(path, 'no database'), ''],
      ['-shm', () => mkdirSync(`${path}-shm`), ''], // of that database
      ['-search', () => mkdirSync(`${path}-search`), '-search'],
      ['.lock', () => mkdirSync(`${path}.lock`), '.lock'],
    ] as const) {
      for (const each of ['', '-wal', '-shm', '-search', '-search-wal', '-search-shm', '.lock'])
        rmSync(path + each, { recursive: true, force: true });
      spoil();
      expect(open).toThrow(expect.objectContaining({ code: 'HOME_DAMAGED', facts: { file: basename(path + named) } }));
      expect(existsSync(path + suffix)).toBe(true);
    }
  });

  it('reads only what is committed, and cannot be written by a read', async () => {
    const store = open();
    const title = { zh: '甲', en: 'a' };
    expect(() => store.read((db) => putOrganisation(db, { id: 'a', title, kind: 'bureau' }))).toThrow('readonly');
    await store.commit((tx) => {
      putOrganisation(tx, { id: 'a', title, kind: 'bureau' });
      expect(() => store.read(listOrganisations)).toThrow('inside commit');
    });
    expect(store.read((db) => listOrganisations(db))).toEqual([{ id: 'a', title, kind: 'bureau' }]);
    store.close();
  });

  it.each([
    ['lost', () => removeSearchIndex(`${path}-search`)],
    ['no database', () => writeFileSync(`${path}-search`, 'no database at all')],
    ['of another layout', () => inIndex('PRAGMA user_version = 99')],
    ['of another log', () => inIndex("UPDATE audit_indexed SET leaf = x'00'")],
    ['ahead of the log', () => inIndex('UPDATE audit_indexed SET next = 99')],
    [
      'not filled yet',
      () => inIndex("UPDATE audit_indexed SET next = 0; INSERT INTO audit_index (audit_index) VALUES ('delete-all')"),
    ],
  ])('finds everything again where the search index is %s', async (_, spoil) => {
    const first = open();
    for (const note of ['lantern', 'candle']) await first.commit((tx) => appendEntry(tx, entry({ note })));
    await first.indexed();
    first.close();
    spoil();
    const store = open();
    await store.indexed();
    for (const text of ['lantern', 'candle'])
      expect(store.read((db) => searchEntries(db, { text })).entries, text).toHaveLength(1);
    store.close();
  });

  it('shows a read one state, whoever writes meanwhile, and the next read what was written', async () => {
    const store = open();
    const other = new Database(path);
    await store.commit((tx) => putOrganisation(tx, { id: 'a', title: { zh: '甲', en: 'a' }, kind: 'bureau' }));
    const title = () => store.read((db) => findOrganisation(db, 'a')?.title.en); // within a read, a read of the same state
    const write = (word: string) => other.prepare('UPDATE organisations SET title_en = ?').run(word);
    const titlesAround = (word: string) => {
      const before = title();
      write(word);
      return [before, title()];
    };
    expect(store.read(() => titlesAround('b'))).toEqual(['a', 'a']);
    expect(titlesAround('c'), 'control: two reads see two states').toEqual(['b', 'c']);
    expect(() => store.read(() => JSON.parse('{'))).toThrow(SyntaxError);
    write('d');
    expect(title(), 'a read that threw holds no state').toBe('d');
    other.close();
    store.close();
  });

  it('tells a search of a damaged index, and finds everything again at the next start', async () => {
    const first = open();
    await first.commit((tx) => appendEntry(tx, entry({ note: 'lantern' })));
    await first.indexed();
    first.close();
    damage(`${path}-search`);
    const second = open();
    await second.commit((tx) => appendEntry(tx, entry({ note: 'lantern' })));
    await expect(second.indexed()).rejects.toThrow(expect.objectContaining({ code: 'STORE_FAILED' }));
    second.close();
    const store = open();
    await store.indexed();
    expect(store.read((db) => searchEntries(db, { text: 'lantern' })).entries).toHaveLength(2);
    store.close();
  });

  it('leaves nobody at work when it is closed while it indexes', async () => {
    const first = open();
    await Promise.all(
      Array.from({ length: 3_000 }, () => first.commit((tx) => appendEntry(tx, entry({ note: 'torch' })))),
    );
    const reaching = first.indexed();
    first.close();
    await expect(reaching).rejects.toThrow(expect.objectContaining({ code: 'STORE_FAILED' }));
    const store = open();
    await store.indexed();
    expect(store.read((db) => searchEntries(db, { text: 'torch' }, { limit: 1_000 })).entries).toHaveLength(1_000);
    store.close();
  });

  const inIndex = (sql: string) => {
    const client = new Database(`${path}-search`);
    client.exec(sql);
    client.close();
  };
});

/** Fills all pages of a database but the first with noise. */
function damage(file: string): void {
  const bytes = readFileSync(file);
  bytes.fill(0x5a, 4096);
  writeFileSync(file, bytes);
}
