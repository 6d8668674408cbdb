import { listExits, type Store } from '#catalog';
import { AppError } from '#policies';

/** Who has left, in memory: nobody of it is let in from the moment of the order, before it is written. */
export class ExitRegister {
  readonly #left: Set<string>;

  /** @throws AppError `CATALOGUE_CORRUPT` when a stored exit was changed: nothing must start then. */
  constructor(store: Pick<Store, 'read'>) {
    this.#left = new Set(store.read(listExits).map(({ operator }) => operator));
  }

  put(operator: string): void {
    this.#left.add(operator);
  }

  has(org: string): boolean {
    return this.#left.has(org);
  }

  /** @throws AppError `OPERATOR_LEFT`. */
  require(org: string): void {
    if (this.#left.has(org)) throw new AppError('OPERATOR_LEFT', { id: org });
  }
}
