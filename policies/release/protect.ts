import { AppError, assert } from '../errors.ts';
import type { PolicyProfile } from '../levels.ts';
import { givenName, OPEN_GROUPS, releasedName } from '../sql/emit/emit-rel.ts';
import type { CellsBoundary } from '../sql/rewrite/cell-layout.ts';
import { type Given, givensOf, releasesOf, stagesOf } from '../sql/rewrite/given.ts';
import type { Boundary, PrivatePlan, RowsBoundary } from '../sql/rewrite.ts';
import { DOUBLE } from '../sql/sql-type.ts';
import type { Stated, Uncertainty } from '../sql/uncertainty/uncertainty.ts';
import type { TableData } from '../table-data.ts';
import { type JudgedGroups, judgeGroups, onlyTelling, openGroups, type Protection, tableOfGroups } from './cells.ts';
import type { GuardEntry, GuardMemory } from './guarded.ts';
import { gatheredGroups } from './linked-groupings.ts';
import { linkedStatistics } from './linked-statistics.ts';
import { noiseAhead } from './noise-ahead.ts';
import { type PrivacyNoise, type PrivateTable, privateTable } from './private-groups.ts';
import { type ProtectedTable, releasedTable } from './protected-table.ts';
import type { Suppressed } from './released-result.ts';
import { type OpenedNumbers, type SealedQuestion, sealedGroups, sealedTable, type Unread } from './sealed-groups.ts';
import { settleAnswer } from './settled.ts';
import { EXACT_THRESHOLD, perturbedThreshold } from './threshold.ts';

/** Stage `protect`: per boundary what `finish` may read. Columns are `c0`, `c1`, … in the order of `released`. */
export interface ProtectedCells {
  readonly kind: 'protected';
  readonly tables: readonly TableData[];
  readonly suppressed: Suppressed;
  /** What the guard has to remember of it. */
  readonly guard: GuardEntry;
  /** Per boundary of mode `dp`: 95% intervals of its columns; null for all others. */
  readonly intervals: readonly (PrivateTable['intervals'] | null)[];
}

const REASONS = ['threshold', 'dominance', 'complementary', 'row-cap'] as const;
const NOTHING_SUPPRESSED: Suppressed = Object.freeze({ cells: 0, groups: 0, reasons: Object.freeze([]) });

/**
 * Runs the statements below the boundaries and turns raw cells into what may leave. True values exist in here only.
 *
 * Guarantee: a group's keys show only when at least `unitsMin` distinct units of every kind are in it or its keys come
 * from a public list; a value shows only when as many contribute to it and none dominates. What is withheld is NULL or
 * absent, and looks the same whatever the reason.
 * Differences between values, of this answer and of all before, are the guard's (guarded.ts). Limits: SECURITY.md.
 * @throws AppError SQL_TOO_COMPLEX where more groups or public rows would leave than the profile allows
 */
export function* protect(
  plan: Pick<PrivatePlan, 'boundaries' | 'givens' | 'uncertainty'>,
  policy: ReleasePolicy,
): Generator<Ask, ProtectedCells, Told> {
  const made: (Made | undefined)[] = plan.boundaries.map(() => undefined);
  const given: TableData[] = [];
  const entries: GuardEntry[] = [];
  try {
    for (const [number, stage] of stagesOf(plan.boundaries, plan.givens).entries()) {
      for (const index of stage.givens) given[index] = yield* givenBy(plan.givens[index]!, index, made, policy);
      // INVARIANT: one answer's name for each stage: the guard holds them against each other like answers.
      const answer = number === 0 ? policy.answer : `${policy.answer}/stage-${number}`;
      const released = yield* release(plan.boundaries, stage.boundaries, given, { ...policy, answer });
      for (const [position, index] of stage.boundaries.entries()) made[index] = released.tables[position]!;
      entries.push(released.guard);
    }
  } catch (error) {
    policy.memory.forget(together(entries));
    throw error;
  }
  const tables = made.map((one) => one!);
  return Object.freeze({
    kind: 'protected',
    tables: Object.freeze(withEnds(plan.uncertainty, tables)),
    suppressed: suppressedIn(tables.map(({ suppressed }) => suppressed)),
    guard: together(entries),
    intervals: Object.freeze(tables.map(({ intervals }) => intervals)),
  });
}

/** What a boundary gave; intervals only in mode `dp`. */
type Made = ProtectedTable & { readonly intervals: PrivateTable['intervals'] | null };

const together = (entries: readonly GuardEntry[]): GuardEntry => ({
  held: entries.flatMap(({ held }) => held),
  given: entries.flatMap(({ given }) => given),
});

/** Released rows that the statements of a later stage read. */
function* givenBy(
  one: Given,
  index: number,
  made: readonly (Made | undefined)[],
  { profile }: ReleasePolicy,
): Generator<Ask, TableData, Told> {
  const tables = releasesOf(one).map((boundary) => ({ name: releasedName(boundary), data: made[boundary]!.table }));
  const table = tableTold(yield { pass: 'given', given: index, tables });
  if (table.rowCount > profile.cellsMax)
    throw new AppError('SQL_TOO_COMPLEX', { what: 'released rows beside protected ones', limit: profile.cellsMax });
  return table;
}

