import type { ColumnRef, Expr, NamedAggregate, NamedExpr, Rel } from '../plan.ts';
import { relsWithin } from '../plan-walk.ts';
import { BOOLEAN, HUGEINT, INTEGER, TEXT } from '../sql-type.ts';
import { aggregateCall, call, group, type IdSource, isNotNull, isNotZero, literal, ref, sumType } from './build.ts';
import { type ContributionColumns, NOBODY } from './cell-layout.ts';
import type { CellsSpec, Check } from './cells.ts';
import { type CodedKeys, codedKeys, decoded } from './coded-keys.ts';
import { Collected, keyOf, refsOf } from './collected.ts';
import { contributingTo, holdsFor, isScanned, withoutIdleRows } from './contributing-rows.ts';
import { countStar, grossCall, magnitudeCall, regrouped } from './exact-cells.ts';
import { withFlags } from './flags.ts';
import { groupedAtMatch } from './grouped-at-match.ts';
import { groupedByConditions } from './grouped-by-conditions.ts';
import { type KeySums, keySumsOf } from './key-sums.ts';
import { printedGrouping } from './printed-rows.ts';
import type { Raw, UnitColumn } from './raw.ts';
import { productOf } from './term-specs.ts';
import { type WithTwin, withTwin } from './twin.ts';

/** The groups of one pass over the rows, by what the classes of one unit column contribute. Columns are into `rel`. */
export interface ClassCells {
  readonly rel: Rel;
  readonly keys: readonly ColumnRef[];
  /** Owned rows of the group. */
  readonly rows: ColumnRef;
  readonly mask: ColumnRef;
  /** One per term; null for what does not add up over classes. Empty without `withValues`. */
  readonly values: readonly (ColumnRef | null)[];
  readonly bounds: readonly (BoundRefs | null)[];
  /** Per set, per print. */
  readonly classes: readonly (readonly ColumnRef[])[];
  /** One per term, where noise is drawn: sums of row keys. Empty without `withValues`. */
  readonly fingerprints: readonly (readonly ColumnRef[])[];
}
export type BoundRefs = { readonly [K in keyof ContributionColumns]: ColumnRef };

/** Besides the terms. `once`: tables of which each row is counted once as well (key-sums.ts). */
export interface CellsAsked {
  readonly checks: readonly Check[];
  readonly once: ReadonlySet<string>;
}

/**
 * Group by keys and class of unit, then fold the classes: per column of `units`, in one pass over the rows.
 * @param withValues whether the first of them gives the terms
 */
export function classCells(
  spec: CellsSpec,
  units: readonly UnitColumn[],
  { checks, once }: CellsAsked,
  withValues: boolean,
  ids: IdSource,
): readonly ClassCells[] {
  const inner = new Collected(ids);
  const isBounded = (check: Check) => isAdditive(check.magnitude.kind) && (addsUp(check) || spec.mode === 'perturbed');
  const gross = checks.map((check) => (isBounded(check) ? inner.add(boundCall(check)) : null));
  const partial = withValues
    ? spec.terms.terms.map((term) => (isAdditive(term.magnitude.kind) ? inner.add(term.call) : null))
    : [];
  const keySums = units.map((unit) => {
    const prints = keySumsOf(spec.raw, unit, once);
    return spec.terms.sets.map(({ filter }) => prints.map((one) => keySumsIn(one, optional(filter), inner)));
  });
  const drawn = withValues && spec.mode === 'perturbed' ? spec.terms.terms : [];
  const rows = drawn.map((term) => contributingTo(spec, term));
  const isApart = isScanned(spec.raw.rel);
  const contributing = rows.map((one) =>
    one === null ? [] : rowKeySums(spec, isApart ? one.where : holdsFor(one), inner),
  );
  const conditions = spec.terms.sets.flatMap(({ filter }) => optional(filter));
  const { rel: below, keys, classes } = grouping(spec, units, inner.measures, conditions, ids);
  const innerKeys = keys.map(({ key }) => key);
  const outer = new Collected(ids);
  const isOnly = classes.length === 1;
  const sides = classes.map((classKey, at): Folded => {
    return at === 0
      ? folded({ classKey, isOnly, gross, partial, keySums: keySums[at]!, contributing }, outer)
      : folded({ classKey, isOnly, gross, partial: [], keySums: keySums[at]!, contributing: [] }, outer);
  });
  const outerKeys = regrouped(innerKeys, ids);
  const read = decoded({ rel: group(below, outerKeys, outer.measures), keys: refsOf(outerKeys) }, keys, ids);
  const cells = sides.map((side): ClassCells => ({ ...side, ...read }));
  if (!isApart || !withValues) return cells;
  const [first, ...others] = cells;
  const made = withoutIdleRows(first!, first!.fingerprints, rows, spec, ids);
  return [{ ...first!, ...made }, ...others.map((side) => ({ ...side, rel: made.rel }))];
}

