import { activeFreezes, type Freeze, type Store } from '#catalog';
import { AppError, type FreezeSubject, type FrozenThing, isFrozen } from '#policies';

/**
 * What is frozen now, in memory: asked at every step of a job, and stopped from the moment that the office says so, before it
 * is written.
 */
export class FreezeRegister {
  readonly #frozen = new Map<string, FrozenThing>();

  /** @throws AppError `CATALOGUE_CORRUPT` when a stored freeze was changed: nothing must start then. */
  constructor(store: Pick<Store, 'read'>) {
    for (const freeze of store.read(activeFreezes)) this.put(freeze);
  }

  put({ id, scope, target }: Pick<Freeze, 'id' | 'scope' | 'target'>): void {
    this.#frozen.set(id, { scope, target });
  }

  remove(id: string): void {
    this.#frozen.delete(id);
  }

  /** The freeze that stops the job; null when none does. */
  find(subject: FreezeSubject): FrozenThing | null {
    for (const frozen of this.#frozen.values()) if (isFrozen(frozen, subject)) return frozen;
    return null;
  }

  /** @throws AppError `POLICY_FROZEN` (scope). */
  require(subject: FreezeSubject): void {
    const frozen = this.find(subject);
    if (frozen !== null) throw new AppError('POLICY_FROZEN', { scope: frozen.scope });
  }
}