/** One stage: its boundaries leave together, each looked at with the others. */
function* release(
  boundaries: readonly Boundary[],
  indexes: readonly number[],
  given: readonly TableData[],
  policy: ReleasePolicy,
): Generator<Ask, { readonly tables: readonly Made[]; readonly guard: GuardEntry }, Told> {
  const cells = indexes.map((index) => boundaries[index]!).filter((boundary) => boundary.kind === 'cells');
  const linked = linkedStatistics(cells.map(({ layout }) => layout));
  const isLinked = new Set(linked.flat().map(({ boundary }) => cells[boundary]!));
  const parts: Part[] = [];
  // More groups in one answer than are looked at together: that it does not receive them all is no loss.
  let smallLeft = policy.profile.cellsMax;
  for (const index of indexes) {
    const boundary = boundaries[index]!;
    const statements = { boundary: index, beside: givensOf(boundary).map((one) => besideOf(one, given)) };
    // INVARIANT: before the engine is asked: nothing of how noise is drawn depends on rows.
    const noise = noiseOf(boundary, policy);
    const raw = tableTold(yield asked(statements, 'first'));
    if (boundary.kind === 'rows') parts.push({ kind: 'rows', table: capRows(boundary, raw) });
    else if (boundary.kind === 'sealed') {
      const groups = sealedGroups(boundary, raw, noise);
      const opened = groups.question === null ? null : yield* openedBy(groups.question);
      const table = sealedTable(boundary, raw, groups, opened, noise);
      parts.push({ kind: 'private', table: capGroups(table, policy.profile) });
    } else if (boundary.kind === 'private')
      parts.push({ kind: 'private', table: capGroups(privateTable(boundary, raw, noise), policy.profile) });
    else {
      const groups = yield* judged(boundary, statements, raw, policy);
      const small = isLinked.has(boundary) ? yield* smallGroups(boundary, statements, raw, smallLeft) : null;
      smallLeft -= small?.rowCount ?? 0;
      parts.push({ kind: 'cells', boundary, raw, groups, small });
    }
  }
  const whole = parts.filter((part) => part.kind === 'cells');
  const guarded = settleAnswer(policy.answer, whole, linked, policy.memory, policy.profile);
  const tables = parts.map((part): Made => {
    if (part.kind === 'private') return part.table;
    if (part.kind === 'rows') return { ...part.table, intervals: null };
    const { boundary, raw, groups } = part;
    const shown = guarded.boundaries[whole.indexOf(part)]!;
    const telling = isLinked.has(boundary) ? onlyTelling({ ...groups, shown }, raw) : { ...groups, shown };
    const table = tableOfGroups(boundary.released, telling, raw);
    return { ...(isLinked.has(boundary) ? withReason(table, 'complementary') : table), intervals: null };
  });
  return { tables, guard: guarded.entry };
}

/** A boundary's statements, and what earlier releases gave for them. */
interface Statements {
  readonly boundary: number;
  readonly beside: AskEngine['tables'];
}

const besideOf = (one: number, given: readonly TableData[]) => ({ name: givenName(one), data: given[one]! });

function asked({ boundary, beside }: Statements, pass: AskEngine['pass'], tables: AskEngine['tables'] = []): AskEngine {
  return { boundary, pass, tables: [...beside, ...tables] };
}

/** Behind the columns of each boundary the ends that `finish` reads beside them, as wide as what it works out of them needs. */
function withEnds({ stated }: Uncertainty, tables: readonly Made[]): readonly TableData[] {
  const drawsIn = ({ fixed, perRow }: Stated['draws']) =>
    perRow.reduce((sum, { boundary, draws }) => sum + draws * tables[boundary]!.table.rowCount, fixed);
  const ends = stated.flatMap(({ draws, reads }) =>
    reads.map((read) => ({ ...read, draws: Math.max(1, drawsIn(draws)) })),
  );
  return tables.map(({ table, intervals }, boundary) => {
    const own = ends.filter((one) => one.boundary === boundary);
    if (intervals === null || own.length === 0) return table;
    const read = own.flatMap(({ column, draws, tail }) => {
      const within = intervals(column, draws, tail);
      return [within.map((ends) => ends?.[0] ?? null), within.map((ends) => ends?.[1] ?? null)];
    });
    const columns = read.map((_, at) => ({ name: `c${table.columns.length + at}`, type: DOUBLE }));
    return { ...table, columns: [...table.columns, ...columns], values: [...table.values, ...read] };
  });
}

const noiseOf = (boundary: Boundary, { privacyNoise }: ReleasePolicy): PrivacyNoise =>
  boundary.kind === 'private' || boundary.kind === 'sealed' ? noiseAhead(boundary.layout, privacyNoise) : privacyNoise;

type Part =
  | { readonly kind: 'rows'; readonly table: ProtectedTable }
  | { readonly kind: 'private'; readonly table: PrivateTable }
  | {
      readonly kind: 'cells';
      readonly boundary: CellsBoundary;
      readonly raw: TableData;
      readonly groups: JudgedGroups;
      readonly small: TableData | null;
    };

