import { classTokens } from './difference.ts';
import type { ReleaseHistory } from './history.ts';
import { NEED_MAX } from './set-index.ts';
import { identityOf, type SetPrint } from './set-print.ts';

/**
 * The name of the set that stands for this one in mode `perturbed`: per table the nearest known rows that differ in fewer
 * units than are needed, or its own. Sets that differ in fewer units are one set: whatever is asked of them gets one number.
 */
export function standingFor(history: ReleaseHistory, print: SetPrint, unitsMin: number): string {
  const need = Math.min(Math.max(1, unitsMin), NEED_MAX);
  return print
    .map((table) => {
      const index = history.index(table.lineage);
      let [name, least] = [identityOf([table]), need];
      index.near(classTokens(table), need, NO_FAMILY, (entry, differing) => {
        if (differing < least) [name, least] = [index.identityOf(entry), differing];
        return least === 0;
      });
      return name;
    })
    .join('+');
}

/** No grouping has this number. */
const NO_FAMILY = -1;

/** The name of a set that stands for itself. */
export const ownName = (print: SetPrint): string => print.map((table) => identityOf([table])).join('+');
