import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  appendEntry,
  entryCount,
  latestCheckpoint,
  listCheckpoints,
  readEntryBytes,
  type Store,
} from '../../../catalog/index.ts';
import { isConsistent } from '../../../gateway/audit/check-proof.ts';
import { openCheckpoint } from '../../../gateway/audit/checkpoint.ts';
import { openLog } from '../../../gateway/audit/log.ts';
import { createLogKey } from '../../../gateway/audit/log-key.ts';
import { checkReceipt } from '../../../gateway/audit/receipt.ts';
import { readEntriesBundle } from '../../../gateway/audit/tiles.ts';
import { entry, memoryStore } from '../../catalog/memory-store.ts';
import { leafOf, naiveRoot } from './naive-tree.ts';

const origin = 'example.com/log';
const newKey = () => createLogKey(origin, generateKeyPairSync('ed25519').privateKey);

async function append(store: Store, count: number): Promise<void> {
  const one = (n: number) => store.commit((tx) => appendEntry(tx, entry({ note: `n${n}` })));
  await Promise.all(Array.from({ length: count }, (_, n) => one(n)));
}

function rootOfEntries(store: Store, size: number): Buffer {
  return naiveRoot(store.read((db) => readEntryBytes(db, 0, size)).map(leafOf));
}

/** What SQL in the store can do, as someone with the disk in hand might. */
const tamper = (store: Store, sql: string): Promise<void> => store.commit((tx) => void tx.client.exec(sql));

describe('the access log', () => {
  it('signs the empty tree on the first start', async () => {
    const key = newKey();
    const log = await openLog({ store: memoryStore(), key });
    expect(openCheckpoint(log.checkpoint().note, key)).toMatchObject({ origin, size: 0 });
  });

  it('grows to the root of the entries, at any pace', async () => {
    const [store, key] = [memoryStore(), newKey()];
    const log = await openLog({ store, key });
    for (const count of [1, 2, 250, 3, 1, 300]) {
      const before = log.checkpoint();
      await append(store, count);
      const after = await log.advance();
      expect(after.size).toBe(before.size + count);
      expect(after.root).toEqual(rootOfEntries(store, after.size));
      expect(openCheckpoint(after.note, key)).toMatchObject({ size: after.size, root: after.root });
      expect(isConsistent(before, after, log.consistency(before.size) ?? [])).toBe(true);
    }
    expect(log.consistency(10_000)).toBeNull();
  });

  it('shares one step among those who ask at once', async () => {
    const store = memoryStore();
    const log = await openLog({ store, key: newKey() });
    await append(store, 5);
    const checkpoints = await Promise.all(Array.from({ length: 50 }, () => log.advance()));
    expect(new Set(checkpoints).size).toBe(1);
    expect(await log.advance()).toBe(checkpoints[0]);
  });

  it('covers whatever was durable when it was asked', async () => {
    const store = memoryStore();
    const log = await openLog({ store, key: newKey() });
    const sizes = Array.from({ length: 60 }, async () => {
      const { index } = await store.commit((tx) => appendEntry(tx, entry()));
      const { size } = await log.advance();
      return size > index;
    });
    expect(await Promise.all(sizes)).not.toContain(false);
  });

  it('has a head as durable as the entries that it covers, asked for or not', async () => {
    const store = memoryStore();
    await openLog({ store, key: newKey() });
    for (const count of [1, 300, 2]) {
      await append(store, count);
      const size = store.read(entryCount);
      expect(store.read(latestCheckpoint)).toMatchObject({ size, root: rootOfEntries(store, size) });
    }
  });

  it('takes in nothing of a transaction that failed', async () => {
    const [store, key] = [memoryStore(), newKey()];
    const log = await openLog({ store, key });
    await append(store, 5);
    const before = await log.advance();
    const cutOff = store.commit((tx) => {
      for (let n = 0; n < 300; n += 1) appendEntry(tx, entry());
      tx.client.exec('ROLLBACK'); // as SQLite does on a full disk
      throw new Error('disk full');
    });
    await expect(cutOff).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(await log.advance()).toBe(before);
    await append(store, 260);
    expect(await log.advance()).toMatchObject({ size: 265, root: rootOfEntries(store, 265) });
  });

  it('gives receipts that anyone can check, and only for the entry that they are of', async () => {
    const [store, key] = [memoryStore(), newKey()];
    await append(store, 300);
    const log = await openLog({ store, key });
    const entries = store.read((db) => readEntryBytes(db, 0, 300));
    for (const index of [0, 1, 255, 256, 299]) {
      const receipt = log.receipt(index);
      expect(receipt.startsWith(`c2sp.org/tlog-proof@v1\nindex ${index}\n`)).toBe(true);
      expect(checkReceipt(receipt, entries[index] as Buffer, key)?.index).toBe(index);
      expect(checkReceipt(receipt, entries[(index + 1) % 300] as Buffer, key)).toBeNull();
      expect(checkReceipt(receipt, entries[index] as Buffer, newKey())).toBeNull();
      expect(checkReceipt(receipt.replace('@v1\n', '@v1\nextra eA==\n'), entries[index] as Buffer, key)).not.toBeNull();
    }
    expect(() => log.receipt(300)).toThrow();
  });

  it('refuses a receipt with any byte changed', async () => {
    const [store, key] = [memoryStore(), newKey()];
    await append(store, 5);
    const log = await openLog({ store, key });
    const bytes = Buffer.from(log.receipt(2));
    const [body] = store.read((db) => readEntryBytes(db, 2, 3)) as [Buffer];
    expect(checkReceipt(bytes.toString(), body, key)).not.toBeNull();
    for (let i = 0; i < bytes.length; i += 1) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] as number) ^ 1;
      expect(checkReceipt(changed.toString(), body, key), `byte ${i}`).toBeNull();
    }
  });

  it('serves tiles of its tree, none beyond it', async () => {
    const store = memoryStore();
    await append(store, 600);
    const log = await openLog({ store, key: newKey() });
    const entries = store.read((db) => readEntryBytes(db, 0, 600));
    expect(log.tile(0, 2, 88)).toEqual(Buffer.concat(entries.slice(512).map(leafOf)));
    expect(log.tile(1, 0, 2)).toEqual(
      Buffer.concat([naiveRoot(entries.slice(0, 256).map(leafOf)), naiveRoot(entries.slice(256, 512).map(leafOf))]),
    );
    expect(readEntriesBundle(log.entriesTile(1, 256) as Buffer)).toEqual(entries.slice(256, 512));
    expect(log.tile(0, 1, 7)).toEqual(log.tile(0, 1, 256)?.subarray(0, 7 * 32));
    for (const [level, n, width] of [
      [0, 2, 89],
      [0, 3, 1],
      [1, 0, 3],
      [2, 0, 1],
      [7, 0, 1],
      [0, -1, 1],
      [0, 0, 0],
    ] as const) {
      expect(log.tile(level, n, width)).toBeNull();
    }
    expect(log.entriesTile(3, 1)).toBeNull();
  });

  it('keeps a tree head for each 256 entries, and the newest, all signed', async () => {
    const store = memoryStore();
    const log = await openLog({ store, key: newKey() });
    for (let i = 0; i < 100; i += 1) {
      await append(store, 9);
      await log.advance();
    }
    await log.close();
    const heads = store.read((db) => listCheckpoints(db, -1, 1_000));
    expect(heads.map(({ size }) => size)).toEqual([0, 256, 512, 768, 900]);
    expect(heads.every(({ note }) => note !== null)).toBe(true);
  });
});

