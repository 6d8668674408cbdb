import Database from 'better-sqlite3';

/** Rows of a log as someone changes them who has the file. */

export const entryAt = (db: Database.Database, i: number) =>
  db.prepare<[number], Buffer>('SELECT bytes FROM audit_entries WHERE idx = ?').pluck().get(i) as Buffer;
export const putEntry = (db: Database.Database, i: number, bytes: Buffer) =>
  db.prepare('UPDATE audit_entries SET bytes = ? WHERE idx = ?').run(bytes, i);
export const putLeaf = (db: Database.Database, i: number, hash: Buffer) =>
  db.prepare('UPDATE audit_leaves SET hash = ? WHERE idx = ?').run(hash, i);

export function readNote(path: string): string {
  const db = new Database(path, { readonly: true });
  const note = db.prepare<[], string>('SELECT note FROM audit_checkpoints ORDER BY size DESC LIMIT 1').pluck().get();
  db.close();
  return note as string;
}
