import { openStoreReader, readEntryBytes } from '../../catalog/index.ts';
import { checkReceipt, isConsistent, openCheckpoint } from '../../gateway/audit/index.ts';
import { nodeSource } from '../../gateway/audit/stored-tree.ts';
import { consistencyProof, loadFrontier, rootOf } from '../../gateway/audit/tree.ts';
import { every, newTally, type Tally, withByteChanged } from './alteration.ts';
import type { SampleLog } from './sample-log.ts';

/** Changes every byte of receipts, of the entries that they vouch for, of checkpoints and of consistency proofs. */
export function alterReceipts({ storePath, key, size, known, receipts }: SampleLog, step: number): readonly Tally[] {
  const store = openStoreReader(storePath);
  const entryOf = (index: number) => store.read((db) => readEntryBytes(db, index, index + 1))[0] ?? Buffer.alloc(0);
  const note = (tally: Tally, what: string, isAccepted: boolean) => {
    tally.changes += 1;
    if (isAccepted) tally.undetected.push(what);
  };
  const ofReceipts = newTally('receipts and their entries');
  for (const [index, receipt] of receipts) {
    const entry = entryOf(index);
    if (checkReceipt(receipt, entry, key)?.index !== index) throw new Error(`control: receipt ${index} is good`);
    const bytes = Buffer.from(receipt);
    for (const at of every(Math.min(step, 5), bytes.length)) {
      const changed = withByteChanged(bytes, at, at).toString('utf8');
      note(ofReceipts, `receipt ${index} byte ${at}`, checkReceipt(changed, entry, key) !== null);
      const cut = bytes.subarray(0, at).toString('utf8');
      note(ofReceipts, `receipt ${index} cut at ${at}`, checkReceipt(cut, entry, key) !== null);
    }
    for (let at = 0; at < entry.length; at += 1) {
      note(
        ofReceipts,
        `entry ${index} byte ${at}`,
        checkReceipt(receipt, withByteChanged(entry, at, at), key) !== null,
      );
    }
  }
  const ofCheckpoints = newTally('checkpoints');
  const bytes = Buffer.from(known);
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = withByteChanged(bytes, at, at).toString('utf8');
    note(ofCheckpoints, `byte ${at}`, openCheckpoint(changed, key) !== null);
    note(ofCheckpoints, `cut at ${at}`, openCheckpoint(bytes.subarray(0, at).toString('utf8'), key) !== null);
  }
  const ofProofs = newTally('consistency proofs');
  const heads = store.read((db) => {
    const at = (of: number) => ({ size: of, root: rootOf(loadFrontier(nodeSource(db), of)) });
    return [...every(Math.min(step, 29), size)]
      .filter((older) => older > 0)
      .map((older) => ({ older: at(older), newer: at(size), proof: consistencyProof(nodeSource(db), older, size) }));
  });
  for (const { older, newer, proof } of heads) {
    if (!isConsistent(older, newer, proof)) throw new Error(`control: the proof from ${older.size} is good`);
    for (const [i, hash] of proof.entries()) {
      for (const at of every(Math.min(step, 11), hash.length)) {
        const changed = proof.with(i, withByteChanged(hash, at, at));
        note(ofProofs, `from ${older.size} hash ${i} byte ${at}`, isConsistent(older, newer, changed));
      }
      note(ofProofs, `from ${older.size} without hash ${i}`, isConsistent(older, newer, proof.toSpliced(i, 1)));
    }
  }
  store.close();
  return [ofReceipts, ofCheckpoints, ofProofs];
}
