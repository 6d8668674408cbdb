import { placeOf } from '../../errors.ts';
import type {
  Aggregate,
  AggregateCall,
  ColumnId,
  NamedExpr,
  NamedWindow,
  OutputColumn,
  Project,
  Rel,
  Window,
} from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { columnsIn } from '../plan-walk.ts';
import { INTEGER } from '../sql-type.ts';
import { type Apart, isAsStored } from './apart.ts';
import { choose, equals, type IdSource, literal, named, ref, refTo } from './build.ts';
import { withMade } from './coarse.ts';
import type { Cutter } from './cutter.ts';
import { lookThrough } from './look-through.ts';
import { type MadeOfRows, madeOfRows } from './made-of-rows.ts';
import { checkUnitValue, conditionsOfCall } from './measures.ts';
import { inOrder } from './over-raw.ts';
import { checkValues } from './public-side.ts';
import { namesOfUnit, type Raw, rootOf, type UnitColumn } from './raw.ts';
import { constructRefused } from './refusals.ts';
import { STILL } from './weighted-terms.ts';

/**
 * Rows of several kinds of units, grouped by one of them: how many staff each firm has, of jobs that are a person's as well. The rows stay, so that
 * each names all its units and is in every set of rows; the group's values stand in each of them, and one row of the group counts it (`Weight`).
 * What is counted or summed once more further up is added up from the rows themselves (`Part`).
 *
 * Guarantee: what a cell is about are the rows themselves: thresholds, dominance and the differencing guard hold for every kind of unit as in a
 * question about the rows. WHY not one row a group: it would name no person, and two questions that differ in one firm's rows would seem to be far
 * apart where others have another row for it.
 */
type Among = Pick<Cutter, 'text' | 'ids' | 'decides' | 'decision'>;

/** A measure of the grouping, and what the rows have of it. */
interface Made extends MadeOfRows {
  readonly id: ColumnId;
  readonly asked: AggregateCall;
}

/** @throws AppError POLICY_CONSTRUCT_REFUSED, POLICY_AGGREGATE_REFUSED */
export function groupedAmong(
  aggregate: Aggregate,
  keyOfUnit: readonly (NamedExpr | undefined)[],
  input: Raw,
  by: Among,
): Raw {
  const made = measuresOf(aggregate, input, by);
  const others = input.units.filter((_, at) => keyOfUnit[at] === undefined);
  checkDeciding(made, others, input, by);
  const weight = by.ids.next();
  const alias = new Map(input.alias);
  for (const { id, expr } of aggregate.keys) if (expr.kind === 'column' && expr.id !== id) alias.set(id, expr.id);
  const { conditions, apart } = conditionsWithin(made, input);
  return {
    ...input,
    rel: withGroupValues(aggregate, made, input, weight, by.ids),
    alias,
    conditions,
    units: input.units.map((unit, at): UnitColumn => ({ ...unit, id: keyOfUnit[at]?.id ?? unit.id })),
    coarse: withMade(input, aggregate.measures),
    rowKeys: input.rowKeys.map((key) => ({ ...key, weight })),
    apart: [...input.apart, ...apart],
    names: new Map([...input.names, ...namesOfParts(aggregate, made, input, weight)]),
    weights: [{ id: weight, optional: false, within: others.map(({ id }) => rootOf(alias, id)) }],
    // What was added up before is, in groups of groups, a value like any other.
    parts: new Map([
      ...[...input.parts.keys()].map((id) => [id, { weight, adds: { kind: 'other' } }] as const),
      ...made.map(({ id, adds }) => [id, { weight, adds }] as const),
    ]),
  };
}

function measuresOf(aggregate: Aggregate, input: Raw, { text, ids }: Among): readonly Made[] {
  const apart = aggregate.keys.find(({ expr }) => !isAsStored(expr, input));
  if (apart !== undefined) {
    const accepted = 'the identifier and stored columns as keys; the expression as a key of the outer GROUP BY';
    throw constructRefused('rows of one unit grouped apart by an expression', accepted, placeOf(text, apart.expr.at));
  }
  const through = lookThrough(input);
  const isFirstGrouping = input.weights.length === 0;
  const made = aggregate.measures.map(({ id, call: asked }) => {
    checkValues(asked, input, through, text);
    checkUnitValue({ fn: asked.fn, args: asked.args.map(through.expand) }, placeOf(text, asked.at));
    return { id, asked, ...madeOfRows(asked, ids, isFirstGrouping) };
  });
  const again = isFirstGrouping ? undefined : made.find(({ adds }) => !STILL.has(adds.kind));
  if (again === undefined) return made;
  throw constructRefused(
    'groups of several kinds of units grouped once more',
    'one GROUP BY of both identifiers, or count(DISTINCT …) without the inner one',
    placeOf(text, again.asked.at),
  );
}

/** Numbers of rows alone decide about rows, where some of the `others` that the rows belong to may have as many rows as a cell needs units. */
function checkDeciding(
  made: readonly Made[],
  others: readonly UnitColumn[],
  input: Raw,
  { text, decides, decision }: Among,
): void {
  const open = others.filter(({ rowsDeclared }) => rowsDeclared === null || rowsDeclared >= decision.unitsMin);
  if (open.length === 0) return;
  const deciding = made.find(({ id, asked }) => decides(id) && !isOfRows(asked, input));
  if (deciding !== undefined) throw constructRefused(DECIDED, decidedBy(open, input), placeOf(text, deciding.asked.at));
}

