import { type ColumnRef, columnsOf, type Expr, type NamedExpr, type Rel } from '../plan.ts';
import { relsWithin } from '../plan-walk.ts';
import { sameExpr } from '../same-expression.ts';
import { BOOLEAN, HUGEINT, type SqlType } from '../sql-type.ts';
import {
  aggregateCall,
  and,
  call,
  group,
  type IdSource,
  isNotNull,
  isNotZero,
  isNull,
  isZero,
  literal,
  named,
  notDistinct,
  ref,
  refTo,
} from './build.ts';
import type { CellsSpec } from './cells.ts';
import { codedKeys, decoded } from './coded-keys.ts';
import { Collected } from './collected.ts';
import type { TermSpec } from './term-specs.ts';

/**
 * Which rows contribute to a number, where noise is drawn by them: those of its set that have every value it needs, and whose summand is
 * not zero. WHY without the others: a row that adds nothing would draw fresh noise for the same number.
 *
 * Told as the keys of the whole set less those of its idle rows, which a scan of their own finds: where a stored column has neither a zero nor
 * a NULL, the engine knows so from its statistics and reads nothing. A sum under a condition for each number would cost as much as the number.
 */
export interface Contributing {
  /** Conditions of the set. */
  readonly where: readonly Expr[];
  readonly needs: readonly Need[];
}
/** A value that a row needs, and whether it must differ from zero. */
interface Need {
  readonly value: Expr;
  readonly isSummand: boolean;
}

/** null where a number is not made of rows. */
export function contributingTo({ terms, through }: CellsSpec, term: TermSpec): Contributing | null {
  const { magnitude, needed, set } = term;
  if (magnitude.kind === 'distinct') return null;
  const { filter } = terms.sets[set]!;
  const factors = magnitude.kind === 'sum' ? factorsOf(magnitude.arg, through) : [];
  const present = [...(magnitude.kind === 'present' ? [magnitude.arg] : []), ...needed];
  const needs = distinctNeeds([
    ...factors.map((value) => ({ value, isSummand: true })),
    ...present.map((value) => ({ value, isSummand: false })),
  ]);
  return { where: filter === null ? [] : [filter], needs };
}

/** Of equal values the first, which asks for more. */
function distinctNeeds(all: readonly Need[]): readonly Need[] {
  return all.filter(({ value }, at) => all.findIndex((other) => sameExpr(other.value, value)) === at);
}

/** What must differ from zero for a product to: its factors, where no product overflows or is rounded. Else itself. */
function factorsOf(summand: Expr, through: CellsSpec['through']): readonly Expr[] {
  const factors = exactFactors(summand);
  return factors !== null && through.largest(summand) !== null ? factors : [summand];
}

function exactFactors(expr: Expr): readonly Expr[] | null {
  if (expr.kind === 'column') return [expr];
  if (expr.kind !== 'call' || expr.fn !== 'multiply') return null;
  const scales = expr.args.map(({ type }) => scaleOf(type));
  const isExact = scales.every((scale) => scale !== null) && scaleOf(expr.type) === sumOf(scales);
  const factors = expr.args.map(exactFactors);
  return isExact && factors.every((one) => one !== null) ? factors.flat() : null;
}

const scaleOf = (type: SqlType): number | null =>
  type.kind === 'decimal' ? type.scale : type.kind === 'integer' ? 0 : null;
const sumOf = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0);

/** As a condition of each row. */
export const holdsFor = ({ where, needs }: Contributing): readonly Expr[] => [
  ...where,
  ...needs.map(({ value, isSummand }) => (isSummand ? isNotZero(value) : isNotNull(value))),
];

/** WHY spelt out: only plain comparisons are held against the statistics of stored columns. */
const failures = ({ value, isSummand }: Need): readonly Expr[] =>
  isSummand ? [isZero(value), isNull(value)] : [isNull(value)];

/** Whether idle rows are found by a scan of their own. WHY not of joins: they would be joined again. */
export function isScanned(rel: Rel): boolean {
  return relsWithin(rel).every(({ kind }) => kind === 'scan' || kind === 'filter' || kind === 'project');
}

interface Keyed {
  readonly rel: Rel;
  readonly keys: readonly ColumnRef[];
}

/**
 * Takes the keys of idle rows from sums of the keys of whole sets.
 * @param sums per number and row key: columns of `cells`; `all`: one per number
 */
export function withoutIdleRows(
  cells: Keyed,
  sums: readonly (readonly ColumnRef[])[],
  all: readonly (Contributing | null)[],
  spec: CellsSpec,
  ids: IdSource,
): { readonly rel: Rel; readonly fingerprints: readonly (readonly ColumnRef[])[] } {
  const idle = idleRows(all, spec, ids);
  if (idle === null) return { rel: cells.rel, fingerprints: sums };
  const on = cells.keys.map((key, position) => notDistinct(key, idle.keys[position]!));
  const sides = { left: cells.rel, right: idle.rel };
  const rel: Rel =
    on.length === 0
      ? { kind: 'join', join: 'cross', ...sides, on: null }
      : { kind: 'join', join: 'left', ...sides, on: and(on) };
  const passed = columnsOf(cells.rel).map((column) => named(column.id, column.name, refTo(column)));
  const made: NamedExpr[] = [];
  const fingerprints = sums.map((columns, term) =>
    columns.map((sum, at) => {
      const left = idle.sums[term]?.[at];
      if (left === undefined) return sum;
      const some = call('coalesce', [left, literal('0', HUGEINT)], HUGEINT);
      made.push(named(ids.next(), 'contributing', call('subtract', [sum, some], HUGEINT)));
      return ref(made.at(-1)!.id, HUGEINT);
    }),
  );
  return { rel: { kind: 'project', input: rel, columns: [...passed, ...made] }, fingerprints };
}

/** Per number with idle rows the sums of their keys; null where no number can have any. */
function idleRows(all: readonly (Contributing | null)[], spec: CellsSpec, ids: IdSource) {
  const needs = distinctFailures(all.flatMap((one) => one?.needs ?? []).flatMap(failures));
  if (needs.length === 0) return null;
  const few: Rel = { kind: 'filter', input: spec.raw.rel, predicate: some(needs) };
  const { rel, keys } = codedKeys(few, spec.keys, ids);
  const collected = new Collected(ids);
  const sums = all.map((one) => {
    if (one === null || one.needs.length === 0) return [];
    const filter = [...one.where, some(one.needs.flatMap(failures))];
    return spec.raw.rowKeys.map(({ id, type }) =>
      collected.add(aggregateCall('sum', { args: [ref(id, type)], type: HUGEINT, filter })),
    );
  });
  const innerKeys = keys.map(({ key }) => key);
  const grouped = {
    rel: group(rel, innerKeys, collected.measures),
    keys: innerKeys.map(({ id, expr }) => ref(id, expr.type)),
  };
  return { ...decoded(grouped, keys, ids), sums };
}

const some = (parts: readonly Expr[]): Expr => (parts.length === 1 ? parts[0]! : call('or', parts, BOOLEAN));

const distinctFailures = (all: readonly Expr[]): readonly Expr[] =>
  all.filter((one, at) => all.findIndex((other) => sameExpr(other, one)) === at);
