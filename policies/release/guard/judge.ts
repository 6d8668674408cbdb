import { conditionsAsked, isNarrowedOtherwise, wordsAsked } from '../../sql/rewrite/asked-text.ts';
import type { Cell } from '../../table-data.ts';
import { type CountedSets, countedSets } from './counted-sets.ts';
import { classTokens, restTokens } from './difference.ts';
import { type DistinctLimit, isOneTooMany } from './distinct-sets.ts';
import type { KnownSet, ReleaseHistory } from './history.ts';
import { MARGIN_KEYS_MAX, type Margin, type MarginCell, marginsOf } from './margins.ts';
import { NEED_MAX } from './set-index.ts';
import { identityOf, minus, primitive, rowsOf, type SetPrint, type TablePrint } from './set-print.ts';

/**
 * The differencing guard: which of an answer's values may leave, given every set that a value has left over before.
 *
 * Guarantee: two different sets that both have a value out differ, in every table that they have in common and differ in,
 * in the rows of `unitsMin` privacy units at least; the same holds with a set's complement and with the unions of a
 * grouping's cells in its place (trackers; total minus visible groups). Equal sets that were asked for by other words are near too:
 * what is hidden does not tell whether two questions are about the same people. At most `limit` distinct sets share a region, those
 * that noise hid among them.
 * Neighbouring: all versions of a stored table are one lineage; all accounts, plans and modes share one history.
 * Cost: none; what is not shown looks like any hidden value. The same set is answered again where it is asked for by the same
 * conditions, but for plain ones (asked-text.ts); in mode `perturbed` always.
 * Limits: pairs of sets, not combinations of three and more that are neither complements nor margins. Differences are
 * proven by 64 classes: no more than `NEED_MAX` units are, whatever the plan asks. In a new version, a row that changed in any
 * column is another row: where all rows of a table change in a column that a value does not read, its sets look far from
 * those of the version before, and one person's change hides behind theirs. Rows without units of their own that two
 * questions tie to units by different columns (orders by buyer, by seller) are told by other classes and look far.
 * Source: Dobkin, Jones, Lipton, TODS 1979 (overlap control); Denning, Denning, Schwartz, TODS 1979 (trackers); release.md.
 */
export interface CandidateCell {
  /** The group's key values: as many in every cell of a partition. */
  readonly key: readonly Cell[];
  /** Null where the set could not be told exactly: the value stays hidden. */
  readonly print: SetPrint | null;
  /**
   * Mode `perturbed`: no number of its own is to leave, but noise was drawn for it. It is held against the cap alone, counts for it as any
   * other, and is `shown` where it does not exceed it. Default false.
   */
  readonly isDrawn?: boolean;
  /**
   * Mode `perturbed`: the identity of the set whose number it has. It is held against nothing, and remembered. Default: its own.
   */
  readonly aliasOf?: string;
}

/** Values over disjoint sets, of one boundary and one condition. Only those that every other rule would show, but for drawn ones. */
export interface CandidatePartition {
  readonly cells: readonly CandidateCell[];
  /** All rows of the stored table, where the sets are sets of one table's rows: whose complements a reader knows. */
  readonly universe: SetPrint | null;
  /** Of the decision: the least number of distinct units. */
  readonly unitsMin: number;
  readonly limit: DistinctLimit;
  /** False where what the cells add up to need not be looked at: noise of its own in every cell hides it. Default true. */
  readonly addsUp?: boolean;
  /** By what the cells were asked for beyond plain conditions: canonical text. Default: by nothing. */
  readonly asked?: string;
}

/** Something that every other rule would have shown and the guard hid. For those who watch over the data; the asker cannot tell. */
export interface GuardRefusal {
  readonly lineage: string;
  /** `near`: to an earlier set or what is left of it. `sum`: what cells add up to is. `too-many`: distinct sets in one region. */
  readonly why: 'near' | 'sum' | 'too-many';
  /** Whose set it came near to; null where the answer itself or a whole table is. */
  readonly family: string | null;
}

export interface GuardVerdict {
  /** Per partition and cell, in the order in which they were given. */
  readonly shown: readonly (readonly boolean[])[];
  /** What a reader knows once the answer is out: to be stored with it. Sets known before are among them. */
  readonly known: readonly KnownSet[];
  /** Those of them that the history did not know: what to take out again if the answer never leaves. */
  readonly added: readonly KnownSet[];
  /** Each once. */
  readonly refusals: readonly GuardRefusal[];
}

