/**
 * Goal: nothing in a log can be changed without the offline check saying so, and saying where.
 * Method: a campaign over a home's rows and over a folder of tiles: each kind of change at many places, from one bit to
 * whole rewrites with every hash made to fit. Control: the untouched log is intact before and after each change.
 */
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leafHash } from '../../../catalog/index.ts';
import { exportTiles } from '../../../gateway/audit/export-tiles.ts';
import { EMPTY_FRONTIER, growTree, rootOf } from '../../../gateway/audit/tree.ts';
import { verifyHome, verifyTiles } from '../../../gateway/audit/verify.ts';
import { fillHome, type Home, newHome } from './home.ts';
import { entryAt, putEntry, putLeaf } from './rows.ts';

const SIZE = 700;
let home: Home;
let tilesDir: string;

beforeAll(async () => {
  home = newHome();
  await fillHome(home, [100, 200, 300, 100]);
  tilesDir = join(home.dir, 'tiles');
  exportTiles(home.storePath, tilesDir);
});
afterAll(() => home.remove());

/** What the check says of a copy of the home, changed by SQL. */
function checkChanged(change: (db: Database.Database) => void) {
  const path = join(home.dir, 'changed.db');
  copyFileSync(home.storePath, path);
  const db = new Database(path);
  db.pragma('synchronous = OFF');
  change(db);
  db.close();
  const report = verifyHome(path, home.key.vkey);
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  return report;
}

const flipBit = (bytes: Buffer, bit: number): Buffer => {
  const copy = Buffer.from(bytes);
  const at = (bit >> 3) % copy.length;
  copy[at] = (copy[at] as number) ^ (1 << (bit & 7));
  return copy;
};

