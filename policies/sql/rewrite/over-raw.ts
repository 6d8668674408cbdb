import { placeOf } from '../../errors.ts';
import { ROW_KEY_COLUMN } from '../../table-schema.ts';
import type {
  Aggregate,
  ColumnId,
  ColumnRef,
  Expr,
  Limit,
  NamedAggregate,
  NamedExpr,
  NamedWindow,
  Project,
  Rel,
  Window,
} from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { columnRefsIn } from '../plan-walk.ts';
import { HUGEINT, INTEGER, type SqlType } from '../sql-type.ts';
import { type Apart, apartBy, conditionsApart, isAsStored } from './apart.ts';
import { aggregateCall, type IdSource, isNotZero, named, namedAggregate, ref, refTo } from './build.ts';
import { groupsTouched, sumOfChanges } from './changes.ts';
import { withMade } from './coarse.ts';
import { type Condition, conditionsOf } from './conditions.ts';
import { lookThrough } from './look-through.ts';
import { checkUnitValue, conditionsOfCall } from './measures.ts';
import { checkValues } from './public-side.ts';
import {
  overRoots,
  type Part,
  type Raw,
  rootOf,
  type SealedRows,
  type SpreadUnit,
  type UnitColumn,
  visibleColumns,
} from './raw.ts';
import { constructRefused } from './refusals.ts';

/** Carries through a projection what it leaves out: the columns that name units, and conditions inside its values. */
export function projectRaw(project: Project, input: Raw, ids: IdSource): Raw {
  const alias = new Map(input.alias);
  const definitions = new Map(input.definitions);
  const conditions = new Map<ColumnId, readonly Condition[]>();
  const columns = new Map(project.columns.map((column) => [JSON.stringify(column.expr) + column.id, column]));
  const carry = (expr: Expr, name: string): ColumnRef => {
    const text = JSON.stringify(expr);
    const known = columns.get(text);
    const column = known ?? named(ids.next(), name, expr);
    columns.set(text, column);
    return ref(column.id, expr.type);
  };
  const keepConditions = (id: ColumnId, expr: Expr): void => {
    const inside = conditionsOf([expr], null, input.conditions);
    if (inside.length === 0) return;
    conditions.set(
      id,
      inside.map(({ holds, fails }) => ({ holds: carry(holds, 'holds'), fails: carry(fails, 'fails') })),
    );
  };
  const madeOf = makingIn(input);
  for (const { id, expr } of project.columns) {
    keepConditions(id, expr);
    if (expr.kind !== 'column') definitions.set(id, expr);
    else if (expr.id !== id) alias.set(id, expr.id);
    // What it is computed from stays visible, so that a sum over it can be judged term by term.
    for (const used of madeOf(expr)) {
      const kept = carry(used, 'used');
      if (kept.id !== used.id) alias.set(kept.id, used.id);
      keepConditions(kept.id, used);
    }
  }
  const carried = (old: ColumnId, type: SqlType, name: string): ColumnId => {
    const kept = project.columns.find(({ expr }) => expr.kind === 'column' && expr.id === old);
    if (kept !== undefined) return kept.id;
    const { id } = carry(ref(old, type), name);
    if (id !== old) alias.set(id, old);
    return id;
  };
  const units = input.units.map((unit): UnitColumn => ({ ...unit, id: carried(unit.id, unit.type, 'unit') }));
  const apart = input.apart.map((one): Apart => {
    const id = carried(one.id, typeOf(input.rel, one.id), 'apart');
    keepConditions(id, ref(one.id, typeOf(input.rel, one.id)));
    return { ...one, id };
  });
  const weights = input.weights.map((weight) => ({ ...weight, id: carried(weight.id, INTEGER, 'weight') }));
  const partOf = ({ adds, ...part }: Part): Part => {
    const weight = weights[input.weights.findIndex(({ id }) => id === part.weight)]!.id;
    if (!('id' in adds)) return { weight, adds };
    const id = carried(adds.id, adds.type, 'part');
    keepConditions(id, ref(adds.id, adds.type));
    return { weight, adds: { ...adds, id } };
  };
  const parts = new Map([...input.parts].map(([id, part]) => [id, partOf(part)] as const));
  const rowKeys = input.rowKeys.map((key) => ({
    ...key,
    id: carry(ref(key.id, key.type), ROW_KEY_COLUMN).id,
    weight: weights[input.weights.findIndex(({ id }) => id === key.weight)]?.id ?? null,
  }));
  const sealed = input.sealed === null ? null : carriedSealed(input.sealed, carry);
  const rel: Project = { ...project, input: input.rel, columns: [...columns.values()] };
  return { ...input, rel, alias, definitions, conditions, apart, units, weights, parts, rowKeys, sealed };
}

