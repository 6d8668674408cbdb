import { classTokens } from './difference.ts';
import type { ReleaseHistory } from './history.ts';
import { type Entry, NEED_MAX } from './set-index.ts';
import { identityOf, resourceOf, type SetPrint, type TablePrint } from './set-print.ts';

/**
 * The name of the set whose number this one has in mode `perturbed`: its own, or that of the nearest known set that differs in
 * fewer units than are needed. Sets that differ in fewer units are one set: whatever is asked of them gets one number. Null where it may have none.
 *
 * Known are sets that have a number of their own and those that got one of another (aliases). WHY aliases: what is just near enough to a set has its
 * number, the same without one person may be just too far, and with a number of its own the two tell whether that person was
 * in it. Near to each other, they have one number.
 * WHY none: a chain of aliases leads away from the set whose number they have. Beyond `driftOf` it, what is a few units from an alias (`stepOf`)
 * is hidden, as a number of its own would tell the two apart, and what is further off has one.
 *
 * Guarantee: up to `unitsMin` units apart always; beyond, up to half as many more, by a draw of the set's own. WHY drawn: at a fixed edge, nine
 * people and one more if it has a bit tell the bit by whether there is a second number. Drawn, one unit changes the odds of that
 * by 1/6 at ten units, which tells no more than the noise of one number more (variance 8).
 */
export function standingFor(history: ReleaseHistory, print: SetPrint, unitsMin: number): string | null {
  const own = ownName(print);
  const known = history.numberedAs(own);
  if (known !== null) return known;
  const byTable = Map.groupBy(print, ({ lineage }) => resourceOf(lineage));
  const nearest = new Map([...byTable].map(([resource, tables]) => [resource, nearestTo(history, tables, unitsMin)]));
  const name = print
    .map((table) => {
      const known = nearest.get(resourceOf(table.lineage)) ?? null;
      const entry = known?.lineage === table.lineage ? known.entry : known?.others.get(table.lineage);
      return entry === undefined ? identityOf([table]) : history.index(table.lineage).identityOf(entry);
    })
    .join('+');
  // WHY a known set only: what is near to one question by its rows of one table, and to none by those of another, has no number yet, and its own would stand beside a near one.
  const original = history.numberedAs(name);
  if (original === null) return own;
  if (differingFrom(history, print, original) < driftOf(original, unitsMin)) return original;
  return differingFrom(history, print, name) < stepOf(own, unitsMin) ? null : own;
}

/** How many classes of units a set and a known one differ in: of each table by the kind of units that is least, of the table where that is most. */
function differingFrom(history: ReleaseHistory, print: SetPrint, identity: string): number {
  const entries = history.entriesOf(identity);
  const byTable = Map.groupBy(print, ({ lineage }) => resourceOf(lineage));
  const differing = (table: TablePrint): number => {
    const entry = entries.get(table.lineage);
    if (entry === undefined) return NEED_MAX;
    return history.index(table.lineage).differing(classTokens(table), entry, NEED_MAX);
  };
  return Math.max(0, ...[...byTable.values()].map((tables) => Math.min(...tables.map(differing))));
}

/** How many classes of units a set must differ in to have a number of its own. */
function needOf(table: TablePrint, unitsMin: number): number {
  return Math.min(Math.max(1, unitsMin + drawOf(identityOf([table]), Math.floor(unitsMin / 2) + 1)), NEED_MAX);
}

/** How many classes of units an alias may differ in from the set whose number it has: two to two and a half times what is needed. */
function driftOf(original: string, unitsMin: number): number {
  return Math.min(Math.max(1, 2 * unitsMin + drawOf(original, Math.floor(unitsMin / 2) + 1)), NEED_MAX);
}

/** How many classes of units beyond an alias a number of its own begins. */
function stepOf(own: string, unitsMin: number): number {
  return 2 + drawOf(own, Math.floor(unitsMin / 2) + 1);
}

/** Uniform in 0 … `values` − 1. Row keys are secret, and so is a name's hash. */
function drawOf(identity: string, values: number): number {
  return Number.parseInt(identity.slice(-8), 16) % values;
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
    history.index(lineage).nearNumbered(classTokens(table), need, (entry, differing) => {
      const others = history.othersOf(lineage, entry);
      const isAlike = tables.every((other) => other === table || others.has(other.lineage));
      if (differing < least && isAlike) [nearest, least] = [{ lineage, entry, others }, differing];
      return least === 0;
    });
  }
  return nearest;
}

/** The name of a set that stands for itself. */
export const ownName = (print: SetPrint): string => print.map((table) => identityOf([table])).join('+');
