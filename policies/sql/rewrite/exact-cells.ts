import type { ColumnRef, Expr, NamedExpr, Rel } from '../plan.ts';
import { HUGEINT, INTEGER } from '../sql-type.ts';
import {
  aggregateCall,
  and,
  call,
  group,
  type IdSource,
  isNotNull,
  isNotZero,
  isNull,
  notDistinct,
  ref,
  sumType,
} from './build.ts';
import type { ContributionColumns, ExactContribution, ExactLayout } from './cell-layout.ts';
import type { CellsSpec, Check } from './cells.ts';
import { Collected, keyOf, Placed, refsOf } from './collected.ts';
import type { UnitColumn } from './raw.ts';
import type { Magnitude } from './term-specs.ts';

/** What each unit contributes, exactly, for the open groups: one row a group. */
export function exactCells(
  spec: CellsSpec,
  checks: readonly Check[],
  ids: IdSource,
): { readonly rel: Rel; readonly layout: ExactLayout } {
  const input = onlyOpen(spec, ids);
  const [first, ...others] = spec.raw.units.map((unit) => judged({ ...spec, input }, unit, checks, ids));
  let rel = first!.rel;
  for (const side of others) {
    const on = side.keys.map((key, position) => notDistinct(first!.keys[position]!, key));
    const join = on.length === 0 ? 'cross' : 'inner';
    rel = { kind: 'join', join, left: rel, right: side.rel, on: on.length === 0 ? null : and(on) };
  }
  const placed = new Placed();
  const keys = first!.keys.map((key) => placed.at(key));
  const sides = [first!, ...others];
  const columns = checks.map((_, check) => sides.map((side) => placedContribution(side.contributions[check]!, placed)));
  return { rel: placed.over(rel, ids), layout: { keys, checks: columns } };
}

/** The rows of the groups that the first pass left undecided. */
function onlyOpen({ raw, keys }: CellsSpec, ids: IdSource): Rel {
  if (keys.length === 0) return raw.rel;
  const columns = keys.map(({ name, expr }, position) => {
    const column = `c${position}`;
    const { type } = expr;
    return { ...PUBLIC_COLUMN, id: ids.next(), name, column, type };
  });
  const open: Rel = { kind: 'scan', source: { kind: 'open' }, columns };
  const on = keys.map(({ expr }, position) => notDistinct(expr, ref(columns[position]!.id, expr.type)));
  return { kind: 'join', join: 'semi', left: raw.rel, right: open, on: and(on) };
}

const PUBLIC_COLUMN = {
  level: 'general-1',
  role: 'attribute',
  unit: null,
  bounds: null,
  values: null,
  nullable: true,
  health: false,
} as const;

interface Judged {
  readonly rel: Rel;
  readonly keys: readonly ColumnRef[];
  readonly contributions: readonly ContributionRefs[];
}
type ContributionRefs = { readonly [K in keyof ContributionColumns | 'top3' | 'fingerprint']: ColumnRef } & {
  readonly conditions: readonly { readonly holds: ColumnRef; readonly fails: ColumnRef }[];
};

/** Per unit, then over units. */
function judged(
  spec: CellsSpec & { readonly input: Rel },
  unit: UnitColumn,
  checks: readonly Check[],
  ids: IdSource,
): Judged {
  const inner = new Collected(ids);
  const unitKey = keyOf(ids, ref(unit.id, unit.type), 'unit');
  const innerKeys = spec.keys.map((key) => keyOf(ids, key.expr, key.name));
  const perCheck = checks.map(({ magnitude, filter, conditions }) => ({
    amount: inner.add(magnitudeCall(magnitude, filter)),
    gross: inner.add(grossCall(magnitude, filter)),
    conditions: conditions.map(({ holds, fails }) => ({
      holds: inner.add(countStar([holds])),
      fails: inner.add(countStar([fails])),
    })),
  }));
  const below = group(spec.input, [...innerKeys, unitKey], inner.measures);
  const outer = new Collected(ids);
  const token = ref(unitKey.id, unit.type);
  const contributions = perCheck.map((one) => contributionOf(one, token, outer));
  const keys = regrouped(innerKeys, ids);
  return { rel: group(below, keys, outer.measures), keys: refsOf(keys), contributions };
}

function contributionOf(
  { amount, gross, conditions }: { amount: ColumnRef; gross: ColumnRef; conditions: ContributionRefs['conditions'] },
  token: ColumnRef,
  outer: Collected,
): ContributionRefs {
  const owned = isNotNull(token);
  const over = (fn: string, type = amount.type) =>
    outer.add(aggregateCall(fn, { args: [amount], type, filter: [owned] }));
  const units = (some: Expr) => outer.add(countStar([owned, isNotZero(some)]));
  return {
    units: units(amount),
    top1: over('top1_abs'),
    top2: over('top2_abs'),
    top3: over('top3_abs'),
    total: over('sum_abs', sumType(amount.type)),
    fingerprint: fingerprintOf(token, [owned, isNotZero(amount)], outer),
    unowned: outer.add(aggregateCall('sum', { args: [gross], type: sumType(gross.type), filter: [isNull(token)] })),
    conditions: conditions.map(({ holds, fails }) => ({ holds: units(holds), fails: units(fails) })),
  };
}

/** WHY a sum: units are distinct here, and equal sets of units give equal sums. */
function fingerprintOf(token: ColumnRef, filter: readonly Expr[], outer: Collected): ColumnRef {
  const hashed = call('value_hash', [token], INTEGER);
  return outer.add(aggregateCall('sum', { args: [hashed], type: HUGEINT, filter }));
}

function placedContribution(refs: ContributionRefs, placed: Placed): ExactContribution {
  const { conditions, units, top1, top2, top3, total, unowned, fingerprint } = refs;
  return {
    units: placed.at(units),
    top1: placed.at(top1),
    top2: placed.at(top2),
    top3: placed.at(top3),
    total: placed.at(total),
    unowned: placed.at(unowned),
    fingerprint: placed.at(fingerprint),
    conditions: conditions.map(({ holds, fails }) => ({ holds: placed.at(holds), fails: placed.at(fails) })),
  };
}

/** The keys of an inner grouping, for the one around it. */
export function regrouped(keys: readonly NamedExpr[], ids: IdSource): readonly NamedExpr[] {
  return keys.map(({ id, name, expr }) => keyOf(ids, ref(id, expr.type), name));
}

export const countStar = (filter: readonly Expr[]) => aggregateCall('count_star', { args: [], type: INTEGER, filter });

export function magnitudeCall(magnitude: Magnitude, filter: readonly Expr[]) {
  switch (magnitude.kind) {
    case 'rows':
      return countStar(filter);
    case 'present':
      return aggregateCall('count', { args: [magnitude.arg], type: INTEGER, filter });
    case 'distinct':
      return aggregateCall('count', { args: [magnitude.arg], type: INTEGER, distinct: true, filter });
    case 'sum':
      return aggregateCall('sum', { args: [magnitude.arg], type: sumType(magnitude.arg.type), filter });
  }
}

/** WHY absolute values row by row: rows of opposite sign would cancel each other out. */
export function grossCall(magnitude: Magnitude, filter: readonly Expr[]) {
  if (magnitude.kind !== 'sum') return magnitudeCall(magnitude, filter);
  return aggregateCall('sum_abs', { args: [magnitude.arg], type: sumType(magnitude.arg.type), filter });
}
