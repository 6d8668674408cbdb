import { activeCanaries, type Canary, type Store } from '#catalog';
import type { StoredCell, StoredResult } from '../formats/stored-result.ts';
import type { CanaryDigests } from './canary-digests.ts';
import { canonicalCell, hintOf } from './canonical-cell.ts';

/** What is watched for now, in memory. */
export class CanaryRegister {
  readonly #byHint = new Map<number, Canary[]>();
  readonly #digests: CanaryDigests;

  /** @throws AppError `CATALOGUE_CORRUPT` when a stored canary was changed: nothing must start then. */
  constructor(store: Pick<Store, 'read'>, digests: CanaryDigests) {
    this.#digests = digests;
    for (const canary of store.read(activeCanaries)) this.put(canary);
  }

  put(canary: Canary): void {
    const hint = this.#digests.maskHint(canary.id, canary.hint);
    this.#byHint.set(hint, [...(this.#byHint.get(hint) ?? []), canary]);
  }

  remove(id: string): void {
    for (const [hint, canaries] of this.#byHint) {
      const left = canaries.filter((canary) => canary.id !== id);
      if (left.length === 0) this.#byHint.delete(hint);
      else this.#byHint.set(hint, left);
    }
  }

  /** A canary that stands in a cell of the result; the one that freezes before one that only reports. */
  find({ values }: Pick<StoredResult, 'values'>): Canary | null {
    let found: Canary | null = null;
    if (this.#byHint.size === 0) return found;
    for (const column of values) {
      for (const cell of column) {
        const hit = this.#canaryOf(cell);
        if (hit?.onHit === 'freeze') return hit;
        found ??= hit ?? null;
      }
    }
    return found;
  }

  #canaryOf(cell: StoredCell): Canary | undefined {
    const candidates = this.#byHint.get(hintOf(String(cell)));
    const text = candidates === undefined ? null : canonicalCell(cell);
    if (candidates === undefined || text === null) return undefined;
    const digest = this.#digests.digest(text);
    const same = candidates.filter((canary) => canary.digest === digest);
    return same.find(({ onHit }) => onHit === 'freeze') ?? same[0];
  }
}
