/**
 * Goal: who kept a checkpoint or a state from earlier sees a log that is set back or not grown from it, and only such a one.
 * Method: homes that grew, were set back, were rewritten with every hash made to fit, or lost what a crash may lose.
 */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { leafHash } from '../../../catalog/index.ts';
import { verifyHome } from '../../../gateway/audit/verify.ts';
import { fillHome, newHome } from './home.ts';
import { naiveRoot } from './naive-tree.ts';
import { putEntry, putLeaf, readNote } from './rows.ts';

describe('a home', () => {
  it('that was set back is seen by who kept a checkpoint or a state', async () => {
    const other = newHome();
    await fillHome(other, [300]);
    const early = join(other.dir, 'early.db');
    copyFileSync(other.storePath, early);
    await fillHome(other, [40]);
    const late = verifyHome(other.storePath, other.key.vkey);
    const known = readNote(other.storePath);
    expect(verifyHome(early, other.key.vkey).isIntact).toBe(true);
    expect(verifyHome(early, other.key.vkey, { known }).problem?.what).toBe('checkpoint-older');
    expect(verifyHome(early, other.key.vkey, { resume: late.state }).problem?.what).toBe('checkpoint-older');
    expect(verifyHome(other.storePath, other.key.vkey, { known: readNote(early) }).isIntact).toBe(true);
    other.remove();
  });

  it('whose newest note a crash lost is held against the one that was given out', async () => {
    const other = newHome();
    await fillHome(other, [300]);
    const early = join(other.dir, 'early.db');
    copyFileSync(other.storePath, early);
    await fillHome(other, [40]);
    const known = readNote(other.storePath);
    const crashed = new Database(other.storePath);
    crashed.exec(
      `ATTACH '${early}' AS early; UPDATE audit_checkpoints SET note = NULL WHERE size = 340;
       INSERT INTO audit_checkpoints SELECT * FROM early.audit_checkpoints WHERE size = 300`,
    );
    expect(verifyHome(other.storePath, other.key.vkey, { known })).toMatchObject({ isIntact: true, size: 300 });
    // Rewritten with every hash made to fit: only what was given out tells.
    const changed = Buffer.from('{}');
    putEntry(crashed, 320, changed);
    putLeaf(crashed, 320, leafHash(changed));
    const leaves = crashed.prepare<[], Buffer>('SELECT hash FROM audit_leaves ORDER BY idx').pluck().all();
    crashed.prepare('UPDATE audit_checkpoints SET root = ? WHERE size = 340').run(naiveRoot(leaves));
    expect(verifyHome(other.storePath, other.key.vkey).isIntact, 'control').toBe(true);
    expect(verifyHome(other.storePath, other.key.vkey, { known }).problem?.what).toBe('tree-changed');
    crashed.exec('DELETE FROM audit_entries WHERE idx >= 339; DELETE FROM audit_leaves WHERE idx >= 339');
    crashed.exec('DELETE FROM audit_checkpoints WHERE size = 340');
    expect(verifyHome(other.storePath, other.key.vkey, { known }).problem?.what).toBe('checkpoint-older');
    crashed.close();
    other.remove();
  });

  it('is checked on from where an earlier check ended', async () => {
    const other = newHome();
    await fillHome(other, [300]);
    const first = verifyHome(other.storePath, other.key.vkey);
    await fillHome(other, [333]);
    const second = verifyHome(other.storePath, other.key.vkey, { resume: first.state });
    expect(second).toMatchObject({ isIntact: true, size: 633, checked: 333 });
    const again = verifyHome(other.storePath, other.key.vkey, { resume: second.state });
    expect(again).toMatchObject({ isIntact: true, checked: 0 });
    const wrong = { ...first.state, roots: first.state.roots.map(() => '00'.repeat(32)) };
    expect(verifyHome(other.storePath, other.key.vkey, { resume: wrong }).isIntact).toBe(false);
    other.remove();
  });
});