/** Sets of one lineage, derived ones among them; nothing is forgotten, so that beyond it only known sets are answered. */
export const KNOWN_SETS_MAX = 200_000;
/** Aliases of one lineage beside them; beyond, one more is not remembered, and what is near to it may have a number of its own. */
const ALIASES_MAX = 50_000;
/** Comparisons of the cap in one answer; about 5 s. What is left then stays hidden. */
const WORK_MAX = 1e8;

/**
 * Judges the partitions from coarse to fine and each cell in the order given, so that the verdict depends on the history
 * and the answer alone. The history then holds the answer's sets; if it never leaves, take them out again.
 * @param answer its name: sets of one partition of one answer are not compared with each other
 */
export function judge(
  history: ReleaseHistory,
  answer: string,
  partitions: readonly CandidatePartition[],
): GuardVerdict {
  const shown = partitions.map(({ cells }) => cells.map(() => false));
  const known: KnownSet[] = [];
  const added: KnownSet[] = [];
  const work = { left: WORK_MAX };
  const refusals = new Map<string, GuardRefusal>();
  const coarseFirst = [...partitions.keys()].sort((a, b) => keysOf(partitions[a]!) - keysOf(partitions[b]!) || a - b);
  for (const position of coarseFirst) {
    const trial = openTrial({ history, work, refusals }, partitions[position]!, `${answer}/${position}`);
    const outcome = decide(trial);
    for (const cell of outcome.shown) shown[position]![cell] = true;
    for (const set of learntFrom(trial, outcome)) {
      known.push(set);
      if (history.add(set)) added.push(set);
    }
  }
  return { shown, known, added, refusals: [...refusals.values()] };
}

function keysOf({ cells }: CandidatePartition): number {
  return cells[0]?.key.length ?? 0;
}

/** What a trial asks of: the history, and what goes with every cell of the partition. */
interface Trial extends Session {
  readonly partition: CandidatePartition;
  readonly family: string;
  readonly need: number;
  readonly own: number;
  readonly asked: string;
  /** By position; null where a cell cannot be compared. */
  readonly cells: readonly (TrialCell | null)[];
  readonly counted: (lineage: string) => CountedSets;
}

type TrialCell = MarginCell & Pick<CandidateCell, 'aliasOf'> & { readonly identity: string; readonly isDrawn: boolean };

/** What all trials of one answer share. */
interface Session {
  readonly history: ReleaseHistory;
  readonly work: { left: number };
  /** By their text. */
  readonly refusals: Map<string, GuardRefusal>;
}

function note({ refusals }: Session, refusal: GuardRefusal): void {
  refusals.set(JSON.stringify([refusal.lineage, refusal.why, refusal.family]), refusal);
}

function openTrial(session: Session, partition: CandidatePartition, family: string): Trial {
  const { history } = session;
  const counted = new Map<string, CountedSets>();
  return {
    ...session,
    partition,
    family,
    need: Math.min(Math.max(1, partition.unitsMin), NEED_MAX),
    own: history.familyNumber(family),
    asked: partition.asked ?? '',
    cells: partition.cells.map(({ print, isDrawn = false, ...cell }) =>
      print === null ? null : { ...cell, print, identity: identityOf(print), isDrawn },
    ),
    counted(lineage) {
      const sets = counted.get(lineage) ?? countedSets(history.index(lineage));
      counted.set(lineage, sets);
      return sets;
    },
  };
}

interface Outcome {
  readonly shown: readonly number[];
  readonly margins: readonly Margin[];
}

/** Cells by themselves first, then what they add up to. */
function decide(trial: Trial): Outcome {
  if (trial.partition.addsUp !== false && keysOf(trial.partition) > MARGIN_KEYS_MAX) return { shown: [], margins: [] };
  const alone = [...trial.cells.keys()].filter((position) => passesAlone(trial, position));
  const settled = trial.partition.addsUp === false ? { shown: alone, margins: [] } : settleMargins(trial, alone);
  if (!isFull(trial, settled)) return settled;
  return {
    shown: settled.shown.filter((position) => !isNew(trial, position) || isAlias(trial, position)),
    margins: [],
  };
}

