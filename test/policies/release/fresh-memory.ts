import { ReleaseHistory } from '../../../policies/release/guard/history.ts';
import type { GuardMemory } from '../../../policies/release/guarded.ts';

/** A guard that has seen nothing yet, and forgets with its test. */
export function freshMemory(): GuardMemory {
  const given = new Map<string, string>();
  return {
    history: new ReleaseHistory(),
    given: (set, functional) => given.get(`${set} ${functional}`) ?? null,
    give: (set, functional, value) => {
      given.set(`${set} ${functional}`, value);
    },
  };
}
