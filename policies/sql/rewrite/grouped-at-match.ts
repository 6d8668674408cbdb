import {
  type AggregateCall,
  type ColumnRef,
  columnsOf,
  type Expr,
  type Join,
  type NamedAggregate,
  type NamedExpr,
  type NamedWindow,
  type Rel,
  type Window,
} from '../plan.ts';
import { columnsIn, conjunctsOf } from '../plan-walk.ts';
import { HUGEINT, INTEGER } from '../sql-type.ts';
import { sameType } from '../type-rules.ts';
import {
  aggregateCall,
  and,
  call,
  cast,
  choose,
  equals,
  group,
  type IdSource,
  isNotNull,
  isNotZero,
  literal,
  named,
  ref,
  refTo,
  sumType,
} from './build.ts';
import { Collected, keyOf, refsOf } from './collected.ts';
import { countStar } from './exact-cells.ts';
import { type AtMatch, atMatch, type Sided } from './match-side.ts';
import { type Raw, rootOf, type UnitColumn } from './raw.ts';
import { productOf } from './term-specs.ts';
import { standsOnce } from './unique-rows.ts';

/** What is grouped: by keys and by the class of each unit in turn, with NULL for the classes of the others. */
export interface ClassGroups {
  readonly rel: Rel;
  readonly keys: readonly NamedExpr[];
  readonly classes: readonly { readonly key: NamedExpr; readonly unit: UnitColumn }[];
  readonly measures: readonly NamedAggregate[];
}

/**
 * The groups of rows that are joined with rows that stand for groups (grouped-among.ts): each side is grouped by what they meet by before they meet, and
 * numbers of the join are sums of products. WHY: the trips of people with a job, beside each job of theirs, become one row a person and district, and
 * none has to be told apart from its repetitions.
 *
 * Guarantee: the numbers of the grouping over the join. A row is counted once where DISTINCT would count it once by its key; two stored rows of equal
 * keys, which that takes for one, are two.
 * @returns null where a number is no sum of products of the two sides
 */
export function groupedAtMatch(asked: ClassGroups, raw: Raw, ids: IdSource): Rel | null {
  if (raw.weights.length !== 1) return null;
  const at = atMatch(asked.rel, ids);
  if (at === null) return null;
  const keys = asked.keys.map(({ name, expr }) => sidedKey(at.sided(expr), name, ids));
  const classes = asked.classes.map(({ unit }) => classBeside(unit, at, raw, ids));
  const sides = new Sides(
    at,
    classes.flatMap((one) => one ?? []),
    raw,
    ids,
  );
  const made = asked.measures.map(({ call: one }) => sides.add(one));
  if (![...keys, ...classes, ...made].every((one) => one !== null)) return null;
  return joined(asked, sides, keys as readonly SidedKey[], made as readonly Product[], ids);
}

interface SidedKey {
  readonly side: Sided['side'];
  readonly key: NamedExpr;
}

const sidedKey = (sided: Sided | null, name: string, ids: IdSource): SidedKey | null =>
  sided && { side: sided.side, key: keyOf(ids, sided.expr, name) };

/** A class of units, as a key of the match. `shared`: of those that the two sides meet by. */
interface MatchClass {
  readonly key: NamedExpr;
  readonly shared: boolean;
}

function classBeside({ id, type }: UnitColumn, { sided, pairs }: AtMatch, raw: Raw, ids: IdSource): MatchClass | null {
  const own = sided(ref(id, type));
  const root = rootOf(raw.alias, id);
  const shared = pairs.find(([one]) => one.kind === 'column' && rootOf(raw.alias, one.id) === root)?.[1];
  const unit = own?.side === 'match' ? own.expr : shared;
  return unit === undefined
    ? null
    : { key: keyOf(ids, call('unit_class', [unit], INTEGER), 'class'), shared: shared !== undefined };
}

/** A number of the join: the sum of products of what the sides have. */
interface Product {
  readonly rest: Expr;
  /** One for all classes, or one for each. */
  readonly match: readonly Expr[];
}

/** Collects what each side has to give, grouped by what they meet by. */
class Sides {
  readonly rest: Collected;
  readonly match: Collected;
  readonly at: AtMatch;
  readonly classes: readonly MatchClass[];
  /** Per class 1 in one row of the match for each that is met, where a class does not tell these apart. */
  readonly firsts: readonly ColumnRef[];
  needsFirsts = false;
  /** Numbers of rows, and sums of row keys: 32 bits each, of fewer rows than 2³² for one that is met, whatever else is summed. */
  private readonly isSmall: (asked: AggregateCall) => boolean;

