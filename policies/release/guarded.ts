import type { PolicyProfile } from '../levels.ts';
import type { Exact } from '../mechanisms/suppression/exact.ts';
import { exactOf } from '../mechanisms/suppression/exact.ts';
import type { TableData } from '../table-data.ts';
import { printOfSet } from './candidate-sets.ts';
import type { JudgedGroups, ShownGroup } from './cells.ts';
import { countAt } from './contributions.ts';
import type { CandidatePartition } from './guard/judge.ts';
import { type SetPrint, unionOfDisjoint } from './guard/set-print.ts';
import { ownName } from './guard/standing.ts';

/** What the guard remembers of all answers. One writer at a time: it is called between two steps of the event loop. */
export interface GuardMemory {
  /**
   * Judges one partition and holds what it would show against all other answers, until the outcome is durable.
   * @param part a name within the answer
   */
  hold(part: string, partition: CandidatePartition): { readonly shown: readonly boolean[]; readonly held: unknown };
  /** `standingFor` over all that is known. */
  standingFor(print: SetPrint, unitsMin: number): string | null;
  /** The number that was given for this set, or for the one that stands for it, when the same was asked before. */
  given(set: string, functional: string): string | null;
  /** From now on this is it, for other answers too. */
  give(set: string, functional: string, value: string): void;
  /** Takes back what an answer was to add: it will not leave like this. */
  forget(entry: GuardEntry): void;
}
/** What an answer adds to the memory: durable in the transaction of its outcome, or taken back. */
export interface GuardEntry {
  /** The memory's own. */
  readonly held: readonly unknown[];
  readonly given: readonly { readonly set: string; readonly functional: string; readonly value: string }[];
}

/** The groups of a boundary before the guard. */
export interface GuardedBoundary {
  readonly groups: JudgedGroups;
  readonly raw: TableData;
}
/** What every boundary shows after it. */
export interface GuardedAnswer {
  readonly boundaries: readonly (readonly ShownGroup[])[];
  readonly entry: GuardEntry;
}

/**
 * Lets the differencing guard look at a whole answer: values over sets that differ from earlier ones in too few units.
 *
 * Mode `aggregate`: such a value is hidden. Mode `perturbed`: the number that was given before is given again, so that
 * not even hiding tells whether two sets differ ("sets that differ in fewer than k units are one set").
 */
export function guardAnswer(
  answer: string,
  boundaries: readonly GuardedBoundary[],
  memory: GuardMemory,
  profile: PolicyProfile,
): GuardedAnswer {
  const given: Given = { fresh: new Map(), memory };
  const met: Met = new Map();
  const parts: unknown[] = [];
  const order = [...boundaries.keys()].sort((a, b) => keysOf(boundaries[a]!) - keysOf(boundaries[b]!) || a - b);
  const results: (readonly ShownGroup[])[] = boundaries.map(() => []);
  for (const index of order) {
    const boundary = boundaries[index]!;
    const { layout } = boundary.groups.protection;
    let shown = boundary.groups.shown;
    for (const set of layout.sets.keys()) {
      const judged = judgeSet(`${answer}/${index}`, boundary, shown, set, { given, met }, profile);
      parts.push(judged.held);
      shown = judged.shown;
    }
    results[index] = shown;
  }
  const fresh = [...given.fresh].map(([name, value]) => ({ ...nameParts(name), value }));
  return { boundaries: results, entry: { held: parts, given: fresh } };
}

const keysOf = ({ groups }: GuardedBoundary): number => groups.protection.layout.keys.length;

interface Given {
  /** By `set functional`. */
  readonly fresh: Map<string, string>;
  readonly memory: GuardMemory;
}

/** The sets of the answer that were looked at already, and the conditions by which they were asked for. */
type Met = Map<string, string>;

/**
 * Whether another condition of the same answer picks the very same rows. WHY hidden: had they differed in one unit, they
 * would be near and hidden; shown, they would say that they do not. Groups that are each other's parts share a condition.
 */
function isMetAgain(met: Met, conditions: string, name: string): boolean {
  const before = met.get(name);
  if (before === undefined) met.set(name, conditions);
  return before !== undefined && before !== conditions;
}

