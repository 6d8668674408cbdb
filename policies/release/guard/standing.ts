import { classTokens } from './difference.ts';
import type { ReleaseHistory } from './history.ts';
import { type Entry, NEED_MAX } from './set-index.ts';
import { identityOf, resourceOf, type SetPrint, type TablePrint } from './set-print.ts';

/**
 * The name of the set that stands for this one in mode `perturbed`: per table the nearest known rows that differ in fewer
 * units than are needed, or its own. Sets that differ in fewer units are one set: whatever is asked of them gets one number. WHY a known
 * set only: what is near to one question by its rows of one table, and to none by those of another, has no number yet, and its own would stand beside a near one.
 *
 * Guarantee: up to `unitsMin` units apart always; beyond, up to half as many more, by a draw of the set's own. WHY drawn: at a fixed edge, nine
 * people and one more if it has a bit tell the bit by whether there is a second number. Drawn, one unit changes the odds of that
 * by 1/6 at ten units, which tells no more than the noise of one number more (variance 8).
 */
export function standingFor(history: ReleaseHistory, print: SetPrint, unitsMin: number): string {
  const byTable = Map.groupBy(print, ({ lineage }) => resourceOf(lineage));
  const nearest = new Map([...byTable].map(([resource, tables]) => [resource, nearestTo(history, tables, unitsMin)]));
  const name = print
    .map((table) => {
      const known = nearest.get(resourceOf(table.lineage)) ?? null;
      const entry = known?.lineage === table.lineage ? known.entry : known?.others.get(table.lineage);
      return entry === undefined ? identityOf([table]) : history.index(table.lineage).identityOf(entry);
    })
    .join('+');
  return history.has(name) ? name : ownName(print);
}

/** How many classes of units a set must differ in to have a number of its own. Row keys are secret, and so is the name's hash. */
function needOf(table: TablePrint, unitsMin: number): number {
  const draws = Math.floor(unitsMin / 2) + 1;
  const drawn = Number.parseInt(identityOf([table]).slice(-8), 16) % draws;
  return Math.min(Math.max(1, unitsMin + drawn), NEED_MAX);
}

interface Nearest {
  readonly lineage: string;
  readonly entry: Entry;
  /** The same rows in other lineages. */
  readonly others: ReadonlyMap<string, Entry>;
}

/**
 * By whichever of a table's unit columns it is nearest: near in one is near. Among sets that are told by all of them. WHY: a set of other
 * tables has no number for this one, however near, and would hide one that has.
 */
function nearestTo(history: ReleaseHistory, tables: SetPrint, unitsMin: number): Nearest | null {
  let [nearest, least]: [Nearest | null, number] = [null, NEED_MAX];
  for (const table of tables) {
    const { lineage } = table;
    const need = needOf(table, unitsMin);
    history.index(lineage).near(classTokens(table), need, NO_FAMILY, (entry, differing) => {
      const others = history.othersOf(lineage, entry);
      const isAlike = tables.every((other) => other === table || others.has(other.lineage));
      if (differing < least && isAlike) [nearest, least] = [{ lineage, entry, others }, differing];
      return least === 0;
    });
  }
  return nearest;
}

/** No grouping has this number. */
const NO_FAMILY = -1;

/** The name of a set that stands for itself. */
export const ownName = (print: SetPrint): string => print.map((table) => identityOf([table])).join('+');