  constructor(at: AtMatch, classes: readonly MatchClass[], raw: Raw, ids: IdSource) {
    this.at = at;
    const keys = raw.rowKeys.filter(({ type }) => type.kind === 'integer');
    const small = new Set([...keys, ...raw.weights].map(({ id }) => id));
    this.isSmall = ({ args }) => args.flatMap(columnsIn).every((id) => small.has(id));
    this.classes = classes;
    this.rest = new Collected(ids);
    this.match = new Collected(ids);
    this.firsts = classes.map(() => ref(ids.next(), INTEGER));
  }

  add(asked: AggregateCall): Product | null {
    const filters = this.split(asked.filter === null ? [] : conjunctsOf(asked.filter));
    const factors = this.split(asked.args.flatMap(asked.fn === 'count' ? (arg) => [arg] : factorsOf));
    if (filters === null || factors === null || !isExact(asked)) return null;
    const made = asked.distinct ? this.once(asked, factors, filters) : this.product(asked, factors, filters);
    return made !== null && this.isSmall(asked) ? { rest: narrow(made.rest), match: made.match.map(narrow) } : made;
  }

  private product({ fn }: AggregateCall, factors: Split, filters: Split): Product | null {
    if (!ADDS_UP.has(fn)) return null;
    const match = this.match.add(partOf(fn, factors.match, filters.match));
    return { rest: this.rest.add(partOf(fn, factors.rest, filters.rest)), match: [match] };
  }

  /** Each row of a stored table once: of `rest` beside one row of the match, of the match beside any row of `rest`. */
  private once({ fn }: AggregateCall, factors: Split, filters: Split): Product | null {
    const [own, ...others] = factors.rest;
    const [their, ...more] = factors.match;
    if (own !== undefined && their === undefined && others.length === 0 && filters.match.length === 0) {
      this.needsFirsts = true;
      return { rest: this.rest.add(eachOnce(fn, own, filters.rest, this.at.rest)), match: this.firsts };
    }
    if (their === undefined || own !== undefined || more.length > 0) return null;
    const some = filters.rest.length === 0 ? ONE : choose(isNotZero(this.rest.add(countStar(filters.rest))), ONE, ZERO);
    return { rest: some, match: [this.match.add(eachOnce(fn, their, filters.match, this.at.match))] };
  }

  private split(exprs: readonly Expr[]): Split | null {
    const sided = exprs.map(this.at.sided);
    const of = (side: Sided['side']) => sided.flatMap((one) => (one?.side === side ? [one.expr] : []));
    return sided.includes(null) ? null : { rest: of('rest'), match: of('match') };
  }
}
type Split = Readonly<Record<Sided['side'], readonly Expr[]>>;

const [ONE, ZERO] = [literal('1', INTEGER), literal('0', INTEGER)];
const ADDS_UP: ReadonlySet<string> = new Set(['count_star', 'count', 'sum', 'sum_abs']);

/** Digits after the point that a sum keeps (`sumType`). */
const SCALE_MAX = 9;
const isExact = ({ args }: AggregateCall): boolean =>
  args.every(({ type }) => type.kind !== 'double' && (type.kind !== 'decimal' || type.scale <= SCALE_MAX));

/** WHY: the engine multiplies and adds up 64 bits in a fraction of the time of 128. */
const narrow = (expr: Expr): Expr => (expr.type.kind === 'hugeint' ? cast(expr, INTEGER) : expr);

const factorsOf = (expr: Expr): readonly Expr[] =>
  expr.kind === 'call' && expr.fn === 'multiply' ? expr.args.flatMap(factorsOf) : [expr];

function partOf(fn: string, factors: readonly Expr[], filter: readonly Expr[]): AggregateCall {
  if (factors.length === 0) return countStar(filter);
  if (fn === 'count') return aggregateCall('count', { args: factors, type: INTEGER, filter });
  const arg = factors.reduce(productOf);
  return aggregateCall(fn, { args: [arg], type: sumType(arg.type), filter });
}

function eachOnce(fn: string, key: Expr, filter: readonly Expr[], side: Rel): AggregateCall {
  const distinct = key.kind !== 'column' || !standsOnce(side, key.id);
  if (fn === 'count' && !distinct) return countStar(filter);
  return aggregateCall(fn, { args: [key], type: fn === 'count' ? INTEGER : HUGEINT, distinct, filter });
}

