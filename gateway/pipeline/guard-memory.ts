import { type Db, findGivenValue, insertGivenValues, insertReleasedSets, listReleasedSets, type Store } from '#catalog';
import { type GuardEntry, type GuardMemory, ReleaseHistory } from '#policies';

/**
 * The differencing guard's memory over all jobs of a gateway: read from the store at the start, written in the transaction of
 * each outcome. What a running job was told counts at once, so that two jobs cannot each pass beside the other; it is taken
 * back when the job ends without an answer.
 */
export class StoredGuardMemory implements GuardMemory {
  readonly history = new ReleaseHistory();
  readonly #store: Store;
  /** Given by jobs whose outcome is not durable yet. */
  readonly #pending = new Map<string, string>();

  constructor(store: Store) {
    this.#store = store;
    store.read((db) => {
      for (const set of listReleasedSets(db)) this.history.add(set);
    });
  }

  given(set: string, functional: string): string | null {
    const pending = this.#pending.get(nameOf(set, functional));
    return pending ?? this.#store.read((db) => findGivenValue(db, set, functional));
  }

  give(set: string, functional: string, value: string): void {
    this.#pending.set(nameOf(set, functional), value);
  }

  /** In the outcome's transaction. */
  keep(tx: Db, job: string, { added, given }: GuardEntry): void {
    insertReleasedSets(tx, job, added);
    insertGivenValues(tx, given);
  }

  /** Once that transaction is durable. */
  kept({ given }: GuardEntry): void {
    for (const { set, functional } of given) this.#pending.delete(nameOf(set, functional));
  }

  /** The answer never left. */
  forget({ added, given }: GuardEntry): void {
    for (const { identity } of added) this.history.remove(identity);
    for (const { set, functional } of given) this.#pending.delete(nameOf(set, functional));
  }
}

const nameOf = (set: string, functional: string): string => JSON.stringify([set, functional]);
