import { placeOf } from '../../errors.ts';
import type { Aggregate, AggregateCall, ColumnId, Expr, NamedExpr, NamedWindow, Project, Window } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { columnsIn } from '../plan-walk.ts';
import { DOUBLE, INTEGER } from '../sql-type.ts';
import { type Apart, isAsStored } from './apart.ts';
import { and, asDouble, call, choose, divide, equals, type IdSource, literal, named, ref, refTo } from './build.ts';
import { withMade } from './coarse.ts';
import type { Cutter } from './cutter.ts';
import { lookThrough } from './look-through.ts';
import { checkUnitValue, conditionsOfCall } from './measures.ts';
import { inOrder } from './over-raw.ts';
import type { RowTerm } from './polynomial.ts';
import { checkValues } from './public-side.ts';
import { type Adds, namesOfUnit, type Raw, rootOf, type UnitColumn, type Weight } from './raw.ts';
import { constructRefused } from './refusals.ts';

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

/** @throws AppError POLICY_CONSTRUCT_REFUSED, POLICY_AGGREGATE_REFUSED */
export function groupedAmong(
  aggregate: Aggregate,
  keyOfUnit: readonly (NamedExpr | undefined)[],
  input: Raw,
  { text, ids, decides, decision }: Among,
): Raw {
  const apart = aggregate.keys.find(({ expr }) => !isAsStored(expr, input));
  if (apart !== undefined) {
    const accepted = 'the identifier and stored columns as keys; the expression as a key of the outer GROUP BY';
    throw constructRefused('rows of one unit grouped apart by an expression', accepted, placeOf(text, apart.expr.at));
  }
  const through = lookThrough(input);
  const weight = ids.next();
  const made = aggregate.measures.map(({ id, call: asked }) => {
    checkValues(asked, input, through, text);
    checkUnitValue({ fn: asked.fn, args: asked.args.map(through.expand) }, placeOf(text, asked.at));
    return { id, asked, ...madeOfRows(asked, ids, input.weights.length === 0) };
  });
  const [again] = input.weights.length === 0 ? [] : made.filter(({ adds }) => !STILL.has(adds.kind));
  if (again !== undefined)
    throw constructRefused(
      'groups of several kinds of units grouped once more',
      'one GROUP BY of both identifiers, or count(DISTINCT …) without the inner one',
      placeOf(text, again.asked.at),
    );
  const open = input.units.filter(
    ({ rowsDeclared }, at) =>
      keyOfUnit[at] === undefined && (rowsDeclared === null || rowsDeclared >= decision.unitsMin),
  );
  const [deciding] = open.length === 0 ? [] : made.filter(({ id, asked }) => decides(id) && !isOfRows(asked, input));
  if (deciding !== undefined) throw constructRefused(DECIDED, decidedBy(open, input), placeOf(text, deciding.asked.at));

  const keys = aggregate.keys.map(({ id, expr }) => ref(id, expr.type));
  const own = new Set(aggregate.keys.map(({ id }) => id));
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
      ...made.flatMap(({ share }) =>
        share === null ? [] : [{ id: share.count, name: 'count', call: { ...share.counted, partitionBy: keys } }],
      ),
      first,
    ],
  };
  const values = made.map(({ id }) => id);
  const isFirst = choose(
    equals(ref(place, INTEGER), literal('1', INTEGER)),
    literal('1', INTEGER),
    literal('0', INTEGER),
  );
  const inPlace = [...keys.map(({ id }) => id), ...values];
  const columns = [...columnsOf(windows)].filter(({ id }) => id !== place).sort((a, b) => rank(a.id) - rank(b.id));
  function rank(id: ColumnId): number {
    const at = inPlace.indexOf(id);
    return at < 0 ? inPlace.length : at;
  }
  const rel: Project = {
    kind: 'project',
    input: windows,
    columns: [
      ...columns.map((column) => named(column.id, column.name, refTo(column))),
      named(weight, 'weight', isFirst),
      ...made.flatMap(({ share }) => (share === null ? [] : [named(share.id, 'share', share.expr)])),
    ],
  };
  const alias = new Map(input.alias);
  for (const { id, expr } of aggregate.keys) if (expr.kind === 'column' && expr.id !== id) alias.set(id, expr.id);
  const weightName = `once/${aggregate.keys
    .map(({ expr }) => through.text(expr))
    .sort()
    .join()}`;
  const partNames = made.flatMap(({ rows }) => rows.map(({ id, expr }) => [id, `part/${through.text(expr)}`] as const));
  const shareNames = made.flatMap(({ share, asked }) =>
    share === null ? [] : [[share.id, `share/${asked.args.map(through.text).join()}/${weightName}`] as const],
  );
  const within = input.units.flatMap(({ id }, at) => (keyOfUnit[at] === undefined ? [rootOf(alias, id)] : []));
  const conditions = new Map(input.conditions);
  const decided: Apart[] = [];
  for (const { id, asked, rows, share } of made) {
    const inside = conditionsOfCall(asked, input.conditions);
    if (inside.length === 0) continue;
    const parts = rows.length > 0 ? rows.map((column) => column.id) : asked.args.flatMap(columnsIn);
    for (const one of [id, ...parts, ...(share === null ? [] : [share.id])]) conditions.set(one, inside);
    decided.push({ id: parts[0]!, at: asked.at });
  }
  return {
    ...input,
    rel,
    alias,
    conditions,
    units: input.units.map((unit, at): UnitColumn => ({ ...unit, id: keyOfUnit[at]?.id ?? unit.id })),
    coarse: withMade(input, aggregate.measures),
    rowKeys: input.rowKeys.map((key) => ({ ...key, weight })),
    // WHY for every number above: `HAVING count(*) FILTER (WHERE …one person…) = 0` leaves out all others of one firm for that person.
    apart: [...input.apart, ...decided],
    names: new Map([...input.names, ...partNames, ...shareNames, [weight, weightName]]),
    weights: [{ id: weight, optional: false, within }],
    // What was added up before is, in groups of groups, a value like any other.
    parts: new Map([
      ...[...input.parts.keys()].map((id) => [id, { weight, adds: { kind: 'other' } }] as const),
      ...made.map(({ id, adds }) => [id, { weight, adds }] as const),
    ]),
  };
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