/** The rows with the values of their group in each, what they have of each value themselves, and 1 in one row of a group. */
function withGroupValues(
  aggregate: Aggregate,
  made: readonly Made[],
  input: Raw,
  weight: ColumnId,
  ids: IdSource,
): Rel {
  const keys = aggregate.keys.map(({ id, expr }) => ref(id, expr.type));
  const own = new Set(aggregate.keys.map(({ id }) => id));
  const shares = made.flatMap(({ share }) => share ?? []);
  const below: Project = {
    kind: 'project',
    input: input.rel,
    columns: [
      ...aggregate.keys,
      ...columnsOf(input.rel)
        .filter(({ id }) => !own.has(id))
        .map((column) => named(column.id, column.name, refTo(column))),
      ...made.flatMap(({ rows }) => rows),
    ],
  };
  const place = ids.next();
  const order = [...input.rowKeys, ...input.units].map(({ id, type }) => ({
    ...{ expr: ref(id, type), descending: false, nullsFirst: false },
  }));
  const first: NamedWindow = {
    ...{ id: place, name: 'place' },
    call: { fn: 'row_number', args: [], partitionBy: keys, orderBy: order, frame: null, type: INTEGER, at: null },
  };
  const windows: Window = {
    kind: 'window',
    input: below,
    columns: [
      ...made.map(({ over, id }) => ({ ...inOrder({ id, name: 'value', call: { ...over, partitionBy: keys } }) })),
      ...shares.map(({ count, counted }) => ({ id: count, name: 'count', call: { ...counted, partitionBy: keys } })),
      first,
    ],
  };
  const [one, none] = [literal('1', INTEGER), literal('0', INTEGER)];
  const isFirst = choose(equals(ref(place, INTEGER), one), one, none);
  const columns = keysFirst(columnsOf(windows), [...keys, ...made]).filter(({ id }) => id !== place);
  return {
    kind: 'project',
    input: windows,
    columns: [
      ...columns.map((column) => named(column.id, column.name, refTo(column))),
      named(weight, 'weight', isFirst),
      ...shares.map(({ id, expr }) => named(id, 'share', expr)),
    ],
  };
}

/** The columns that an aggregation has, in its order, then all others. */
function keysFirst(
  columns: readonly OutputColumn[],
  own: readonly { readonly id: ColumnId }[],
): readonly OutputColumn[] {
  const places = new Map(own.map(({ id }, at) => [id, at]));
  const rank = ({ id }: OutputColumn) => places.get(id) ?? own.length;
  return columns.toSorted((a, b) => rank(a) - rank(b));
}

/** Equal texts for equal values, however they were asked for. */
function namesOfParts(aggregate: Aggregate, made: readonly Made[], input: Raw, weight: ColumnId): Raw['names'] {
  const { text } = lookThrough(input);
  const keys = aggregate.keys.map(({ expr }) => text(expr)).sort();
  const once = `once/${keys.join()}`;
  return new Map([
    ...made.flatMap(({ rows }) => rows.map(({ id, expr }) => [id, `part/${text(expr)}`] as const)),
    ...made.flatMap(({ share, asked }) =>
      share === null ? [] : [[share.id, `share/${asked.args.map(text).join()}/${once}`] as const],
    ),
    [weight, once],
  ]);
}

/**
 * Conditions inside values, of the values and of what rows have of them; and values by which rows are told apart. WHY for every number
 * above: `HAVING count(*) FILTER (WHERE …one person…) = 0` leaves out all others of one firm for that person.
 */
function conditionsWithin(made: readonly Made[], input: Raw): Pick<Raw, 'conditions' | 'apart'> {
  const conditions = new Map(input.conditions);
  const apart: Apart[] = [];
  for (const { id, asked, rows, share } of made) {
    const inside = conditionsOfCall(asked, input.conditions);
    if (inside.length === 0) continue;
    const parts = rows.length > 0 ? rows.map((column) => column.id) : asked.args.flatMap(columnsIn);
    for (const one of [id, ...parts, ...(share === null ? [] : [share.id])]) conditions.set(one, inside);
    apart.push({ id: parts[0]!, at: asked.at });
  }
  return { conditions, apart };
}

/**
 * A number of rows, or of different units. WHY others are not to decide: one firm pays what no other does, and persons by `max(pay) > 1000000` are its staff, among
 * rows of all the firms where they work besides. A unit of fewer rows than units are needed decides about fewer groups, which is near.
 */
function isOfRows({ fn, args: [arg], distinct, filter }: AggregateCall, input: Raw): boolean {
  if (filter !== null) return false;
  if (fn === 'count_star' || (fn === 'count' && arg === undefined)) return true;
  const isUnit =
    arg?.kind === 'column' && input.units.some(({ id }) => rootOf(input.alias, id) === rootOf(input.alias, arg.id));
  return fn === 'count' && isUnit && (distinct || arg.type.kind === 'token');
}

const DECIDED =
  'values of groups that belong to several kinds of units, other than numbers of rows, as keys and in conditions';

function decidedBy(open: readonly UnitColumn[], input: Raw): string {
  const names = open.flatMap(({ id }) => namesOfUnit(input, id)[0] ?? []);
  return `count(*) and count(DISTINCT …) of an identifier; all values where \`rowsPerUnitMax\` below the threshold is declared for ${names.join(', ')}`;
}
