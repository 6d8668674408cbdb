import type { ColumnRef, Expr, NamedAggregate, NamedExpr, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import type { Contribution } from '../rewrite.ts';
import { HUGEINT, INTEGER } from '../sql-type.ts';
import {
  aggregateCall,
  and,
  cast,
  group,
  type IdSource,
  isNotNull,
  isNotZero,
  isNull,
  named,
  namedAggregate,
  notDistinct,
  ref,
  refTo,
  sumType,
} from './build.ts';
import type { PublicDomain } from './domain.ts';
import type { Check, Magnitude, Part } from './measures.ts';
import type { Raw, UnitColumn } from './raw.ts';

/** What a released group is made of: what `cells` computes, before it is laid out. */
export interface CellsSpec {
  readonly raw: Raw;
  readonly keys: readonly NamedExpr[];
  readonly parts: readonly Part[];
  readonly measures: readonly (readonly number[])[];
  readonly domain: PublicDomain | null;
  readonly unitsMin: number;
}

/** A relation of groups and where its parts are. Columns are references into `rel`. */
export interface Grouped {
  readonly rel: Rel;
  readonly keys: readonly ColumnRef[];
  /** One per unit column: how many, and the mask of which. */
  readonly units: readonly { readonly count: ColumnRef; readonly mask: ColumnRef | null }[];
  /** One per part; empty in a relation that only judges. */
  readonly values: readonly ColumnRef[];
  /** `contributions[check][unit column]`. */
  readonly contributions: readonly (readonly ContributionRefs[])[];
}
type ContributionRefs = { readonly [K in Exclude<keyof Contribution, 'conditions'>]: ColumnRef | null } & {
  readonly units: ColumnRef;
  readonly conditions: readonly { readonly holds: ColumnRef; readonly fails: ColumnRef }[];
};

/** Collects the measures of one aggregation and hands out references to them. Equal measures are computed once. */
class Collected {
  readonly measures: NamedAggregate[] = [];
  private readonly known = new Map<string, ColumnRef>();
  private readonly ids: IdSource;
  constructor(ids: IdSource) {
    this.ids = ids;
  }
  add(made: NamedAggregate['call']): ColumnRef {
    const text = JSON.stringify({ ...made, at: null });
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const id = this.ids.next();
    this.measures.push(namedAggregate(id, `m${this.measures.length}`, made));
    const made_ = ref(id, made.type);
    this.known.set(text, made_);
    return made_;
  }
}

export const keyOf = (ids: IdSource, expr: Expr, name: string): NamedExpr => named(ids.next(), name, expr);

export function dedupe(checks: readonly Check[]): readonly Check[] {
  const seen = new Map<string, Check>();
  for (const check of checks) if (!seen.has(JSON.stringify(check))) seen.set(JSON.stringify(check), check);
  return [...seen.values()];
}

export const countStar = (filter: readonly Expr[]) => aggregateCall('count_star', { args: [], type: INTEGER, filter });

/** Every unit has one row: a row's value is the unit's contribution. */
export function onePass(spec: CellsSpec, unit: UnitColumn, checks: readonly Check[], ids: IdSource): Grouped {
  const keys = spec.keys.map((key) => keyOf(ids, key.expr, key.name));
  const collected = new Collected(ids);
  const token = ref(unit.id, unit.type);
  const owned = unit.nullable ? [isNotNull(token)] : [];
  const units = unitsOf(spec, token, owned, collected);
  const values = spec.parts.map((part) => collected.add(part.call));
  const contributions = checks.map(({ magnitude, filter, conditions }) => {
    const where = [...owned, ...(filter === null ? [] : [filter]), ...presence(magnitude)];
    const unowned = unit.unowned ? [isNull(token), ...(filter === null ? [] : [filter])] : null;
    const summed = magnitude.kind === 'sum' ? magnitude.arg : null;
    const over = (fn: string, type = summed!.type) =>
      collected.add(aggregateCall(fn, { args: [summed!], type, filter: where }));
    return [
      {
        units: collected.add(countStar(where)),
        top1: summed === null ? null : over('top1_abs'),
        top2: summed === null ? null : over('top2_abs'),
        total: summed === null ? null : over('sum_abs', sumType(summed.type)),
        unowned: unowned === null ? null : collected.add(grossCall(magnitude, unowned)),
        conditions: conditions.map(({ holds, fails }) => ({
          holds: collected.add(countStar([...owned, holds])),
          fails: collected.add(countStar([...owned, fails])),
        })),
      },
    ];
  });
  const rel = group(spec.raw.rel, keys, collected.measures);
  return { rel, keys: keys.map(({ id, expr }) => ref(id, expr.type)), units: [units], values, contributions };
}

/** How many units (one row each here), and which classes of them. */
function unitsOf(
  spec: CellsSpec,
  unit: ColumnRef,
  owned: readonly Expr[],
  collected: Collected,
): Grouped['units'][number] {
  const mask = () => collected.add(aggregateCall('unit_mask', { args: [unit], type: HUGEINT, filter: owned }));
  return { count: collected.add(countStar(owned)), mask: spec.keys.length === 0 ? null : mask() };
}

/** Rows whose contribution is neither NULL nor zero. */
function presence(magnitude: Magnitude): readonly Expr[] {
  switch (magnitude.kind) {
    case 'rows':
      return [];
    case 'sum':
      return [isNotZero(magnitude.arg)];
    case 'present':
    case 'distinct':
      return [isNotNull(magnitude.arg)];
  }
}

function magnitudeCall(magnitude: Magnitude, filter: readonly Expr[]): NamedAggregate['call'] {
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

/** What nobody's rows weigh. WHY absolute values row by row: own rows of opposite sign would cancel the others out. */
function grossCall(magnitude: Magnitude, filter: readonly Expr[]): NamedAggregate['call'] {
  if (magnitude.kind !== 'sum') return magnitudeCall(magnitude, filter);
  return aggregateCall('sum_abs', { args: [magnitude.arg], type: sumType(magnitude.arg.type), filter });
}

/** Per unit, then over units. `withValues`: the values too, as sums of what each unit contributes. */
export function perUnit(
  spec: CellsSpec,
  unit: UnitColumn,
  checks: readonly Check[],
  ids: IdSource,
  withValues: boolean,
): Grouped {
  const inner = new Collected(ids);
  const token = ref(unit.id, unit.type);
  const unitKey = keyOf(ids, token, 'unit');
  const innerKeys = spec.keys.map((key) => keyOf(ids, key.expr, key.name));
  const perCheck = checks.map(({ magnitude, filter, conditions }) => ({
    amount: inner.add(magnitudeCall(magnitude, filter === null ? [] : [filter])),
    gross: unit.unowned ? inner.add(grossCall(magnitude, filter === null ? [] : [filter])) : null,
    conditions: conditions.map(({ holds, fails }) => ({
      holds: inner.add(countStar([holds])),
      fails: inner.add(countStar([fails])),
    })),
  }));
  const ownAmount = withValues ? spec.parts.map((part) => inner.add(part.call)) : [];
  const below = group(spec.raw.rel, [...innerKeys, unitKey], inner.measures);

  const outer = new Collected(ids);
  const unitRef = ref(unitKey.id, unit.type);
  const owned = unit.nullable ? [isNotNull(unitRef)] : [];
  const keys = innerKeys.map(({ id, name, expr }) => keyOf(ids, ref(id, expr.type), name));
  const units = unitsOf(spec, unitRef, owned, outer);
  const sums = ownAmount.map((amount) =>
    outer.add(aggregateCall('sum', { args: [amount], type: sumType(amount.type) })),
  );
  const contributions = perCheck.map(({ amount, gross, conditions }) => {
    const over = (fn: string, type = amount.type) =>
      outer.add(aggregateCall(fn, { args: [amount], type, filter: owned }));
    return [
      {
        units: outer.add(countStar([...owned, isNotZero(amount)])),
        top1: over('top1_abs'),
        top2: over('top2_abs'),
        total: over('sum_abs', sumType(amount.type)),
        unowned:
          gross === null
            ? null
            : outer.add(aggregateCall('sum', { args: [gross], type: sumType(gross.type), filter: [isNull(unitRef)] })),
        conditions: conditions.map(({ holds, fails }) => ({
          holds: outer.add(countStar([...owned, isNotZero(holds)])),
          fails: outer.add(countStar([...owned, isNotZero(fails)])),
        })),
      },
    ];
  });
  const rel = group(below, keys, outer.measures);
  const grouped: Grouped = {
    rel,
    keys: keys.map(({ id, expr }) => ref(id, expr.type)),
    units: [units],
    values: sums,
    contributions,
  };
  return withValues ? retyped(grouped, spec, ids) : grouped;
}

/** Sums of counts are counts again. */
function retyped(grouped: Grouped, spec: CellsSpec, ids: IdSource): Grouped {
  const changed = grouped.values.some((value, part) => value.type.kind !== spec.parts[part]!.call.type.kind);
  if (!changed) return grouped;
  const added: NamedExpr[] = [];
  const values = grouped.values.map((value, part) => {
    const { type } = spec.parts[part]!.call;
    if (type.kind === value.type.kind) return value;
    const column = keyOf(ids, cast(value, type), `v${part}`);
    added.push(column);
    return ref(column.id, type);
  });
  const kept = columnsOf(grouped.rel).map((column) => named(column.id, column.name, refTo(column)));
  return { ...grouped, rel: { kind: 'project', input: grouped.rel, columns: [...kept, ...added] }, values };
}

/** The values in one pass, and for each unit column a per-unit pass, joined on the keys. */
export function joined(spec: CellsSpec, checks: readonly Check[], ids: IdSource): Grouped {
  const main = new Collected(ids);
  const keys = spec.keys.map((key) => keyOf(ids, key.expr, key.name));
  const values = spec.parts.map((part) => main.add(part.call));
  let rel: Rel = group(spec.raw.rel, keys, main.measures);
  const keyRefs = keys.map(({ id, expr }) => ref(id, expr.type));
  const sides = spec.raw.units.map((unit) => perUnit(spec, unit, checks, ids, false));
  for (const side of sides) {
    const on = side.keys.map((key, position) => notDistinct(keyRefs[position]!, key));
    rel = {
      kind: 'join',
      join: on.length === 0 ? 'cross' : 'inner',
      left: rel,
      right: side.rel,
      on: on.length === 0 ? null : and(on),
    };
  }
  return {
    rel,
    keys: keyRefs,
    units: sides.map((side) => side.units[0]!),
    values,
    contributions: checks.map((_, check) => sides.map((side) => side.contributions[check]![0]!)),
  };
}