/** What is the same over rows that stand for groups. */
const STILL: ReadonlySet<Adds['kind']> = new Set(['count', 'other']);

interface MadeOfRows {
  /** What each row has of it. */
  readonly rows: readonly NamedExpr[];
  readonly over: NamedWindow['call'];
  readonly adds: Adds;
  /** Of a mean: its value by the number of values, which rows add up to the mean. */
  readonly share: Share | null;
}
interface Share {
  readonly id: ColumnId;
  readonly expr: Expr;
  /** The number of values in the group. */
  readonly count: ColumnId;
  readonly counted: NamedWindow['call'];
}

/** An aggregate as a window over a column, in which the rows that its FILTER leaves out have NULL. */
function madeOfRows(asked: AggregateCall, ids: IdSource, isFirstGrouping: boolean): MadeOfRows {
  const over = (fn: string, args: readonly Expr[]): NamedWindow['call'] => ({
    ...{ fn, args, partitionBy: [], orderBy: [], frame: null, type: asked.type, at: asked.at },
    ...(asked.distinct ? { distinct: true as const } : {}),
  });
  const counted = asked.fn === 'count_if' ? asked.args : [];
  const where = [...(asked.filter === null ? [] : [asked.filter]), ...counted];
  const only = (arg: Expr): NamedExpr | null =>
    where.length === 0 && arg.kind === 'column'
      ? null
      : named(ids.next(), 'part', where.length === 0 ? arg : choose(and(where), arg, literal(null, arg.type)));
  if (asked.fn === 'count_star' || asked.fn === 'count_if' || asked.args.length === 0) {
    if (where.length === 0) return { rows: [], over: over('count_star', []), adds: { kind: 'rows' }, share: null };
    const part = only(literal('1', INTEGER))!;
    const column = ref(part.id, INTEGER);
    const adds = { kind: 'present', id: part.id, type: INTEGER } as const;
    return { rows: [part], over: over('count', [column]), adds, share: null };
  }
  const rows = asked.args.map(only);
  const args = asked.args.map((arg, at) => (rows[at] === null ? arg : ref(rows[at]!.id, arg.type)));
  const [first] = args;
  const column = first?.kind === 'column' ? first : null;
  const kind = addedBy(asked);
  const isOfColumn = column !== null && (kind === 'present' || kind === 'sum');
  const made = { rows: rows.flatMap((row) => row ?? []), over: over(asked.fn, args) };
  if (asked.fn === 'avg' && !asked.distinct && column !== null && isFirstGrouping) {
    const [id, count] = [ids.next(), ids.next()];
    const counted = { ...over('count', [column]), type: INTEGER };
    const expr = divide(asDouble(column), asDouble(ref(count, INTEGER)));
    return { ...made, adds: { kind: 'sum', id, type: DOUBLE }, share: { id, expr, count, counted } };
  }
  return {
    ...made,
    share: null,
    adds: isOfColumn ? { kind, id: column.id, type: column.type } : { kind: kind === 'count' ? 'count' : 'other' },
  };
}