/** Nothing of its own leaves. */
function isAlias({ cells }: Trial, position: number): boolean {
  return cells[position]!.aliasOf !== undefined;
}

function isNew({ history, cells }: Trial, position: number): boolean {
  const { identity, isDrawn } = cells[position]!;
  return isDrawn ? !history.hasDrawn(identity) : !history.has(identity);
}

function isFull({ history, cells }: Trial, { shown, margins }: Outcome): boolean {
  const lineages = new Set(shown.flatMap((position) => cells[position]!.print.map(({ lineage }) => lineage)));
  return [...lineages].some((lineage) => setsIn(history, lineage) + shown.length + margins.length > KNOWN_SETS_MAX);
}

const setsIn = (history: ReleaseHistory, lineage: string): number =>
  history.index(lineage).size - history.aliasCount(lineage);

function passesAlone(trial: Trial, position: number): boolean {
  const cell = trial.cells[position];
  if (cell === null || cell === undefined) return false;
  const { history, partition, own, counted, work } = trial;
  if (isAlias(trial, position)) return true;
  if (!isNew(trial, position)) return cell.isDrawn || !isByChance(trial, cell);
  if (!cell.isDrawn && isNear(trial, cell.print, 'near')) return false;
  // It counts already: what is added is that it is compared from now on.
  if (history.hasDrawn(cell.identity)) return true;
  const full = cell.print.find((table) => {
    const complement = complementOf(partition.universe, table);
    const question = { print: table, complement, family: own, limit: partition.limit };
    return isOneTooMany(history.index(table.lineage), counted(table.lineage), question, work);
  });
  if (full !== undefined) note(trial, { lineage: full.lineage, why: 'too-many', family: null });
  return full === undefined;
}

/** Each pass hides one cell of every margin that is near a known set; hardly ever is there a second pass. */
const PASSES_MAX = 8;

function settleMargins(trial: Trial, alone: readonly number[]): Outcome {
  let shown = alone;
  for (let pass = 0; pass < PASSES_MAX; pass += 1) {
    const margins = marginsOf(trial.cells, shown);
    const hide = new Set<number>();
    for (const margin of margins) {
      if (margin.cells.some((cell) => hide.has(cell)) || !isMarginNear(trial, margin)) continue;
      const least = leastNew(trial, margin);
      if (least !== null) hide.add(least);
    }
    if (hide.size === 0) return { shown, margins };
    shown = shown.filter((position) => !hide.has(position));
  }
  return { shown: shown.filter((position) => !isNew(trial, position)), margins: [] };
}

/** WHY conditions alone: whatever classes all rows are put in, they add up to all rows. */
function isMarginNear(trial: Trial, { print, identity }: Margin): boolean {
  if (print === null || identity === null) return true;
  const { history, asked } = trial;
  return history.has(identity) ? history.isOtherwise(identity, asked, conditionsAsked) : isNear(trial, print, 'sum');
}

/**
 * The very rows of a known set that was asked for by other words. WHY near: had the two differed in one person, they would be
 * near and hidden; shown, it would say that they do not. In mode `perturbed` both have one number, which tells neither.
 */
function isByChance(
  trial: Trial,
  { identity, print }: { readonly identity: string; readonly print: SetPrint },
): boolean {
  const { history, partition, asked } = trial;
  const isOtherwise = partition.addsUp !== false && history.isOtherwise(identity, asked);
  if (isOtherwise) note(trial, { lineage: print[0]!.lineage, why: 'near', family: null });
  return isOtherwise;
}

/**
 * The smallest cell of a margin that has not left before. Without it, what the others add up to differs from the near set by
 * that cell's units, which are enough. Null where all have left: a reader knows the margin already.
 */
function leastNew(trial: Trial, { cells }: Margin): number | null {
  const sizeOf = (position: number) => rowsOf(trial.cells[position]!.print[0]!);
  return cells.filter((position) => isNew(trial, position)).sort((a, b) => sizeOf(a) - sizeOf(b) || a - b)[0] ?? null;
}

/** WHY the version: what is left of a whole is of its version alone. And the same rows may be a value's set as well. */
function wholeOf(universe: SetPrint): string {
  return `whole@${universe.map(({ version }) => version).join('+')}:${identityOf(universe)}`;
}

