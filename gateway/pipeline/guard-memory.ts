import { type Db, findGivenValue, insertGivenValues, type Store } from '#catalog';
import type { CandidatePartition, GuardEntry, GuardMemory, SetPrint } from '#policies';
import { type DifferencingGuard, type HeldAnswer, openDifferencingGuard } from './differencing.ts';

/**
 * All that answers leave behind: the sets that the guard compares, and the numbers given in mode `perturbed`. What a running
 * job was told counts at once, is durable in its outcome's transaction, and is taken back when nothing of it leaves.
 */
export class StoredGuardMemory implements GuardMemory {
  readonly #store: Pick<Store, 'read'>;
  readonly #guard: DifferencingGuard;
  /** Given by jobs whose outcome is not durable yet. */
  readonly #pending = new Map<string, string>();

  constructor(store: Pick<Store, 'read'>) {
    this.#store = store;
    this.#guard = openDifferencingGuard(store);
  }

  hold(part: string, partition: CandidatePartition) {
    const held = this.#guard.hold(part, [partition]);
    return { shown: held.shown[0] ?? [], held };
  }

  standingFor(print: SetPrint, unitsMin: number): string | null {
    return this.#guard.standingFor(print, unitsMin);
  }

  given(set: string, functional: string): string | null {
    const pending = this.#pending.get(nameOf(set, functional));
    return pending ?? this.#store.read((db) => findGivenValue(db, set, functional));
  }

  give(set: string, functional: string, value: string): void {
    this.#pending.set(nameOf(set, functional), value);
  }

  /** In the outcome's transaction. */
  keep(tx: Db, mode: string, entry: GuardEntry): void {
    for (const part of heldIn(entry)) part.record(tx, mode);
    insertGivenValues(tx, entry.given);
  }

  /** Once that transaction is durable. */
  kept(entry: GuardEntry): void {
    for (const part of heldIn(entry)) part.keep();
    this.#letGo(entry);
  }

  /** The answer never left. */
  forget(entry: GuardEntry): void {
    for (const part of heldIn(entry)) part.drop();
    this.#letGo(entry);
  }

  #letGo({ given }: GuardEntry): void {
    for (const { set, functional } of given) this.#pending.delete(nameOf(set, functional));
  }
}

/** Only `hold` makes them. */
const heldIn = ({ held }: GuardEntry): readonly HeldAnswer[] => held as readonly HeldAnswer[];
const nameOf = (set: string, functional: string): string => JSON.stringify([set, functional]);