/**
 * Whether the classes of all unit columns are grouped in one pass. WHY where rows are joined: to join them once more costs more than the engine's
 * hash table for grouping sets; rows as they are stored are read twice in half the time, since one set at a time is addressed directly.
 */
export function isOnePass({ raw: { rel } }: CellsSpec): boolean {
  return relsWithin(rel).some(({ kind }) => kind === 'join');
}

interface Grouping extends CheapKeys {
  /** Has the keys, the classes and the measures. */
  readonly rel: Rel;
}

/** Of prints where they say it all, else of the rows: on either side of a match, or as they are. */
function grouping(
  spec: CellsSpec,
  units: readonly UnitColumn[],
  measures: readonly NamedAggregate[],
  conditions: readonly Expr[],
  ids: IdSource,
): Grouping {
  const [unit, ...others] = units;
  const { raw, keys } = spec;
  const printed = others.length > 0 ? null : printedGrouping({ rel: raw.rel, keys, unit: unit!, measures }, ids);
  if (printed === null) {
    const cheap = cheapKeys({ keys, raw: { rel: raw.rel, units } }, ids);
    const own = cheap.keys.map(({ key }) => key);
    const classes = cheap.classes.map((key, at) => ({ key, unit: units[at]! }));
    const matched = groupedAtMatch({ rel: cheap.rel, keys: own, classes, measures }, raw, ids);
    return {
      ...cheap,
      rel: matched ?? groupedByClasses(cheap.rel, own, cheap.classes, measures, conditions, ids),
    };
  }
  const by = [...printed.keys, printed.unitClass];
  return {
    rel: printed.read(group(printed.rel, by, printed.measures), by),
    keys: printed.keys.map((key) => ({ key, read: null })),
    classes: [printed.unitClass],
  };
}

/** By the keys and the classes of one unit column; of several by each in turn, with NULL for the classes of the others. */
function groupedByClasses(
  rel: Rel,
  keys: readonly NamedExpr[],
  classes: readonly NamedExpr[],
  measures: readonly NamedAggregate[],
  conditions: readonly Expr[],
  ids: IdSource,
): Rel {
  if (classes.length === 1) return groupedByConditions(rel, [...keys, ...classes], measures, conditions, ids);
  const flagged = withFlags(rel, conditions, measures, ids);
  const own = [...keys.keys()];
  const sets = classes.map((_, at) => [...own, keys.length + at]);
  return { ...group(flagged.rel, [...keys, ...classes], flagged.measures), sets };
}

interface CheapKeys extends CodedKeys {
  /** One per unit column. */
  readonly classes: readonly NamedExpr[];
}

interface Classed {
  readonly raw: Pick<Raw, 'rel' | 'units'>;
  readonly keys: readonly NamedExpr[];
}

/** Stored twins in the place of texts and tokens, where there are any. */
export function cheapKeys({ raw, keys }: Classed, ids: IdSource): CheapKeys {
  let { rel } = raw;
  const classes = raw.units.map((unit) => {
    const stored = withTwin(rel, unit.id, 'class', ids);
    rel = stored?.rel ?? rel;
    return keyOf(ids, classOf(unit, stored), 'class');
  });
  return { ...codedKeys(rel, keys, ids), classes };
}

