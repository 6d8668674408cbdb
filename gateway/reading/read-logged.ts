import type { Db, Store } from '#catalog';
import type { Caller } from '../identity/index.ts';
import { appendChange } from '../log-change.ts';

/**
 * Reads of the log what is durable when it is asked. INVARIANT: who read what is in the log before the answer leaves.
 *
 * @throws AppError `STORE_FAILED`.
 */
export async function readLogged<T>(
  { store }: { readonly store: Store },
  reading: { readonly caller: Caller; readonly note: string },
  read: (db: Db) => T,
): Promise<T> {
  await store.indexed();
  const answer = store.read(read);
  await store.commit((tx) => appendChange(tx, { kind: 'log-read', ...reading }));
  return answer;
}
