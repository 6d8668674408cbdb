import type { ColumnRef, Expr, NamedExpr, Rel } from '../plan.ts';
import { BOOLEAN, HUGEINT, INTEGER, TEXT } from '../sql-type.ts';
import { aggregateCall, call, group, type IdSource, isNotZero, literal, ref, sumType } from './build.ts';
import { type ContributionColumns, NOBODY } from './cell-layout.ts';
import type { CellsSpec, Check } from './cells.ts';
import { type CodedKeys, codedKeys, decoded } from './coded-keys.ts';
import { Collected, keyOf, refsOf } from './collected.ts';
import { contributingTo, holdsFor, isScanned, withoutIdleRows } from './contributing-rows.ts';
import { countStar, grossCall, magnitudeCall, regrouped } from './exact-cells.ts';
import { groupedByConditions } from './grouped-by-conditions.ts';
import type { UnitColumn } from './raw.ts';
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
  /** One per set. */
  readonly classes: readonly ColumnRef[];
  /** One per term, where noise is drawn: sums of row keys. Empty without `withValues`. */
  readonly fingerprints: readonly (readonly ColumnRef[])[];
}
export type BoundRefs = { readonly [K in keyof ContributionColumns]: ColumnRef };

/** Group by keys and class of unit, then fold the classes. */
export function classCells(
  spec: CellsSpec,
  unit: UnitColumn,
  checks: readonly Check[],
  withValues: boolean,
  ids: IdSource,
): ClassCells {
  const inner = new Collected(ids);
  const { rel, keys, unitClass } = cheapKeys(spec, unit, ids);
  const innerKeys = keys.map(({ key }) => key);
  const classKey = keyOf(ids, unitClass, 'class');
  const isBounded = (check: Check) => isAdditive(check.magnitude.kind) && (addsUp(check) || spec.mode === 'perturbed');
  const gross = checks.map((check) => (isBounded(check) ? inner.add(boundCall(check)) : null));
  const partial = withValues
    ? spec.terms.terms.map((term) => (isAdditive(term.magnitude.kind) ? inner.add(term.call) : null))
    : [];
  const keySums = spec.terms.sets.map(({ filter }) => ({
    rows: inner.add(countStar(optional(filter))),
    sums: rowKeySums(spec, optional(filter), inner),
  }));
  const drawn = withValues && spec.mode === 'perturbed' ? spec.terms.terms : [];
  const rows = drawn.map((term) => contributingTo(spec, term));
  const isApart = isScanned(spec.raw.rel);
  const contributing = rows.map((one) =>
    one === null ? [] : rowKeySums(spec, isApart ? one.where : holdsFor(one), inner),
  );
  const conditions = spec.terms.sets.flatMap(({ filter }) => optional(filter));
  const below = groupedByConditions(rel, [...innerKeys, classKey], inner.measures, conditions, ids);
  const cells = folded(below, { innerKeys, classKey, gross, partial, keySums, contributing }, ids);
  const read = { ...cells, ...decoded(cells, keys, ids) };
  return isApart ? { ...read, ...withoutIdleRows(read, cells.fingerprints, rows, spec, ids) } : read;
}

interface CheapKeys extends CodedKeys {
  readonly unitClass: Expr;
}

/** Stored twins in the place of texts and tokens, where there are any. */
function cheapKeys({ raw, keys }: CellsSpec, unit: UnitColumn, ids: IdSource): CheapKeys {
  const stored = withTwin(raw.rel, unit.id, 'class', ids);
  return { ...codedKeys(stored?.rel ?? raw.rel, keys, ids), unitClass: classOf(unit, stored) };
}

function classOf(unit: UnitColumn, stored: WithTwin | null): Expr {
  if (stored === null) return call('unit_class', [ref(unit.id, unit.type)], INTEGER);
  if (!stored.nullable) return stored.twin;
  return call('coalesce', [stored.twin, literal(String(NOBODY), INTEGER)], INTEGER);
}

interface Inner {
  readonly innerKeys: readonly NamedExpr[];
  readonly classKey: NamedExpr;
  readonly gross: readonly (ColumnRef | null)[];
  readonly partial: readonly (ColumnRef | null)[];
  readonly keySums: readonly { readonly rows: ColumnRef; readonly sums: readonly ColumnRef[] }[];
  readonly contributing: readonly (readonly ColumnRef[])[];
}

function rowKeySums({ raw }: CellsSpec, filter: readonly Expr[], inner: Collected): readonly ColumnRef[] {
  return raw.rowKeys.map(({ id, type }) =>
    inner.add(aggregateCall('sum', { args: [ref(id, type)], type: HUGEINT, filter })),
  );
}

function folded(
  below: Rel,
  { innerKeys, classKey, gross, partial, keySums, contributing }: Inner,
  ids: IdSource,
): ClassCells {
  const outer = new Collected(ids);
  const unitClass = ref(classKey.id, INTEGER);
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
  const values = partial.map((column) => (column === null ? null : sum(column, [])));
  const classes = keySums.map(({ rows, sums }) =>
    outer.add(aggregateCall('class_list', { args: [unitClass, rows, ...sums], type: TEXT })),
  );
  const fingerprints = contributing.map((columns) => columns.map((column) => sum(column, [])));
  const mask = outer.add(aggregateCall('class_mask', { args: [unitClass], type: HUGEINT, filter: [owned] }));
  const keys = regrouped(innerKeys, ids);
  const rel = group(below, keys, outer.measures);
  // INVARIANT: the first check counts the rows of the group.
  return { rel, keys: refsOf(keys), rows: bounds[0]!.total, mask, values, bounds, classes, fingerprints };
}

/** Whether a class has something exactly when one of its units has. A sum of what may be negative says nothing about its parts. */
export const addsUp = ({ magnitude, nonNegative }: Check): boolean => isAdditive(magnitude.kind) && nonNegative;
const isAdditive = (kind: Check['magnitude']['kind']): boolean => kind !== 'distinct';

function boundCall({ magnitude, filter, nonNegative }: Check) {
  return nonNegative ? magnitudeCall(magnitude, filter) : grossCall(magnitude, filter);
}

const optional = (expr: Expr | null): readonly Expr[] => (expr === null ? [] : [expr]);