describe('a restart', () => {
  it('signs the same tree again', async () => {
    const [store, key] = [memoryStore(), newKey()];
    const first = await openLog({ store, key });
    await append(store, 700);
    const before = await first.advance();
    await first.close();
    const again = await openLog({ store, key });
    expect(again.checkpoint()).toEqual(before);
  });

  it('after a crash between the commit and the tree takes in what was committed', async () => {
    const [store, key] = [memoryStore(), newKey()];
    const first = await openLog({ store, key });
    await append(store, 10);
    await first.advance();
    await first.close();
    await append(store, 500);
    const again = await openLog({ store, key });
    expect(again.checkpoint()).toMatchObject({ size: 510, root: rootOfEntries(store, 510) });
  });

  it('after a crash between the tree head and its signature signs that head', async () => {
    const [store, key] = [memoryStore(), newKey()];
    const first = await openLog({ store, key });
    await append(store, 300);
    const { note } = await first.advance();
    await first.close();
    await tamper(store, 'UPDATE audit_checkpoints SET note = NULL WHERE size > 0');
    const again = await openLog({ store, key });
    await again.close();
    expect(again.checkpoint().note).toBe(note);
    expect(store.read((db) => latestCheckpoint(db))?.note).toBe(note);
  });

  it('signs nothing that does not grow from what it had signed', async () => {
    const [store, key] = [memoryStore(), newKey()];
    const first = await openLog({ store, key });
    await append(store, 300);
    await first.close();
    // Another log of the same length in its place, unsigned as after a crash, beside a head that was signed.
    const other = memoryStore();
    const forged = await openLog({ store: other, key: newKey() });
    for (const count of [2, 299]) await append(other, count); // the third entry is another
    await forged.close();
    const rows = other.read((db) => ({
      entries: db.client.prepare<[], [number, Buffer]>('SELECT idx, bytes FROM audit_entries').raw().all(),
      leaves: db.client.prepare<[], [number, Buffer]>('SELECT idx, hash FROM audit_leaves').raw().all(),
      nodes: db.client.prepare<[], [number, number, Buffer]>('SELECT level, n, hash FROM audit_nodes').raw().all(),
      heads: db.client.prepare<[], [number, Buffer]>('SELECT size, root FROM audit_checkpoints').raw().all(),
    }));
    await store.commit(({ client }) => {
      client.exec('DELETE FROM audit_entries; DELETE FROM audit_leaves; DELETE FROM audit_nodes');
      for (const row of rows.entries) client.prepare('INSERT INTO audit_entries VALUES (?, ?)').run(...row);
      for (const row of rows.leaves) client.prepare('INSERT INTO audit_leaves VALUES (?, ?)').run(...row);
      for (const row of rows.nodes) client.prepare('INSERT INTO audit_nodes VALUES (?, ?, ?)').run(...row);
      const newest = rows.heads.at(-1) as [number, Buffer];
      client.prepare('INSERT INTO audit_checkpoints VALUES (?, ?, NULL)').run(...newest);
    });
    await expect(openLog({ store, key })).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
  });

  it('with another key has every kept head signed by it, and by the former one while both are in force', async () => {
    const [store, key, next] = [memoryStore(), newKey(), newKey()];
    const first = await openLog({ store, key });
    await append(store, 600);
    await first.close();
    const notes = () => store.read((db) => listCheckpoints(db, -1, 100)).map(({ note }) => note ?? '');
    const opens = (verifier: typeof key) => notes().filter((note) => openCheckpoint(note, verifier) !== null).length;
    const second = await openLog({ store, key: next, former: key });
    expect([second.verifierKey, second.formerVerifierKey]).toEqual([next.vkey, key.vkey]);
    await append(store, 5);
    await second.close();
    expect([opens(key), opens(next)]).toEqual([4, 4]);
    const third = await openLog({ store, key: next });
    await append(store, 5);
    await third.close();
    expect([opens(key), opens(next)]).toEqual([0, 4]);
    await expect(openLog({ store, key })).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
  });

  it('signs kept heads that are missing, once the tree proves them', async () => {
    const [store, key] = [memoryStore(), newKey()];
    const first = await openLog({ store, key });
    await append(store, 600);
    await first.close();
    await tamper(store, 'DELETE FROM audit_checkpoints WHERE size = 256');
    await (await openLog({ store, key })).close();
    const kept = store.read((db) => listCheckpoints(db, 0, 1))[0];
    expect(kept).toMatchObject({ size: 256, root: rootOfEntries(store, 256) });
    await tamper(
      store,
      'DELETE FROM audit_checkpoints WHERE size = 256; UPDATE audit_nodes SET hash = zeroblob(32) WHERE n = 0',
    );
    await expect(openLog({ store, key })).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
  });

  const attacks: readonly (readonly [string, string])[] = [
    ['entries cut off', 'DELETE FROM audit_entries WHERE idx >= 299; DELETE FROM audit_leaves WHERE idx >= 299'],
    ['a leaf of the last tile changed', 'UPDATE audit_leaves SET hash = zeroblob(32) WHERE idx = 298'],
    ['a leaf gone', 'DELETE FROM audit_leaves WHERE idx = 298'],
    ['a tile changed', 'UPDATE audit_nodes SET hash = zeroblob(32)'],
    ['a tile gone', 'DELETE FROM audit_nodes'],
    ['another root', 'UPDATE audit_checkpoints SET root = zeroblob(32) WHERE size = 300'],
    ['another note', "UPDATE audit_checkpoints SET note = replace(note, 'log', 'lag') WHERE size = 300"],
    ['the heads gone', 'DELETE FROM audit_checkpoints'],
    [
      'an unsigned entry changed',
      `INSERT INTO audit_entries VALUES (300, CAST('{"at":"2026-03-01T00:00:00.000Z","kind":"start","v":1}' AS BLOB)); INSERT INTO audit_leaves VALUES (300, zeroblob(32))`,
    ],
    ['an unsigned leaf without an entry', 'INSERT INTO audit_leaves VALUES (300, zeroblob(32))'],
  ];

  it.each(attacks)('refuses a log with %s', async (_, sql) => {
    const [store, key] = [memoryStore(), newKey()];
    const first = await openLog({ store, key });
    await append(store, 300);
    await first.advance();
    await first.close();
    await (await openLog({ store, key })).close(); // control
    await tamper(store, sql);
    await expect(openLog({ store, key })).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
  });

  it('refuses to go on with another key or under another name', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const [store, key] = [memoryStore(), createLogKey(origin, privateKey)];
    await append(store, 3);
    await (await openLog({ store, key })).close();
    await expect(openLog({ store, key: newKey() })).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
    await expect(openLog({ store, key: createLogKey('else', privateKey) })).rejects.toMatchObject({
      code: 'LOG_CORRUPT',
    });
  });
});
