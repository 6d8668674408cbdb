import type { Db, Store } from '#catalog';
import { appendChange, type Change } from '../log-change.ts';

/**
 * Reads of the log what is durable when it is asked. INVARIANT: who read what is in the log before the answer leaves.
 *
 * @throws AppError `STORE_FAILED`.
 */
export async function readLogged<T>(
  { store }: { readonly store: Store },
  reading: Pick<Change, 'caller' | 'about' | 'note'>,
  read: (db: Db) => T,
): Promise<T> {
  await store.indexed();
  const answer = store.read(read);
  await store.commit((tx) => appendChange(tx, { kind: 'log-read', ...reading }));
  return answer;
}