// ── The sides, and what they make together ───────────────────────────────────────────────────────────────────────

function joined(
  { keys, classes, measures }: ClassGroups,
  sides: Sides,
  sided: readonly SidedKey[],
  made: readonly Product[],
  ids: IdSource,
): Rel {
  const keysOf = (side: Sided['side']) => sided.flatMap((one) => (one.side === side ? [one.key] : []));
  const { at } = sides;
  const own = at.pairs.map(([one]) => keyOf(ids, one, 'met'));
  const their = at.pairs.map(([, one]) => keyOf(ids, one, 'met'));
  const left = group(metRows(at), [...keysOf('rest'), ...own], sides.rest.measures);
  const right = withFirsts([...keysOf('match'), ...their], sides, ids);
  const both: Join = { kind: 'join', join: 'inner', left, right, on: equalKeys(refsOf(own), refsOf(their)) };

  const outer = new Collected(ids);
  const sums = made.map(({ rest, match }) => match.map((one) => outer.add(sumOf(productOf(rest, one)))));
  const outerKeys = keys.map(({ id, name }, key) => named(id, name, refOf(sided[key]!.key)));
  const outerClasses = classes.map(({ key }, one) => named(key.id, key.name, refOf(sides.classes[one]!.key)));
  const sets = outerClasses.map((_, one) => [...outerKeys.keys(), outerKeys.length + one]);
  const all = [...outerKeys, ...outerClasses];
  const grouped = { ...group(both, all, outer.measures), sets: sets.length > 1 ? sets : null };
  const values = measures.map(({ id, name, call: asked }, measure) =>
    named(id, name, asAsked(asked, ofItsClass(sums[measure]!, refsOf(outerClasses)))),
  );
  return {
    kind: 'project',
    input: grouped,
    columns: [...all.map((key) => named(key.id, key.name, refOf(key))), ...values],
  };
}
type Keys = readonly NamedExpr[];

const refOf = ({ id, expr }: NamedExpr): ColumnRef => ref(id, expr.type);
const sumOf = (arg: Expr): AggregateCall => aggregateCall('sum', { args: [arg], type: sumType(arg.type) });
const equalKeys = (own: readonly Expr[], their: readonly Expr[]): Expr =>
  and(own.map((one, at) => equals(one, their[at]!)));

/** Of `rest` the rows that meet any. WHY before they are grouped: what meets nothing need not be. */
function metRows({ rest, match, pairs }: AtMatch): Rel {
  const [own, their] = [pairs.map(([one]) => one), pairs.map(([, one]) => one)];
  return { kind: 'join', join: 'semi', left: rest, right: match, on: equalKeys(own, their) };
}

/** The match by what it meets by, its keys and the classes of its units, with the first of those that a class does not tell apart. */
function withFirsts(keys: Keys, { at, match, classes, firsts, needsFirsts }: Sides, ids: IdSource): Rel {
  const all = [...keys, ...classes.map(({ key }) => key)];
  const grouped = group(at.match, all, match.measures);
  if (!needsFirsts) return grouped;
  const orderBy = refsOf(all).map((expr) => ({ expr, descending: false, nullsFirst: false }));
  const places = classes.map(({ key }): NamedWindow => {
    const partitionBy = [...refsOf(keys), refOf(key)];
    const call = { fn: 'row_number', args: [], partitionBy, orderBy, frame: null, type: INTEGER, at: null };
    return { id: ids.next(), name: 'place', call };
  });
  const isFirst = places.map(({ id }, place) =>
    named(firsts[place]!.id, 'first', choose(equals(ref(id, INTEGER), ONE), ONE, ZERO)),
  );
  const passed = columnsOf(grouped).map((column) => named(column.id, column.name, refTo(column)));
  const windows: Window = { kind: 'window', input: grouped, columns: places };
  return { kind: 'project', input: windows, columns: [...passed, ...isFirst] };
}

/** Of sums for each class, that of the class by which a row is grouped: the others are NULL there. */
function ofItsClass(sums: readonly Expr[], classes: readonly ColumnRef[]): Expr {
  return sums.reduceRight((otherwise, sum, at) => choose(isNotNull(classes[at]!), sum, otherwise));
}

function asAsked({ fn, type }: AggregateCall, sum: Expr): Expr {
  const value = fn.startsWith('count') ? call('coalesce', [sum, literal('0', sum.type)], sum.type) : sum;
  return sameType(value.type, type) ? value : cast(value, type);
}