/**
 * What protection asks next: of an engine one of a boundary's statements, with tables beside it; of one without data, what a release
 * gives to later ones; or of the custodian what encrypted sums come to.
 */
export type Ask = AskEngine | AskFinish | { readonly pass: 'open'; readonly question: SealedQuestion };
export interface AskEngine {
  readonly boundary: number;
  readonly pass: 'first' | 'exact' | 'small';
  readonly tables: readonly EngineTable[];
}
/** Over released tables alone. */
export interface AskFinish {
  readonly pass: 'given';
  readonly given: number;
  readonly tables: readonly EngineTable[];
}
interface EngineTable {
  readonly name: string;
  readonly data: TableData;
}
export type Told = TableData | OpenedNumbers | Unread;

function tableTold(told: Told): TableData {
  assert(told !== 'unread' && 'rowCount' in told, 'an engine gives tables');
  return told;
}

function* openedBy(question: SealedQuestion): Generator<Ask, OpenedNumbers | Unread, Told> {
  const opened = yield { pass: 'open', question };
  assert(opened === 'unread' || !('rowCount' in opened), 'a custodian gives numbers');
  return opened;
}

/** Proves cheaply first: only groups that stay open pay for the exact statement. */
function* judged(
  boundary: CellsBoundary,
  statements: Statements,
  raw: TableData,
  policy: ReleasePolicy,
): Generator<Ask, JudgedGroups, Told> {
  const protection = protectionOf(boundary, policy);
  const open = openGroups(protection, raw);
  if (open === null) return judgeGroups(protection, raw, null);
  const tables = open.columns.length === 0 ? [] : [{ name: OPEN_GROUPS, data: open }];
  const exact = tableTold(yield asked(statements, 'exact', tables));
  return judgeGroups(protection, raw, exact);
}

/** The groups that a linked boundary's first statement gathered; null where there are none, or more than `most`. */
function* smallGroups(
  { layout }: CellsBoundary,
  statements: Statements,
  raw: TableData,
  most: number,
): Generator<Ask, TableData | null, Told> {
  const count = gatheredGroups(layout, raw);
  return count === 0 || count > most ? null : tableTold(yield asked(statements, 'small'));
}

function protectionOf({ layout }: CellsBoundary, { profile, noiseSecret }: ReleasePolicy): Protection {
  if (layout.mode === 'aggregate') return { layout, profile, threshold: EXACT_THRESHOLD, noise: null };
  const tables = layout.sets[0]!.prints.flatMap(({ tables }) => tables.map(({ resource }) => resource));
  const lineage = [...new Set(tables)].sort().join(' ');
  const noise = { secret: noiseSecret, parameters: profile.perturbation, lineage };
  return { layout, profile, threshold: perturbedThreshold(noise), noise };
}

/** What protection is done by. */
export interface ReleasePolicy {
  readonly profile: PolicyProfile;
  /** Noise is drawn from it: secret, random, fixed for the life of the data. */
  readonly noiseSecret: Uint8Array;
  /** Mode `dp`: fresh for each answer. */
  readonly privacyNoise: PrivacyNoise;
  /** The answer's own name. */
  readonly answer: string;
  readonly memory: GuardMemory;
}

/** Which groups are shown is released already: that they are too many tells nothing more. */
function capGroups(made: PrivateTable, { cellsMax }: PolicyProfile): PrivateTable {
  if (made.table.rowCount > cellsMax) throw new AppError('SQL_TOO_COMPLEX', { what: 'groups', limit: cellsMax });
  return made;
}

function capRows({ released, rowsMax, cappable }: RowsBoundary, raw: TableData): ProtectedTable {
  const tooMany = raw.rowCount > rowsMax;
  if (tooMany && !cappable)
    throw new AppError('SQL_TOO_COMPLEX', { what: 'public rows beside an aggregate', limit: rowsMax });
  const rowCount = Math.min(raw.rowCount, rowsMax);
  const values = raw.values.map((column) => (tooMany ? column.slice(0, rowCount) : column));
  const suppressed: Suppressed = tooMany ? { cells: 0, groups: 0, reasons: ['row-cap'] } : NOTHING_SUPPRESSED;
  return { table: releasedTable(released, values, rowCount), suppressed };
}

/**
 * WHY for every answer in which groupings are linked, whether a complement was hidden or not: the reason is then a fact of
 * the query, and tells nothing about the data.
 */
function withReason({ table, suppressed }: ProtectedTable, reason: Suppressed['reasons'][number]): ProtectedTable {
  if (suppressed.reasons.length === 0) return { table, suppressed };
  return { table, suppressed: { ...suppressed, reasons: [...suppressed.reasons, reason] } };
}

function suppressedIn(all: readonly Suppressed[]): Suppressed {
  const reasons = new Set(all.flatMap((one) => one.reasons));
  return Object.freeze({
    cells: all.reduce((sum, one) => sum + one.cells, 0),
    groups: all.reduce((sum, one) => sum + one.groups, 0),
    reasons: Object.freeze(REASONS.filter((reason) => reasons.has(reason))),
  });
}
