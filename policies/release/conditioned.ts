import { Span } from '../mechanisms/suppression/span.ts';
import type { CellLayout } from '../sql/rewrite/cell-layout.ts';
import type { TableData } from '../table-data.ts';
import { printOfSet } from './candidate-sets.ts';
import type { ShownGroup } from './cells.ts';
import type { ShownGroups } from './complements.ts';
import { combinationOfFew, type PrintVector, sizeOf, vectorOf } from './few-left.ts';
import { NEED_MAX } from './guard/set-index.ts';
import type { WholeBoundary } from './linked-groupings.ts';

/**
 * Work in one answer, in combinations looked at: about 3 s. Of the groups after that only values over all their rows are
 * shown.
 */
const WORK_MAX = 4_000_000;
/** What else there is to do, in combinations: to read a set, and to eliminate one set with another. */
const WORK_PER_SET = 20;
const WORK_PER_PAIR = 12;

/** What was looked at so far in one answer. */
export class ConditionedWork {
  left = WORK_MAX;
  /** By boundary and row: what it showed when nothing more had to be hidden. */
  private readonly settled = new Map<string, string>();

  isSettled(boundary: number, group: ShownGroup): boolean {
    return this.settled.get(`${boundary}/${group.row}`) === patternOf(group);
  }

  settle(boundary: number, group: ShownGroup): void {
    this.settled.set(`${boundary}/${group.row}`, patternOf(group));
  }
}

const patternOf = ({ terms }: ShownGroup): string => terms.map((value) => (value === null ? 0 : 1)).join('');

/**
 * Hides, among the values of one group under several conditions, what gives a hidden one or few units away: the total of a
 * group and its parts by FILTER are a table of one line.
 *
 * Guarantee: of one functional over the sets of one group, no hidden value is a linear combination of shown ones, as far as
 * sets are told apart by their prints; and no sum and difference of three or four sets, nor a set without as many others as
 * fit into it, is of fewer units than are needed. Neighbouring: none; this is not differential privacy. Cost: none.
 * Limits: other combinations of five and more. Enough units are proved by 64 classes, as in the guard.
 */
export function hideConditioned(
  boundaries: readonly WholeBoundary[],
  shown: ShownGroups,
  work: ConditionedWork,
): ShownGroups {
  return shown.map((groups, at) => {
    const { groups: judged, raw } = boundaries[at]!;
    const { layout } = judged.protection;
    if (!isConditioned(layout)) return groups;
    return groups.map((group) => {
      if (work.isSettled(at, group)) return group;
      const now = hideInGroup(group, layout, raw, work);
      work.settle(at, now);
      return now;
    });
  });
}

function hideInGroup(group: ShownGroup, layout: CellLayout, raw: TableData, work: ConditionedWork): ShownGroup {
  const used = group.terms.some((value, term) => value !== null && layout.terms[term]!.set !== 0);
  if (!used) return group;
  work.left -= WORK_PER_SET * layout.sets.length;
  if (work.left < 0) return unconditioned(group, layout);
  const vectors = layout.sets.map((_, set) => {
    const print = printOfSet(layout, set, raw, group.row);
    return print === null ? null : vectorOf(print);
  });
  return functionalsOf(layout).reduce((now, terms) => settled(now, terms, { layout, vectors, work }), group);
}

/** Whether a boundary has values whose conditions can be combined: those of one condition are judged with its opposite. */
export function isConditioned({ mode, sets }: CellLayout): boolean {
  return mode === 'aggregate' && sets.length > 2;
}

/** Nothing but what is over all rows of a group. */
export function hideAllConditioned(boundaries: readonly WholeBoundary[], shown: ShownGroups): ShownGroups {
  return shown.map((groups, at) => {
    const { layout } = boundaries[at]!.groups.protection;
    return isConditioned(layout) ? groups.map((group) => unconditioned(group, layout)) : groups;
  });
}

function unconditioned(group: ShownGroup, { terms }: CellLayout): ShownGroup {
  return { ...group, terms: group.terms.map((value, term) => (terms[term]!.set === 0 ? value : null)) };
}

/** Terms of one functional over two sets or more. */
function functionalsOf({ terms }: CellLayout): readonly (readonly number[])[] {
  const byText = Map.groupBy(terms.keys(), (term) => terms[term]!.functional);
  return [...byText.values()].filter((equal) => equal.length > 1);
}

interface Sets {
  readonly layout: CellLayout;
  /** By set; null where it cannot be told exactly: then its values are hidden by the guard. */
  readonly vectors: readonly (PrintVector | null)[];
  readonly work: ConditionedWork;
}

function settled(group: ShownGroup, terms: readonly number[], sets: Sets): ShownGroup {
  let now = group;
  for (let left = terms.length; left > 1; left -= 1) {
    const culprits = culpritsIn(now, terms, sets);
    if (culprits === null) return now;
    if (culprits === 'exhausted') return unconditioned(now, sets.layout);
    now = without(now, smallest(culprits, sets));
  }
  return now;
}

/** Shown terms of which one must go. */
function culpritsIn(group: ShownGroup, terms: readonly number[], sets: Sets): readonly number[] | null | 'exhausted' {
  const { layout, vectors, work } = sets;
  const known = terms.filter((term) => vectors[layout.terms[term]!.set] !== null);
  const [open, hidden] = [
    known.filter((term) => group.terms[term] !== null),
    known.filter((term) => group.terms[term] === null),
  ];
  if (open.length < 2) return null;
  const vectorOfTerm = (term: number) => vectors[layout.terms[term]!.set]!;
  const shown = open.map(vectorOfTerm);
  if (hidden.length > 0) {
    work.left -= WORK_PER_PAIR * (open.length + hidden.length) * open.length;
    const span = new Span(shown);
    for (const term of hidden) {
      const combination = span.combinationOf(vectorOfTerm(term));
      // An empty set is a combination of none: nobody is in it.
      if (combination !== null && combination.length > 0) return combination.map((position) => open[position]!);
    }
  }
  const few = combinationOfFew(shown, Math.min(Math.max(1, layout.unitsMin), NEED_MAX), work);
  return few === null || few === 'exhausted' ? few : few.map((position) => open[position]!);
}

/** The smallest set, the whole group last: its number of rows is what the rest of the answer stands on. */
function smallest(terms: readonly number[], { layout, vectors }: Sets): number {
  const rank = (term: number): readonly [number, number] => {
    const { set } = layout.terms[term]!;
    return [set === 0 ? 1 : 0, sizeOf(vectors[set]!)];
  };
  return terms.reduce((least, term) => {
    const [[wholeA, sizeA], [wholeB, sizeB]] = [rank(term), rank(least)];
    return wholeA < wholeB || (wholeA === wholeB && sizeA < sizeB) ? term : least;
  });
}

function without(group: ShownGroup, hidden: number): ShownGroup {
  return { ...group, terms: group.terms.map((value, term) => (term === hidden ? null : value)) };
}
