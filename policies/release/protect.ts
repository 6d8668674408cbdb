import { AppError, assert } from '../errors.ts';
import type { PolicyProfile } from '../levels.ts';
import type { CompiledQuery } from '../sql/compile.ts';
import { OPEN_GROUPS } from '../sql/emit/emit-rel.ts';
import type { EmittedSql } from '../sql/emit/emitted-sql.ts';
import type { CellsBoundary } from '../sql/rewrite/cell-layout.ts';
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
  { boundaries, uncertainty }: Pick<PrivatePlan, 'boundaries' | 'uncertainty'>,
  policy: ReleasePolicy,
): Generator<Ask, ProtectedCells, Told> {
  const cells = boundaries.filter((boundary) => boundary.kind === 'cells');
  const linked = linkedStatistics(cells.map(({ layout }) => layout));
  const isLinked = new Set(linked.flat().map(({ boundary }) => cells[boundary]!));
  const parts: Part[] = [];
  // More groups in one answer than are looked at together: that it does not receive them all is no loss.
  let smallLeft = policy.profile.cellsMax;
  for (const [index, boundary] of boundaries.entries()) {
    // INVARIANT: before the engine is asked: nothing of how noise is drawn depends on rows.
    const noise = noiseOf(boundary, policy);
    const raw = tableTold(yield { boundary: index, pass: 'first', tables: [] });
    if (boundary.kind === 'rows') parts.push({ kind: 'rows', table: capRows(boundary, raw) });
    else if (boundary.kind === 'sealed') {
      const groups = sealedGroups(boundary, raw, noise);
      const opened = groups.question === null ? null : yield* openedBy(groups.question, index);
      const table = sealedTable(boundary, raw, groups, opened, noise);
      parts.push({ kind: 'private', table: capGroups(table, policy.profile) });
    } else if (boundary.kind === 'private')
      parts.push({ kind: 'private', table: capGroups(privateTable(boundary, raw, noise), policy.profile) });
    else {
      const groups = yield* judged(boundary, index, raw, policy);
      const small = isLinked.has(boundary) ? yield* smallGroups(boundary, index, raw, smallLeft) : null;
      smallLeft -= small?.rowCount ?? 0;
      parts.push({ kind: 'cells', boundary, raw, groups, small });
    }
  }
  const whole = parts.filter((part) => part.kind === 'cells');
  const guarded = settleAnswer(policy.answer, whole, linked, policy.memory, policy.profile);
  const tables = parts.map((part) => {
    if (part.kind !== 'cells') return part.table;
    const { boundary, raw, groups } = part;
    const shown = guarded.boundaries[whole.indexOf(part)]!;
    if (!isLinked.has(boundary)) return tableOfGroups(boundary.released, { ...groups, shown }, raw);
    return withReason(tableOfGroups(boundary.released, onlyTelling({ ...groups, shown }, raw), raw), 'complementary');
  });
  return Object.freeze({
    kind: 'protected',
    tables: Object.freeze(withEnds(uncertainty, parts, tables)),
    suppressed: together(tables.map(({ suppressed }) => suppressed)),
    guard: guarded.entry,
    intervals: Object.freeze(parts.map((part) => (part.kind === 'private' ? part.table.intervals : null))),
  });
}