function classOf(unit: UnitColumn, stored: WithTwin | null): Expr {
  if (stored === null) return call('unit_class', [ref(unit.id, unit.type)], INTEGER);
  if (!stored.nullable) return stored.twin;
  return call('coalesce', [stored.twin, literal(String(NOBODY), INTEGER)], INTEGER);
}

function keySumsIn({ rowKeys, weights, distinct }: KeySums, filter: readonly Expr[], inner: Collected) {
  const sum = (...factors: readonly Expr[]) =>
    inner.add(aggregateCall('sum', { args: [factors.reduce(productOf)], type: HUGEINT, distinct, filter }));
  const args = rowKeys.map(({ id, type }) => ref(id, type));
  const sums = args.map((key) => sum(key, ...weights));
  if (distinct) return { rows: inner.add(aggregateCall('count', { args, type: INTEGER, distinct, filter })), sums };
  return { rows: weights.length === 0 ? inner.add(countStar(filter)) : sum(...weights), sums };
}

interface Inner {
  readonly classKey: NamedExpr;
  /** Whether every row of the grouping below is of this class. */
  readonly isOnly: boolean;
  readonly gross: readonly (ColumnRef | null)[];
  readonly partial: readonly (ColumnRef | null)[];
  readonly keySums: readonly (readonly { readonly rows: ColumnRef; readonly sums: readonly ColumnRef[] }[])[];
  readonly contributing: readonly (readonly ColumnRef[])[];
}

function rowKeySums({ raw }: CellsSpec, filter: readonly Expr[], inner: Collected): readonly ColumnRef[] {
  return raw.rowKeys.map(({ id, type }) =>
    inner.add(aggregateCall('sum', { args: [ref(id, type)], type: HUGEINT, filter })),
  );
}

/** What of a side does not depend on where it stands. */
type Folded = Omit<ClassCells, 'rel' | 'keys'>;

function folded({ classKey, isOnly, gross, partial, keySums, contributing }: Inner, outer: Collected): Folded {
  const unitClass = ref(classKey.id, INTEGER);
  // A class is never NULL: what has none is of another column's grouping.
  const ofSide = isOnly ? [] : [isNotNull(unitClass)];
  const owned = call('lt', [unitClass, literal(String(NOBODY), INTEGER)], BOOLEAN);
  const sum = (column: ColumnRef, filter: readonly Expr[]) =>
    outer.add(aggregateCall('sum', { args: [column], type: sumType(column.type), filter }));
  const bounds = gross.map((column): BoundRefs | null => {
    if (column === null) return null;
    const over = (fn: string) => outer.add(aggregateCall(fn, { args: [column], type: column.type, filter: [owned] }));
    const nobody = call('gte', [unitClass, literal(String(NOBODY), INTEGER)], BOOLEAN);
    return {
      units: outer.add(countStar([owned, isNotZero(column)])),
      top1: over('top1_abs'),
      top2: over('top2_abs'),
      total: sum(column, [owned]),
      unowned: sum(column, [nobody]),
    };
  });
  const values = partial.map((column) => (column === null ? null : sum(column, ofSide)));
  const classes = keySums.map((prints) =>
    prints.map(({ rows, sums }) =>
      outer.add(aggregateCall('class_list', { args: [unitClass, rows, ...sums], type: TEXT, filter: ofSide })),
    ),
  );
  const fingerprints = contributing.map((columns) => columns.map((column) => sum(column, ofSide)));
  const mask = outer.add(aggregateCall('class_mask', { args: [unitClass], type: HUGEINT, filter: [owned] }));
  // INVARIANT: the first check counts the rows of the group.
  return { rows: bounds[0]!.total, mask, values, bounds, classes, fingerprints };
}

/** Whether a class has something exactly when one of its units has. A sum of what may be negative says nothing about its parts. */
export const addsUp = ({ magnitude, nonNegative }: Check): boolean => isAdditive(magnitude.kind) && nonNegative;
const isAdditive = (kind: Check['magnitude']['kind']): boolean => kind !== 'distinct';

function boundCall({ magnitude, filter, nonNegative }: Check) {
  return nonNegative ? magnitudeCall(magnitude, filter) : grossCall(magnitude, filter);
}

const optional = (expr: Expr | null): readonly Expr[] => (expr === null ? [] : [expr]);
