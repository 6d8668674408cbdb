import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { verifyNames } from '../../gateway/audit/index.ts';
import { every, judge, newTally, type Tally, withByteChanged } from './alteration.ts';
import type { SampleLog } from './sample-log.ts';

interface Row {
  readonly idx: number;
  readonly part: string;
  readonly org: string;
  readonly sub: string;
  readonly salt: Buffer;
}

/** Changes every byte of every name beside the log, and drops each: where nobody erased anything, the check of names sees it. */
export function alterNames(sample: SampleLog, step: number): readonly Tally[] {
  const [bytes, rows] = [newTally('names: one byte changed'), newTally('names: dropped')];
  const path = join(sample.dir, 'altered-names.db');
  copyFileSync(sample.storePath, path);
  const db = new Database(path);
  db.pragma('synchronous = OFF');
  const check = () => {
    const { problem } = verifyNames(path);
    const place = { index: problem?.index ?? 0, indexMax: problem?.index ?? 0 };
    return { isIntact: problem === undefined, problem: problem === undefined ? null : place };
  };
  const all = db.prepare<[], Row>('SELECT * FROM audit_openings').all();
  const insert = db.prepare('INSERT OR REPLACE INTO audit_openings VALUES (@idx, @part, @org, @sub, @salt)');
  for (const i of every(step, all.length)) {
    const row = all[i]!;
    for (const column of ['org', 'sub', 'salt'] as const) {
      const original = Buffer.from(row[column]);
      for (let at = 0; at < original.length; at += 1) {
        const changed = withByteChanged(original, at, at);
        insert.run({ ...row, [column]: column === 'salt' ? changed : changed.toString('latin1') });
        judge(bytes, { what: `name ${row.idx} ${column} byte ${at}`, entry: row.idx }, check);
      }
      insert.run(row);
    }
    db.prepare('DELETE FROM audit_openings WHERE idx = ? AND part = ?').run(row.idx, row.part);
    judge(rows, { what: `name ${row.idx} dropped`, entry: row.idx }, check);
    insert.run(row);
  }
  if (!check().isIntact) throw new Error('control: the copy that was set right again is intact');
  db.close();
  return [bytes, rows];
}
