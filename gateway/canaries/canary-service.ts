import { randomUUID } from 'node:crypto';
import { type Canary, insertCanary, retireCanary, type Store } from '#catalog';
import type { CanaryReaction } from '#policies';
import { assert } from '#policies';
import type { Caller } from '../identity/index.ts';
import { appendChange, knowOrganisation } from '../log-change.ts';
import type { CanaryDigests } from './canary-digests.ts';
import type { CanaryRegister } from './canary-register.ts';
import { canonicalCell, hintOf } from './canonical-cell.ts';

export interface CanaryOrder {
  /** Known during the call only. Not empty. */
  readonly value: string;
  readonly label: string;
  readonly onHit: CanaryReaction;
}

/** Watching for a value and its end, each in one transaction with its log entry. Authorization is the routes' part. */
export interface CanaryService {
  watchFor(caller: Caller, order: CanaryOrder): Promise<Canary>;
  /** Errors: CANARY_NOT_FOUND. */
  retire(caller: Caller, id: string): Promise<Canary>;
}

export function createCanaryService(deps: {
  readonly store: Store;
  readonly register: CanaryRegister;
  readonly digests: CanaryDigests;
}): CanaryService {
  const { store, register, digests } = deps;
  return {
    async watchFor(caller, { value, label, onHit }) {
      const id = randomUUID();
      const text = canonicalCell(value);
      assert(text !== null, 'a text is comparable');
      const stored = { digest: digests.digest(text), hint: digests.maskHint(id, hintOf(value)) };
      const canary = await store.commit((tx) => {
        knowOrganisation(tx, caller);
        appendChange(tx, { kind: 'canary', caller, note: `watch for canary ${id} (${label}), ${onHit}` });
        return insertCanary(tx, { id, ...stored, label, onHit, createdBy: `${caller.org}/${caller.sub}` });
      });
      register.put(canary);
      return canary;
    },
    async retire(caller, id) {
      const retired = await store.commit((tx) => {
        knowOrganisation(tx, caller);
        appendChange(tx, { kind: 'canary', caller, note: `retire canary ${id}` });
        return retireCanary(tx, id, `${caller.org}/${caller.sub}`);
      });
      register.remove(id);
      return retired;
    },
  };
}
