import { ReleaseHistory } from '../../../policies/release/guard/history.ts';
import { judge } from '../../../policies/release/guard/judge.ts';
import { standingFor } from '../../../policies/release/guard/standing.ts';
import type { GuardMemory } from '../../../policies/release/guarded.ts';

/** A guard that has seen nothing yet, and forgets with its test. */
export function freshMemory(): GuardMemory {
  const given = new Map<string, string>();
  const history = new ReleaseHistory();
  return {
    hold(part, partition) {
      const { shown, added } = judge(history, part, [partition]);
      return { shown: shown[0]!, held: added.map(({ identity }) => identity) };
    },
    standingFor: (print, unitsMin) => standingFor(history, print, unitsMin),
    given: (set, functional) => given.get(`${set} ${functional}`) ?? null,
    give: (set, functional, value) => {
      given.set(`${set} ${functional}`, value);
    },
    forget(entry) {
      for (const identity of entry.held.flat()) history.remove(identity as string);
      for (const { set, functional } of entry.given) given.delete(`${set} ${functional}`);
    },
  };
}
