import type { ColumnId, ColumnRef, Expr, OutputColumn, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import type { CellsBoundary } from '../rewrite.ts';
import { BOOLEAN, INTEGER } from '../sql-type.ts';
import {
  aggregateCall,
  and,
  call,
  choose,
  equals,
  group,
  type IdSource,
  literal,
  named,
  namedAggregate,
  ref,
  refTo,
} from './build.ts';
import { type CellsSpec, countStar, dedupe, type Grouped, joined, keyOf, onePass, perUnit } from './cell-shapes.ts';
import type { PublicDomain } from './domain.ts';
import { termsOf } from './linear.ts';
import type { Check } from './measures.ts';

/**
 * Builds the one statement that gives, per group, its values and what their protection needs. Three shapes, the
 * cheapest that is exact: rows are units (one pass); one kind of unit and additive values (per unit, then over units);
 * else the values in one pass joined to a per-unit pass for each column that names units.
 */
export function buildCells(spec: CellsSpec, ids: IdSource): CellsBoundary {
  const { units } = spec.raw;
  const only = units.length === 1 ? units[0]! : null;
  const checks = dedupe(spec.parts.flatMap((part) => part.checks));
  const grouped =
    only?.rowsMax === 1
      ? onePass(spec, only, checks, ids)
      : only !== null && spec.parts.every((part) => part.additive)
        ? perUnit(spec, only, checks, ids, true)
        : joined(spec, checks, ids);
  if (spec.domain === null && spec.keys.length > 0) {
    const { gathered, groups } = withSmallGathered(grouped, spec.unitsMin, ids);
    return layOut(spec, checks, gathered, { listed: null, groups }, ids);
  }
  const listed = spec.domain === null ? null : withDomain(grouped, spec.domain, ids);
  const full = listed ?? grouped;
  return layOut(spec, checks, full, { listed: listed === null ? null : listed.mark, groups: null }, ids);
}

/** Every group of the public list appears, whatever the data hold; groups beyond the list are kept apart by `mark`. */
function withDomain(grouped: Grouped, domain: PublicDomain, ids: IdSource): Grouped & { readonly mark: ColumnRef } {
  const mark = keyOf(ids, literal(true, BOOLEAN), 'listed');
  const listedKeys = domain.keys.map((key) => keyOf(ids, key, 'key'));
  const right: Rel = { kind: 'project', input: domain.rel, columns: [...listedKeys, mark] };
  const on = listedKeys.map(({ id, expr }, position) => equals(ref(id, expr.type), grouped.keys[position]!));
  const rel: Rel = { kind: 'join', join: 'full', left: grouped.rel, right, on: and(on) };
  const keys = listedKeys.map(({ id, expr }, position) =>
    keyOf(ids, call('coalesce', [ref(id, expr.type), grouped.keys[position]!], expr.type), 'key'),
  );
  const kept = [...columnsOf(grouped.rel), { id: mark.id, name: mark.name, type: BOOLEAN }];
  const through = kept.map((column) => named(column.id, column.name, refTo(column)));
  return {
    ...grouped,
    rel: { kind: 'project', input: rel, columns: [...keys, ...through] },
    keys: keys.map(({ id, expr }) => ref(id, expr.type)),
    mark: ref(mark.id, BOOLEAN),
  };
}

/**
 * Gathers the groups with too few units into one row that only counts them. WHY here: what no answer may show need not
 * leave the worker, and how much the protector receives does not grow with the number of small groups.
 */
function withSmallGathered(
  grouped: Grouped,
  unitsMin: number,
  ids: IdSource,
): { readonly gathered: Grouped; readonly groups: ColumnRef } {
  const enough = and(
    grouped.units.map(({ count }) => call('gte', [count, literal(String(unitsMin), INTEGER)], BOOLEAN)),
  );
  const shown = (column: ColumnRef): Expr => choose(enough, column, literal(null, column.type));
  const keys = grouped.keys.map((key) => keyOf(ids, shown(key), 'key'));
  const isKey = new Set(grouped.keys.map(({ id }) => id));
  const masks = new Set(grouped.units.flatMap(({ mask }) => (mask === null ? [] : [mask.id])));
  const groups = namedAggregate(ids.next(), 'groups', countStar([]));
  const rest = columnsOf(grouped.rel)
    .filter(({ id }) => !isKey.has(id))
    .map((column) => {
      const [fn, arg] = masks.has(column.id) ? ['mask_union', refTo(column)] : ['any_value', shown(refTo(column))];
      // The columns keep their ids: references into `grouped` stay valid.
      return namedAggregate(column.id, column.name, aggregateCall(fn, { args: [arg], type: column.type }));
    });
  const rel = group(grouped.rel, [keyOf(ids, enough, 'enough'), ...keys], [...rest, groups]);
  return {
    gathered: { ...grouped, rel, keys: keys.map(({ id, expr }) => ref(id, expr.type)) },
    groups: ref(groups.id, INTEGER),
  };
}

/** Puts the columns in order and says where each is. */
function layOut(
  spec: CellsSpec,
  checks: readonly Check[],
  grouped: Grouped,
  marks: { readonly listed: ColumnRef | null; readonly groups: ColumnRef | null },
  ids: IdSource,
): CellsBoundary {
  const order: ColumnRef[] = [];
  const place = new Map<ColumnId, number>();
  const at = (column: ColumnRef): number => {
    const known = place.get(column.id);
    if (known !== undefined) return known;
    place.set(column.id, order.length);
    order.push(column);
    return order.length - 1;
  };
  const maybe = (column: ColumnRef | null): number | null => (column === null ? null : at(column));
  const keys = grouped.keys.map(at);
  const values = grouped.values.map(at);
  const position = new Map(checks.map((check, index) => [JSON.stringify(check), index]));
  const layout: CellsBoundary['layout'] = {
    keys,
    listed: maybe(marks.listed),
    groups: maybe(marks.groups),
    unitsMin: spec.unitsMin,
    units: grouped.units.map(({ count, mask: bits }, index) => {
      return { unit: spec.raw.units[index]!.unit, count: at(count), mask: maybe(bits) };
    }),
    values: spec.parts.map((part, index) => ({
      value: values[index]!,
      unitsMin: spec.unitsMin + part.unitsExtra,
      checks: part.checks.map((check) => position.get(JSON.stringify(check))!),
      terms: termsOf(part, spec.raw),
    })),
    checks: grouped.contributions.map((units) => ({
      contributions: units.map((one) => ({
        units: at(one.units),
        top1: maybe(one.top1),
        top2: maybe(one.top2),
        total: maybe(one.total),
        unowned: maybe(one.unowned),
        conditions: one.conditions.map(({ holds, fails }) => ({ holds: at(holds), fails: at(fails) })),
      })),
    })),
    measures: spec.measures,
  };
  const columns = order.map((column, index) => named(column.id, `x${index}`, column));
  const cells: Rel = { kind: 'project', input: grouped.rel, columns };
  return { kind: 'cells', cells, released: released(spec, grouped, ids), layout };
}

function released(spec: CellsSpec, grouped: Grouped, ids: IdSource): readonly OutputColumn[] {
  const keys = grouped.keys.map(({ type }, index) => ({ id: ids.next(), name: spec.keys[index]!.name, type }));
  const values = spec.parts.map(({ call: { type } }, index) => ({ id: ids.next(), name: `v${index}`, type }));
  return [...keys, ...values];
}