/** What a reader knows of the partition once the answer is out. */
function learntFrom(trial: Trial, { shown, margins }: Outcome): readonly KnownSet[] {
  const { history, cells, partition, family, asked } = trial;
  const isForgotten = (position: number) =>
    isAlias(trial, position) &&
    cells[position]!.print.some(({ lineage }) => history.aliasCount(lineage) >= ALIASES_MAX);
  const remembered = shown.filter((position) => !isForgotten(position));
  const released = remembered.map((position): KnownSet => {
    const { print, identity, isDrawn, aliasOf } = cells[position]!;
    const kind = aliasOf !== undefined ? 'alias' : isDrawn ? 'drawn' : 'released';
    return { identity, print, kind, family, asked, ...(aliasOf === undefined ? {} : { aliasOf }) };
  });
  const derived = margins.flatMap(({ print, identity }): KnownSet[] =>
    print === null || identity === null ? [] : [{ identity, print, kind: 'derived', family, asked }],
  );
  const { universe } = partition;
  const isLearnt = universe !== null && released.some(({ kind }) => kind === 'released');
  const whole: KnownSet[] = isLearnt
    ? [{ identity: wholeOf(universe), print: universe, kind: 'universe', family, asked }]
    : [];
  return [...released, ...derived, ...whole];
}

function isNear(trial: Trial, print: SetPrint, why: 'near' | 'sum'): boolean {
  return print.some((table) => {
    const family = nearFamily(trial, print, table);
    if (family !== null) note(trial, { lineage: table.lineage, why, family: trial.history.familyName(family) });
    return family !== null;
  });
}

/** The family of a known set that this one is near to in a table, itself or its complement; null where it is far from all. */
function nearFamily(trial: Trial, print: SetPrint, table: TablePrint): number | null {
  const { history, partition } = trial;
  const asItIs = nearAsIs(trial, print, table);
  if (asItIs !== null) return asItIs;
  const own = partition.universe?.filter(({ lineage }) => lineage === table.lineage) ?? [];
  for (const whole of [...history.universesOf(table.lineage), ...own]) {
    const family = nearAsComplement(trial, whole, table);
    if (family !== null) return family;
  }
  return null;
}

/** A known set that differs from this one in some units, but provably not in enough. */
function nearAsIs({ history, need, own, asked }: Trial, print: SetPrint, table: TablePrint): number | null {
  const index = history.index(table.lineage);
  let near: number | null = null;
  index.near(classTokens(table), need, own, (entry, differing) => {
    // The very same rows: what tells the two sets apart lies in other tables, and is looked for there. By other conditions they are near: see `isByChance`.
    const same = index.identityOf(entry) === identityOf([table]);
    const isNearest =
      differing > 0 ||
      isNarrowedOtherwise(history.askedText(index.askedOf(entry)), asked) ||
      (!same && !differsElsewhere(history, print, table, entry, need));
    if (isNearest) near = index.familyOf(entry);
    return isNearest;
  });
  return near;
}

/** Same units, other multiplicities or rows of nobody: fine only where another table in common proves enough. */
function differsElsewhere(
  history: ReleaseHistory,
  print: SetPrint,
  table: TablePrint,
  entry: number,
  need: number,
): boolean {
  const others = history.othersOf(table.lineage, entry);
  return print.some((other) => {
    const known = other === table ? undefined : others.get(other.lineage);
    return known !== undefined && history.index(other.lineage).differing(classTokens(other), known, need) >= need;
  });
}

/** The same for what is left of a known whole: `U − A` against `X` is `A` against `U − X`; also where they are equal by chance. */
function nearAsComplement(
  { history, partition, need, own, asked }: Trial,
  whole: TablePrint,
  table: TablePrint,
): number | null {
  const rest = restTokens(whole, primitive(table));
  if (rest === null) return null;
  const index = history.index(table.lineage);
  let near: number | null = null;
  index.near(rest, need, own, (entry, differing) => {
    const isOtherwise =
      partition.addsUp !== false && wordsAsked(history.askedText(index.askedOf(entry))) !== wordsAsked(asked);
    const isNearest = differing > 0 || isOtherwise;
    if (isNearest) near = index.familyOf(entry);
    return isNearest;
  });
  return near;
}

function complementOf(universe: SetPrint | null, table: TablePrint): TablePrint | null {
  const whole = universe?.find(({ lineage }) => lineage === table.lineage);
  return whole === undefined ? null : minus(whole, primitive(table));
}