/** The columns that an expression reads, and those that these are computed from in turn; of a stored column there are none. */
function makingIn(input: Raw): (expr: Expr) => readonly ColumnRef[] {
  const visible = visibleColumns(input);
  return (expr) => {
    if (expr.kind === 'column' && !input.definitions.has(rootOf(input.alias, expr.id))) return [];
    const below = columnRefsIn(overRoots(expr, input)).flatMap(({ id, type }) => {
      const shown = visible.get(id);
      return shown === undefined ? [] : [ref(shown, type)];
    });
    const all = [...(expr.kind === 'column' ? [] : columnRefsIn(expr)), ...below];
    return [...new Map(all.map((one) => [one.id, one])).values()];
  };
}

function carriedSealed(sealed: SealedRows, carry: (expr: Expr, name: string) => ColumnRef): SealedRows {
  const columns = sealed.columns.map((one) => ({ ...one, id: carry(ref(one.id, HUGEINT), one.column).id }));
  return { ...sealed, columns };
}

function typeOf(rel: Rel, id: ColumnId): SqlType {
  return columnsOf(rel).find((column) => column.id === id)!.type;
}

export function windowRaw(asked: Window, input: Raw, text: string): Raw {
  const window: Window = { ...asked, columns: asked.columns.map((column) => withoutTies(column, input, text)) };
  const units = input.units.map(({ id }) => rootOf(input.alias, id));
  for (const { call } of window.columns) {
    const through = lookThrough(input);
    checkValues({ ...call, filter: null }, input, through, text);
    checkUnitValue({ fn: call.fn, args: call.args.map(through.expand) }, placeOf(text, call.at));
    const parts = call.partitionBy.flatMap((expr) => (expr.kind === 'column' ? [rootOf(input.alias, expr.id)] : []));
    // Nothing made by a condition: it would number one person's rows apart from everybody's.
    const made = call.partitionBy.some((expr) => !isAsStored(expr, input));
    if (units.length === 0 || input.spread.length > 0 || made || !units.every((unit) => parts.includes(unit))) {
      throw constructRefused(
        'window function over protected rows',
        'PARTITION BY the identifier of the unit, or the window over grouped results',
        placeOf(text, call.at),
      );
    }
  }
  const conditions = new Map(input.conditions);
  for (const { id, call } of window.columns) {
    const order = [...call.partitionBy, ...call.orderBy.map(({ expr }) => expr)];
    const value = conditionsOfCall({ ...call, distinct: false, filter: null }, input.conditions);
    const rows = conditionsApart(input, [], text);
    conditions.set(id, [...value, ...rows, ...conditionsOf(order, null, input.conditions)]);
  }
  return { ...input, rel: { ...window, input: input.rel }, conditions, coarse: withMade(input, window.columns) };
}

/** What is of one row of several that are equal in the order of a window. */
const OF_ONE_ROW: ReadonlySet<string> = new Set([
  ...['row_number', 'ntile', 'lag', 'lead', 'first_value', 'last_value', 'nth_value'],
]);

/**
 * Equal rows of a window stand in the order of what they hold.
 * INVARIANT: what is made of a unit's rows is a function of these rows. As the engine puts them, other units' rows and its threads would have a part in
 * which of two trips at one hour is the first.
 */
function withoutTies(asked: NamedWindow, { rel, rowKeys }: Raw, text: string): NamedWindow {
  const { call, ...column } = inOrder(asked);
  const isByRows = call.frame?.unit === 'rows';
  if (!OF_ONE_ROW.has(call.fn) && !isByRows) return { ...column, call };
  if (call.frame !== null && !isByRows)
    throw constructRefused(
      `${call.fn}() over protected rows with a ${call.frame.unit.toUpperCase()} frame`,
      'a ROWS frame',
      placeOf(text, call.at),
    );
  const told = [...rowKeys.map(({ id, type }) => ref(id, type)), ...columnsOf(rel).map(refTo)];
  const orderBy = [...call.orderBy, ...told.map((expr) => ({ expr, descending: false, nullsFirst: false }))];
  return { ...column, call: { ...call, orderBy } };
}