const PLACES = [0, 1, 99, 100, 255, 256, 299, 300, 511, 512, 640, 698, 699];
describe('a home', () => {
  it('is intact untouched (control)', () => {
    const report = verifyHome(home.storePath, home.key.vkey);
    expect(report).toMatchObject({ isIntact: true, problem: null, size: SIZE, checked: SIZE, unsigned: 0 });
    expect(checkChanged(() => undefined).isIntact).toBe(true);
  });

  it('names an entry with one bit changed', () => {
    for (const i of PLACES) {
      for (const bit of [0, 77, 300]) {
        const report = checkChanged((db) => putEntry(db, i, flipBit(entryAt(db, i), bit)));
        expect(report.problem).toEqual({ what: 'entry-changed', index: i, indexMax: i });
      }
    }
  });

  it('tells a changed leaf from a changed entry', () => {
    for (const i of PLACES) {
      const report = checkChanged((db) => putLeaf(db, i, flipBit(leafHash(entryAt(db, i)), i)));
      expect(report.problem).toEqual({ what: 'leaf-changed', index: i, indexMax: i });
    }
  });

  it('names a dropped entry, whether it leaves a gap or the others move up', () => {
    for (const i of PLACES) {
      const gap = checkChanged((db) => db.prepare('DELETE FROM audit_entries WHERE idx = ?').run(i));
      expect(gap.problem).toEqual({ what: 'entry-dropped', index: i, indexMax: i });
      const moved = checkChanged((db) => {
        db.prepare('DELETE FROM audit_entries WHERE idx = ?').run(i);
        db.prepare('UPDATE audit_entries SET idx = idx - 1 WHERE idx > ?').run(i);
      });
      expect(moved.problem).toEqual({ what: 'entry-dropped', index: i, indexMax: i });
    }
  });

  it('names the first of two entries that changed places', () => {
    for (const [a, b] of [
      [0, 1],
      [255, 256],
      [10, 600],
      [698, 699],
    ] as const) {
      const report = checkChanged((db) => {
        const [first, second] = [entryAt(db, a), entryAt(db, b)];
        putEntry(db, a, second);
        putEntry(db, b, first);
      });
      expect(report.problem).toEqual({ what: 'entry-reordered', index: a, indexMax: a });
    }
  });

  it('names where the log was cut off', () => {
    for (const from of [0, 1, 256, 500, 699]) {
      const entriesOnly = checkChanged((db) => db.exec(`DELETE FROM audit_entries WHERE idx >= ${from}`));
      expect(entriesOnly.problem?.index).toBe(from);
      const withLeaves = checkChanged((db) =>
        db.exec(`DELETE FROM audit_entries WHERE idx >= ${from}; DELETE FROM audit_leaves WHERE idx >= ${from}`),
      );
      expect(withLeaves.problem).toMatchObject({ what: 'entry-dropped', index: from });
    }
  });

  it('narrows a rewrite down to the entries between two signed heads when the leaf was made to fit', () => {
    for (const i of PLACES) {
      const report = checkChanged((db) => {
        const bytes = flipBit(entryAt(db, i), 9);
        putEntry(db, i, bytes);
        putLeaf(db, i, leafHash(bytes));
      });
      expect(report.problem?.what).toBe('tree-changed');
      const { index, indexMax } = report.problem as { index: number; indexMax: number };
      expect(index <= i && i <= indexMax && indexMax - index < 256).toBe(true);
    }
  });

  it('sees through a rewrite of everything but the signatures', () => {
    for (const i of PLACES) {
      const report = checkChanged((db) => {
        putEntry(db, i, flipBit(entryAt(db, i), 9));
        rebuildTree(db);
      });
      expect(report.problem?.what).toBe('tree-changed');
      const { index, indexMax } = report.problem as { index: number; indexMax: number };
      expect(index <= i && i <= indexMax && indexMax - index < 256).toBe(true);
    }
  });

  it('sees every changed tile, tree head and signature', () => {
    const nodes = checkChanged((db) => db.exec('UPDATE audit_nodes SET hash = zeroblob(32) WHERE n = 1'));
    expect(nodes.problem).toEqual({ what: 'tree-changed', index: 256, indexMax: 511 });
    expect(checkChanged((db) => db.exec('DELETE FROM audit_nodes WHERE n = 1')).problem?.what).toBe('tree-changed');
    for (const size of [256, 512, 700]) {
      const set = (what: string) =>
        checkChanged((db) => db.exec(`UPDATE audit_checkpoints SET ${what} WHERE size = ${size}`));
      expect(set('root = zeroblob(32)').problem).toMatchObject({ what: 'checkpoint-changed', index: size });
      expect(set('size = size + 1').isIntact, `${size}`).toBe(false);
      if (size !== 700) expect(set('note = NULL').problem).toMatchObject({ what: 'checkpoint-changed', index: size });
      const gone = checkChanged((db) => db.exec(`DELETE FROM audit_checkpoints WHERE size = ${size}`));
      expect(gone.problem, `${size}`).toMatchObject({ what: 'checkpoint-missing', index: size });
    }
    for (const sql of [
      'DELETE FROM audit_checkpoints WHERE size = 0',
      'UPDATE audit_checkpoints SET size = 99999 WHERE size = 700',
    ]) {
      expect(checkChanged((db) => db.exec(sql)).isIntact, sql).toBe(false);
    }
    const gone = checkChanged((db) => db.exec('UPDATE audit_checkpoints SET note = NULL'));
    expect(gone.problem?.what).toBe('checkpoint-missing');
    const forged = checkChanged((db) => db.exec("UPDATE audit_checkpoints SET note = replace(note, '700', '701')"));
    expect(forged.problem?.what).toBe('checkpoint-changed');
    const older = checkChanged((db) =>
      db.exec(
        'UPDATE audit_checkpoints SET note = (SELECT note FROM audit_checkpoints WHERE size = 700) WHERE size = 256',
      ),
    );
    expect(older.problem).toMatchObject({ what: 'checkpoint-changed', index: 256 });
  });

  it('sees entries before the first and behind the last', () => {
    expect(checkChanged((db) => db.exec("INSERT INTO audit_entries VALUES (-1, CAST('{}' AS BLOB))")).isIntact).toBe(
      false,
    );
    expect(checkChanged((db) => db.exec("INSERT INTO audit_entries VALUES (700, CAST('{}' AS BLOB))")).isIntact).toBe(
      false,
    );
    expect(checkChanged((db) => db.exec('INSERT INTO audit_leaves VALUES (700, zeroblob(32))')).isIntact).toBe(false);
  });

  it('is not intact under another key', async () => {
    const other = newHome();
    expect(verifyHome(home.storePath, other.key.vkey).problem?.what).toBe('checkpoint-changed');
    other.remove();
    expect(() => verifyHome(home.storePath, 'x')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('that a gateway goes on writing is checked as it was at the beginning', () => {
    const path = join(home.dir, 'written.db');
    copyFileSync(home.storePath, path);
    const writer = new Database(path);
    const grow = () =>
      writer.exec(
        `INSERT INTO audit_nodes VALUES (1, 99, zeroblob(32)); INSERT INTO audit_checkpoints VALUES (900, zeroblob(32), NULL)`,
      );
    const report = verifyHome(path, home.key.vkey, { onProgress: grow });
    expect(report).toMatchObject({ isIntact: true, size: SIZE });
    expect(verifyHome(path, home.key.vkey).isIntact, 'control').toBe(false);
    writer.close();
  });

  it('with entries that nothing signs yet is intact, and says how many', () => {
    const bytes = Buffer.from('{"v":1}');
    const append = (db: Database.Database) => {
      db.prepare('INSERT INTO audit_entries VALUES (700, ?)').run(bytes);
      db.prepare('INSERT INTO audit_leaves VALUES (700, ?)').run(leafHash(bytes));
    };
    expect(checkChanged(append).problem).toMatchObject({ what: 'checkpoint-missing', index: 701 });
    const report = checkChanged((db) => {
      append(db);
      const tree = growTree(EMPTY_FRONTIER);
      for (let i = 0; i <= SIZE; i += 1) tree.push(leafHash(entryAt(db, i)));
      db.prepare('INSERT INTO audit_checkpoints VALUES (701, ?, NULL)').run(rootOf(tree.frontier()));
    });
    expect(report).toMatchObject({ isIntact: true, unsigned: 1, size: SIZE, checked: SIZE + 1 });
    expect(report.state.size).toBe(SIZE);
  });

  it('in a file that is no store any more is reported, not believed', () => {
    const path = join(home.dir, 'broken.db');
    const bytes = readFileSync(home.storePath);
    // Everything but the header and the schema's page.
    bytes.fill(0xa5, 8_192);
    writeFileSync(path, bytes);
    const check = () => verifyHome(path, home.key.vkey);
    let isIntact = false;
    try {
      isIntact = check().isIntact;
    } catch (error) {
      expect(error).toMatchObject({ code: 'STORE_FAILED' });
    }
    expect(isIntact).toBe(false);
  });
});

/** What an attacker without the key can do: every hash in the store fits the rewritten entries. */
function rebuildTree(db: Database.Database): void {
  db.exec('DELETE FROM audit_nodes');
  const heads = db.prepare<[], number>('SELECT size FROM audit_checkpoints').pluck().all();
  const tree = growTree(EMPTY_FRONTIER, (level, n, hash) =>
    db.prepare('INSERT INTO audit_nodes VALUES (?, ?, ?)').run(level, n, hash),
  );
  for (let i = 0; i < SIZE; i += 1) {
    const leaf = leafHash(entryAt(db, i));
    putLeaf(db, i, leaf);
    tree.push(leaf);
    if (heads.includes(i + 1)) {
      db.prepare('UPDATE audit_checkpoints SET root = ? WHERE size = ?').run(rootOf(tree.frontier()), i + 1);
    }
  }
}

describe('a folder of tiles', () => {
  const check = (dir: string) => verifyTiles(dir, home.key.vkey);

  let changedDir: string;
  beforeAll(() => {
    changedDir = join(home.dir, 'changed-tiles');
    cpSync(tilesDir, changedDir, { recursive: true });
  });

  /** What the check says with one file's bytes replaced, or the file gone. */
  function checkChangedFile(file: string, bytes: Uint8Array | null) {
    const path = join(changedDir, file);
    if (bytes === null) rmSync(path);
    else writeFileSync(path, bytes);
    const report = check(changedDir);
    copyFileSync(join(tilesDir, file), path);
    return report;
  }

  const files = () =>
    readdirSync(tilesDir, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name).slice(tilesDir.length + 1));

  it('is intact untouched, and the same whenever it is written (control)', () => {
    expect(check(tilesDir)).toMatchObject({ isIntact: true, size: SIZE, checked: SIZE });
    const again = join(home.dir, 'again');
    exportTiles(home.storePath, again);
    for (const file of files()) expect(readFileSync(join(again, file))).toEqual(readFileSync(join(tilesDir, file)));
    rmSync(again, { recursive: true });
  });

  it('has the files of the specification', () => {
    expect(files().toSorted()).toEqual(
      [
        'checkpoint',
        ...['0', 'entries'].flatMap((level) => [`tile/${level}/000`, `tile/${level}/001`, `tile/${level}/002.p/188`]),
        'tile/1/000.p/2',
      ].toSorted(),
    );
  });

  it('is not intact with a bit of any file changed, a byte gone or added, or the file gone', () => {
    for (const file of files()) {
      const bytes = readFileSync(join(tilesDir, file));
      const step = Math.max(1, Math.floor(bytes.length / 40));
      for (let at = 0; at < bytes.length; at += step) {
        const report = checkChangedFile(file, flipBit(bytes, at * 8 + (at % 8)));
        expect(report.isIntact, `${file} byte ${at}`).toBe(false);
      }
      const cases = [bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.from('x')]), Buffer.alloc(0), null];
      for (const changed of cases) expect(checkChangedFile(file, changed).isIntact, file).toBe(false);
    }
    expect(check(changedDir).isIntact, 'control').toBe(true);
  });

  it('names the first entry that changed, was dropped or changed places', () => {
    const bundle = readFileSync(join(tilesDir, 'tile/entries/001'));
    const first = 2 + bundle.readUInt16BE(0);
    const second = 2 + bundle.readUInt16BE(first);
    const put = (bytes: Buffer) => checkChangedFile('tile/entries/001', bytes).problem;
    expect(put(flipBit(bundle, 80))).toEqual({ what: 'entry-changed', index: 256, indexMax: 256 });
    expect(put(bundle.subarray(first))).toEqual({ what: 'entry-dropped', index: 256, indexMax: 256 });
    const swapped = [
      bundle.subarray(first, first + second),
      bundle.subarray(0, first),
      bundle.subarray(first + second),
    ];
    expect(put(Buffer.concat(swapped))).toEqual({ what: 'entry-reordered', index: 256, indexMax: 256 });
  });

  it('is checked on from where an earlier check of a home ended', () => {
    const { state } = verifyHome(home.storePath, home.key.vkey);
    expect(verifyTiles(tilesDir, home.key.vkey, { resume: state })).toMatchObject({ isIntact: true, checked: 0 });
  });

  it('loses its partial tiles as they fill', async () => {
    const other = newHome();
    const dir = join(other.dir, 'tiles');
    await fillHome(other, [200]);
    exportTiles(other.storePath, dir);
    expect(existsSync(join(dir, 'tile/0/000.p/200'))).toBe(true);
    await fillHome(other, [100]);
    exportTiles(other.storePath, dir);
    expect(existsSync(join(dir, 'tile/0/000.p'))).toBe(false);
    expect(verifyTiles(dir, other.key.vkey)).toMatchObject({ isIntact: true, size: 300 });
    other.remove();
  });
});