function addedBy({ fn, distinct }: AggregateCall): Adds['kind'] {
  if (fn === 'count') return distinct ? 'count' : 'present';
  if (fn === 'approx_count_distinct') return 'count';
  return fn === 'sum' && !distinct ? 'sum' : 'other';
}

/**
 * A term over rows that stand for groups: a group's value by what its rows add to it, anything else by one row of each group.
 * @throws AppError POLICY_CONSTRUCT_REFUSED for what is not linear in a sum: who has how much of it would not be known
 */
export function weighted(term: RowTerm, raw: Raw): RowTerm {
  if (raw.weights.length === 0) return term;
  const partsOf = (expr: Expr) => columnsIn(expr).flatMap((id) => raw.parts.get(rootOf(raw.alias, id)) ?? []);
  const made = term.atoms.filter((atom) => partsOf(atom).length > 0);
  const [only] = made;
  const [part] = only === undefined ? [] : partsOf(only);
  const addUp = made.every(
    (atom) => atom.kind === 'column' && partsOf(atom).every(({ adds }) => !STILL.has(adds.kind)),
  );
  const isOfOneGroup = made.flatMap(partsOf).every(({ weight }) => weight === part!.weight);
  if (only !== undefined && addUp && isOfOneGroup) {
    // A square, and a product of two such values, is one of them times what each row adds to the other.
    const others = term.atoms.toSpliced(term.atoms.indexOf(only), 1);
    const rest = raw.weights.filter(({ id }) => id !== part!.weight).map(weightOf);
    const adds = part!.adds;
    const value = 'id' in adds ? [ref(adds.id, adds.type)] : [];
    return {
      ...term,
      atoms: [...others, ...rest, ...(adds.kind === 'sum' ? value : [])],
      present: [...term.present, ...(adds.kind === 'present' ? value : [])],
    };
  }
  const odd = made.flatMap(partsOf).some(({ adds }) => adds.kind === 'other' || adds.kind === 'sum');
  if (odd)
    throw constructRefused(NOT_LINEAR, 'sums, means and spreads of count(…), sum(…) and avg(…) of a column', null);
  return { ...term, atoms: [...term.atoms, ...raw.weights.map(weightOf)] };
}

const NOT_LINEAR =
  'values of groups that belong to several kinds of units, other than sums, means and counts, inside an aggregate';

export const weightOf = ({ id, optional }: Weight): Expr => {
  const column = ref(id, INTEGER);
  return optional ? call('coalesce', [column, literal('1', INTEGER)], INTEGER) : column;
};