/** WHY refused: the sum of the ten largest minus the sum of the eleven largest is one unit's value. */
export function limitRaw(limit: Limit, input: Raw): Raw {
  const blocked = { construct: 'LIMIT over protected rows', accepted: 'LIMIT after GROUP BY', at: limit.at ?? null };
  return { ...input, rel: { ...limit, input: input.rel }, blocked: input.blocked ?? blocked };
}

/** What a unit's own value depends on is counted along: the rows of the unit where a condition holds, and fails. */
export function perUnitRaw(
  aggregate: Aggregate,
  input: Raw,
  keys: readonly (NamedExpr | undefined)[],
  ids: IdSource,
  text: string,
): Raw {
  const alias = new Map(input.alias);
  for (const { id, expr } of aggregate.keys) if (expr.kind === 'column' && expr.id !== id) alias.set(id, expr.id);
  const measures = aggregate.measures.map(inOrder);
  const conditions = new Map<ColumnId, readonly Condition[]>();
  const some = (filter: Expr): Expr => {
    const id = ids.next();
    measures.push(
      namedAggregate(id, 'rows', aggregateCall('count_star', { args: [], type: INTEGER, filter: [filter] })),
    );
    return isNotZero(ref(id, INTEGER));
  };
  const rows = conditionsApart(input, aggregate.keys, text);
  const insides = [
    ...aggregate.keys.map(({ id, expr }) => ({ id, inside: conditionsOf([expr], null, input.conditions) })),
    ...aggregate.measures.map(({ id, call }) => ({
      id,
      inside: [...conditionsOfCall(call, input.conditions), ...rows],
    })),
  ];
  for (const { id, inside } of insides) {
    if (inside.length > 0)
      conditions.set(
        id,
        inside.map(({ holds, fails }) => ({ holds: some(holds), fails: some(fails) })),
      );
  }
  const units = input.units.flatMap((unit, position): readonly UnitColumn[] => {
    const key = keys[position];
    // A unit has no more groups than rows.
    const isAlone = aggregate.keys.length === 1;
    const rows = isAlone ? { rowsMax: 1, rowsDeclared: 1 } : {};
    return key === undefined ? [] : [{ ...unit, id: key.id, ...rows, others: groupsTouched(unit.others) }];
  });
  const rowKeys = input.rowKeys.map((key) => {
    const id = ids.next();
    const args = [ref(key.id, key.type)];
    measures.push(namedAggregate(id, ROW_KEY_COLUMN, aggregateCall('sum', { args, type: HUGEINT })));
    return { ...key, id, type: HUGEINT };
  });
  // A group's rows are all of each unit that it is grouped by.
  const known = input.units.flatMap(({ rowsMax }, at) => (keys[at] === undefined || rowsMax === null ? [] : [rowsMax]));
  const most = known.length === 0 ? null : Math.min(...known);
  const further = aggregate.keys.filter((key) => !keys.includes(key));
  const apart = apartBy(further, input);
  return {
    ...input,
    rel: { ...aggregate, input: input.rel, measures },
    alias,
    conditions,
    madeOf: new Map([...input.madeOf, ...aggregate.measures.map(({ id }) => [id, most] as const)]),
    apart,
    coarse: withMade(input, aggregate.measures),
    units,
    spread: [...input.spread.map(touched), ...input.units.filter((_, at) => keys[at] === undefined).map(spreadOf)],
    rowKeys,
    sealed: null,
  };
}

/** The engine's own answer depends on the order of rows: in which value comes first, or in the last digits. Sums and counts are exact. */
const OF_ORDER = /^(mode|any_value|var_|stddev_|sem$|covar_|corr$|regr_)/u;

/** INVARIANT: as of windows, what is made of a unit's rows is a function of these rows. */
export const inOrder = <T extends NamedAggregate | NamedWindow>(made: T): T =>
  OF_ORDER.test(made.call.fn) ? { ...made, call: { ...made.call, inOrder: true } } : made;

/** Each row that changes makes its group another one. */
const touched = ({ changes, ...unit }: SpreadUnit): SpreadUnit => ({
  ...unit,
  changes: changes && groupsTouched(changes),
});

/** A unit by which rows are not grouped has a part in the groups of others. */
function spreadOf({ type, unit, rowsMax, others }: UnitColumn): SpreadUnit {
  const changes = rowsMax === null ? null : groupsTouched(sumOfChanges([{ goes: rowsMax, comes: 0 }, others]));
  return { type, unit, changes };
}
