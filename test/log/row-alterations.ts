import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { verifyHome } from '../../gateway/audit/index.ts';
import { every, judge, newTally, type Tally, withByteChanged } from './alteration.ts';
import type { SampleLog } from './sample-log.ts';

/** The tables of the log, with the columns that name a row and those that hold what it says. */
const TABLES = [
  { name: 'audit_entries', keys: ['idx'], values: ['bytes'] },
  { name: 'audit_leaves', keys: ['idx'], values: ['hash'] },
  { name: 'audit_nodes', keys: ['level', 'n'], values: ['hash'] },
  { name: 'audit_checkpoints', keys: ['size'], values: ['root', 'note'] },
] as const;

type Table = (typeof TABLES)[number];
type Row = Readonly<Record<string, number | Buffer | string>>;

/**
 * Changes every byte of every row of the log in a home's file, renames, drops and swaps rows, and cuts the log off at every
 * entry, with all that belongs to the rest left as it was and with all of it taken away as if the rest had never been.
 */
export function alterRows(sample: SampleLog, step: number): readonly Tally[] {
  const bytes = newTally('rows: one byte changed');
  const rows = newTally('rows: dropped, renamed, swapped');
  const cuts = newTally('rows: log cut off');
  for (const table of TABLES) {
    alterBytes(sample, table, step, bytes);
    for (const [what, entry, sql] of rowChanges(sample, table, step)) tryOnCopy(sample, rows, what, entry, sql);
  }
  for (const [what, entry, sql] of cutOffs(sample.size, step)) tryOnCopy(sample, cuts, what, entry, sql);
  return [bytes, rows, cuts];
}

/** Every byte of every value, one at a time, in one copy that is set right after each. */
function alterBytes(sample: SampleLog, table: Table, step: number, tally: Tally): void {
  const path = join(sample.dir, 'altered-bytes.db');
  copyFileSync(sample.storePath, path);
  const db = openToAlter(path);
  const where = table.keys.map((key) => `${key} = ?`).join(' AND ');
  const check = checkOf(sample, path);
  let position = 0;
  for (const row of db.prepare<[], Row>(`SELECT * FROM ${table.name}`).all()) {
    const keys = table.keys.map((key) => Number(row[key]));
    for (const column of table.values) {
      const value = row[column];
      const update = db.prepare(`UPDATE ${table.name} SET ${column} = ? WHERE ${where}`);
      const original = Buffer.from(value as Buffer | string);
      for (let at = 0; at < original.length; at += 1) {
        position += 1;
        if (position % step !== 0) continue;
        const changed = withByteChanged(original, at, at);
        update.run(typeof value === 'string' ? changed.toString('latin1') : changed, ...keys);
        const entry = table.name === 'audit_entries' ? (keys[0] ?? null) : null;
        judge(tally, { what: `${table.name} ${keys.join(',')} ${column} byte ${at}`, entry }, check);
        update.run(value, ...keys);
      }
    }
  }
  if (!check(false).isIntact) throw new Error('control: the copy that was set right again is intact');
  db.close();
}

type RowChange = readonly [what: string, entry: number | null, sql: string];

function* rowChanges(sample: SampleLog, { name, keys, values }: Table, step: number): Generator<RowChange> {
  const db = new Database(sample.storePath, { readonly: true });
  const rows = db.prepare<[], Row>(`SELECT * FROM ${name}`).all();
  db.close();
  const key = keys.at(-1) ?? 'idx';
  const nameOf = (row: Row) => keys.map((one) => `${one} = ${Number(row[one])}`).join(' AND ');
  for (const i of every(Math.min(step, 17), rows.length)) {
    const [row, next] = [rows[i] as Row, rows[i + 1]];
    const entry = name === 'audit_entries' ? i : null;
    yield [`${name} ${i} dropped`, entry, `DELETE FROM ${name} WHERE ${nameOf(row)}`];
    // Behind the last row of any table, where nothing else is.
    yield [`${name} ${i} renamed`, entry, `UPDATE ${name} SET ${key} = ${100_000 + i} WHERE ${nameOf(row)}`];
    if (next === undefined || row[values[0]] === next[values[0]]) continue;
    const valueIn = (other: Row) => `(SELECT ${values[0]} FROM original.${name} WHERE ${nameOf(other)})`;
    const set = (one: Row, other: Row) => `UPDATE ${name} SET ${values[0]} = ${valueIn(other)} WHERE ${nameOf(one)};`;
    yield [`${name} ${i} swapped with the next`, entry, set(row, next) + set(next, row)];
  }
  for (const [what, row] of STRAYS[name]) {
    yield [`${name} one ${what}`, null, `INSERT INTO ${name} VALUES (${row.replace('SIZE', String(sample.size))})`];
  }
}

/** Rows too many. */
const STRAYS: Readonly<Record<Table['name'], readonly (readonly [what: string, row: string])[]>> = {
  audit_entries: [
    ['before the first', `-1, CAST('{}' AS BLOB)`],
    ['behind the last', `SIZE, CAST('{}' AS BLOB)`],
  ],
  audit_leaves: [
    ['before the first', '-1, zeroblob(32)'],
    ['behind the last', 'SIZE, zeroblob(32)'],
  ],
  audit_nodes: [
    ['before the first', '1, -1, zeroblob(32)'],
    ['behind the last', '1, 99, zeroblob(32)'],
    ['above the top', '3, 0, zeroblob(32)'],
  ],
  audit_checkpoints: [
    ['between two', '255, zeroblob(32), NULL'],
    ['behind the last', 'SIZE + 1, zeroblob(32), NULL'],
  ],
};

/** From each entry on: entries alone, with their leaves, and everything that the log would not have had yet. */
function* cutOffs(size: number, step: number): Generator<RowChange> {
  for (const from of every(Math.min(step, 17), size)) {
    const entries = `DELETE FROM audit_entries WHERE idx >= ${from};`;
    const leaves = `DELETE FROM audit_leaves WHERE idx >= ${from};`;
    const tree = `DELETE FROM audit_nodes WHERE (n + 1) * 256 > ${from}; DELETE FROM audit_checkpoints WHERE size > ${from};`;
    yield [`entries from ${from} on`, from, entries];
    yield [`entries and leaves from ${from} on`, from, entries + leaves];
    yield [`the log set back to ${from}`, null, entries + leaves + tree];
  }
}

function tryOnCopy(sample: SampleLog, tally: Tally, what: string, entry: number | null, sql: string): void {
  const path = join(sample.dir, 'altered.db');
  copyFileSync(sample.storePath, path);
  const db = openToAlter(path);
  db.exec(`ATTACH '${sample.storePath}' AS original`);
  db.exec(sql);
  db.exec('DETACH original');
  judge(tally, { what, entry }, checkOf(sample, path));
  db.close();
}

function openToAlter(path: string): Database.Database {
  const db = new Database(path);
  db.pragma('synchronous = OFF');
  db.pragma('ignore_check_constraints = ON');
  return db;
}

const checkOf =
  ({ key, known }: SampleLog, path: string) =>
  (withKnown: boolean) =>
    verifyHome(path, key.vkey, withKnown ? { known } : {});