/** Behind the columns of each boundary the ends that `finish` reads beside them, as wide as what it works out of them needs. */
function withEnds(
  { stated }: Uncertainty,
  parts: readonly Part[],
  tables: readonly ProtectedTable[],
): readonly TableData[] {
  const drawsIn = ({ fixed, perRow }: Stated['draws']) =>
    perRow.reduce((sum, { boundary, draws }) => sum + draws * tables[boundary]!.table.rowCount, fixed);
  const ends = stated.flatMap(({ draws, reads }) =>
    reads.map((read) => ({ ...read, draws: Math.max(1, drawsIn(draws)) })),
  );
  return tables.map(({ table }, boundary) => {
    const part = parts[boundary]!;
    const own = ends.filter((one) => one.boundary === boundary);
    if (part.kind !== 'private' || own.length === 0) return table;
    const read = own.flatMap(({ column, draws, tail }) => {
      const within = part.table.intervals(column, draws, tail);
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
 * What protection asks next: of an engine one of a boundary's statements, with a table of keys beside it; or of the custodian what
 * encrypted sums come to.
 */
export type Ask = AskEngine | { readonly boundary: number; readonly pass: 'open'; readonly question: SealedQuestion };
export interface AskEngine {
  readonly boundary: number;
  readonly pass: 'first' | 'exact' | 'small';
  readonly tables: readonly { readonly name: string; readonly data: TableData }[];
}
export type Told = TableData | OpenedNumbers | Unread;

function tableTold(told: Told): TableData {
  assert(told !== 'unread' && 'rowCount' in told, 'an engine gives tables');
  return told;
}

function* openedBy(question: SealedQuestion, boundary: number): Generator<Ask, OpenedNumbers | Unread, Told> {
  const opened = yield { boundary, pass: 'open', question };
  assert(opened === 'unread' || !('rowCount' in opened), 'a custodian gives numbers');
  return opened;
}

/** Proves cheaply first: only groups that stay open pay for the exact statement. */
function* judged(
  boundary: CellsBoundary,
  index: number,
  raw: TableData,
  policy: ReleasePolicy,
): Generator<Ask, JudgedGroups, Told> {
  const protection = protectionOf(boundary, policy);
  const open = openGroups(protection, raw);
  if (open === null) return judgeGroups(protection, raw, null);
  const tables = open.columns.length === 0 ? [] : [{ name: OPEN_GROUPS, data: open }];
  const exact = tableTold(yield { boundary: index, pass: 'exact', tables });
  return judgeGroups(protection, raw, exact);
}

/** The groups that a linked boundary's first statement gathered; null where there are none, or more than `most`. */
function* smallGroups(
  { layout }: CellsBoundary,
  index: number,
  raw: TableData,
  most: number,
): Generator<Ask, TableData | null, Told> {
  const count = gatheredGroups(layout, raw);
  return count === 0 || count > most ? null : tableTold(yield { boundary: index, pass: 'small', tables: [] });
}

function protectionOf({ layout }: CellsBoundary, { profile, noiseSecret }: ReleasePolicy): Protection {
  if (layout.mode === 'aggregate') return { layout, profile, threshold: EXACT_THRESHOLD, noise: null };
  const tables = layout.sets[0]!.tables.map(({ resource }) => resource);
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

/** Answers what protection asks through an engine. */
export async function protectThrough(
  engine: CellsEngine,
  compiled: CompiledQuery,
  policy: ReleasePolicy,
): Promise<ProtectedCells> {
  const dialogue = protect(compiled.private, policy);
  const statements = { first: compiled.cells, exact: compiled.exact, small: compiled.small };
  let step = dialogue.next();
  while (step.done !== true) {
    const ask = step.value;
    if (ask.pass === 'open') {
      if (engine.open === undefined) throw new AppError('CUSTODIAN_AWAY');
      step = dialogue.next(await engine.open(ask.question));
      continue;
    }
    const { boundary, pass, tables } = ask;
    const statement = statements[pass][boundary] ?? null;
    assert(statement !== null, 'a boundary has the statements that its protection asks for');
    step = dialogue.next(await engine.query(statement, tables));
  }
  return step.value;
}

/** What protection gets its cells from. */
export interface CellsEngine {
  readonly query: (statement: EmittedSql, tables: AskEngine['tables']) => Promise<TableData>;
  /** Has a custodian open encrypted sums, which no engine here can. Without: there is none. */
  readonly open?: (question: SealedQuestion) => Promise<OpenedNumbers | Unread>;
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

function together(all: readonly Suppressed[]): Suppressed {
  const reasons = new Set(all.flatMap((one) => one.reasons));
  return Object.freeze({
    cells: all.reduce((sum, one) => sum + one.cells, 0),
    groups: all.reduce((sum, one) => sum + one.groups, 0),
    reasons: Object.freeze(REASONS.filter((reason) => reasons.has(reason))),
  });
}
