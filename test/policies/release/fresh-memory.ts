import { ReleaseHistory } from '../../../policies/release/guard/history.ts';
import { judge } from '../../../policies/release/guard/judge.ts';
import { standingFor } from '../../../policies/release/guard/standing.ts';
import type { GuardMemory } from '../../../policies/release/guarded.ts';

/** A guard that has seen nothing yet, and forgets with its test. */
export function freshMemory(): GuardMemory {
  const given = new Map<string, string>();
  const history = new ReleaseHistory();
  return {
    hold: (part, partition) => ({ shown: judge(history, part, [partition]).shown[0]!, held: {} }),
    standingFor: (print, unitsMin) => standingFor(history, print, unitsMin),
    given: (set, functional) => given.get(`${set} ${functional}`) ?? null,
    give: (set, functional, value) => {
      given.set(`${set} ${functional}`, value);
    },
  };
}