/** All cells of one set of conditions: they are disjoint. */
function judgeSet(
  answer: string,
  { groups, raw }: GuardedBoundary,
  shown: readonly ShownGroup[],
  set: number,
  { given, met }: { readonly given: Given; readonly met: Met },
  profile: PolicyProfile,
): { readonly shown: readonly ShownGroup[]; readonly held: unknown } {
  const { layout } = groups.protection;
  const perturbed = layout.mode === 'perturbed';
  const used = shown.map(({ terms }) => layout.terms.some((term, at) => term.set === set && terms[at] !== null));
  const prints = shown.map(({ row }, at) => (used[at] ? printOfSet(layout, set, raw, row) : null));
  const conditions = layout.sets[set]!.rows;
  const again = prints.map((print) => !perturbed && print !== null && isMetAgain(met, conditions, ownName(print)));
  const standing = prints.map((print) =>
    perturbed && print !== null ? given.memory.standingFor(print, layout.unitsMin) : null,
  );
  const isAlias = (at: number) => standing[at] !== null && standing[at] !== ownName(prints[at]!);
  const asked = [...shown.keys()].filter(
    (at) => used[at] && (!perturbed || prints[at] === null || standing[at] !== null),
  );
  const partition: CandidatePartition = {
    cells: [
      ...asked.map((at) => ({
        row: shown[at]!.row,
        print: prints[at]!,
        isDrawn: false,
        ...(isAlias(at) ? { aliasOf: standing[at]! } : {}),
      })),
      ...withheldFrom(groups, raw, set).map((one) => ({ ...one, isDrawn: true })),
    ].map(({ row, ...cell }) => ({ ...cell, key: layout.keys.map((key) => raw.values[key]![row]!) })),
    universe: set === 0 ? wholeOf(groups, prints) : null,
    unitsMin: layout.unitsMin,
    limit: profile.distinctSets[layout.mode],
    addsUp: !perturbed,
    asked: layout.sets[set]!.asked,
  };
  const verdict = given.memory.hold(`${answer}/${set}`, partition);
  const passed = new Set(asked.filter((_, place) => verdict.shown[place]));
  const kept = shown.map((group, at): ShownGroup => {
    if (!used[at]) return group;
    const terms = group.terms.map((value, position) => {
      const term = layout.terms[position]!;
      if (term.set !== set || value === null) return value;
      if (!perturbed) return passed.has(at) && !again[at]! ? value : null;
      return passed.has(at) ? sameAgain(given, standing[at]!, term.functional, value) : null;
    });
    return { ...group, terms };
  });
  return { shown: kept, held: verdict.held };
}

/** Of one answer and condition, those in the groups of most rows. WHY so many: what a job leaves behind is bounded. */
const WITHHELD_MAX = 4096;

/** The sets that noise hid: they say something all the same. */
function withheldFrom({ withheld, protection: { layout } }: JudgedGroups, raw: TableData, set: number) {
  const rows = layout.checks[0]!.bounds[0]!.total;
  return withheld
    .filter((one) => one.set === set)
    .map(({ row }) => ({ row, size: countAt(raw, rows, row) }))
    .sort((a, b) => b.size - a.size || a.row - b.row)
    .slice(0, WITHHELD_MAX)
    .map(({ row }) => ({ row, print: printOfSet(layout, set, raw, row) }));
}

/** All rows of the one table behind an answer without conditions: with it a reader knows every complement. */
function wholeOf(
  { protection: { layout }, shown, left }: JudgedGroups,
  prints: readonly (SetPrint | null)[],
): SetPrint | null {
  const isWhole =
    layout.isWhole && layout.sets[0]!.prints.flatMap(({ tables }) => tables).length === 1 && left.length === 0;
  if (!isWhole || prints.length !== shown.length) return null;
  const known = prints.filter((print) => print !== null);
  return known.length === shown.length ? unionOfDisjoint(known) : null;
}

/** The number given before for what stands for this set; else this one, from now on. */
function sameAgain(given: Given, set: string, functional: string, value: Exact): Exact {
  const name = JSON.stringify([set, functional]);
  const before = given.fresh.get(name) ?? given.memory.given(set, functional);
  if (before !== null) return parsed(before);
  const text = `${value.top}/${value.bottom}`;
  given.fresh.set(name, text);
  given.memory.give(set, functional, text);
  return value;
}

function parsed(text: string): Exact {
  const [top = '0', bottom = '1'] = text.split('/');
  return { top: exactOf(BigInt(top))!.top, bottom: BigInt(bottom) };
}

function nameParts(name: string): { readonly set: string; readonly functional: string } {
  const [set, functional] = JSON.parse(name) as [string, string];
  return { set, functional };
}
