import type { Mode } from '../../levels.ts';
import type {
  Aggregate,
  AggregateCall,
  ColumnId,
  Expr,
  Filter,
  Join,
  NamedAggregate,
  NamedExpr,
  Rel,
} from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { neverNull } from '../plan-facts.ts';
import { columnsIn, conjunctsOf, exprsOf, relsWithin } from '../plan-walk.ts';
import { BOOLEAN, INTEGER, type SqlType } from '../sql-type.ts';
import {
  aggregateCall,
  and,
  asDouble,
  call,
  choose,
  divide,
  type IdSource,
  isNotZero,
  isNull,
  literal,
  named,
  namedAggregate,
  notDistinct,
  ref,
  sumType,
} from './build.ts';
import { idsOf } from './join-rules.ts';

/**
 * Groups of rows without a match, where what would match is of several kinds of units: `WHERE NOT EXISTS (SELECT 1 FROM job …)`. The rows
 * that are left name no firm, and yet every firm decides which they are. So their groups are those of all rows less those of the rows that
 * have a match: two releases, each protected on its own, with firms as units of the second.
 *
 * Guarantee: that of the two questions asked one after the other. Limits: where either is hidden, so is the difference.
 * @returns null where there is no such join, where a measure is no difference, and in modes that bound shares by declaration
 */
export function lessMatched(aggregate: Aggregate, mode: Mode, ids: IdSource): Rel | null {
  if ((mode !== 'aggregate' && mode !== 'perturbed') || aggregate.sets !== null) return null;
  const found = unmatchedIn(aggregate.input, exprsOf(aggregate).flatMap(columnsIn), []);
  if (found === null || kindsIn(found.anti.right) < 2) return null;
  const split = splitMeasures(aggregate, found.anti, ids);
  if (split === null) return null;
  const all: Aggregate = { ...aggregate, input: found.all, measures: split.measures };
  const twins = new Map(columnsOf(all).map(({ id }) => [id, ids.next()]));
  const twin = (id: ColumnId): ColumnId => twins.get(id)!;
  const matched: Aggregate = {
    ...all,
    input: found.matched,
    keys: all.keys.map((key) => ({ ...key, id: twin(key.id) })),
    measures: all.measures.map((measure) => ({ ...measure, id: twin(measure.id) })),
  };
  const same = all.keys.map(({ id, expr }) => notDistinct(ref(id, expr.type), ref(twin(id), expr.type)));
  const on = same.length === 0 ? null : and(same);
  const both: Join = { kind: 'join', join: on === null ? 'cross' : 'left', left: all, right: matched, on };
  const less: Difference = (id, type) => call('subtract', [ref(id, type), ref(twin(id), type)], type);
  const rows = less(split.rows, INTEGER);
  // A group in which nothing is left is none; what is hidden may be one.
  const kept: Filter = { kind: 'filter', input: both, predicate: call('or', [isNull(rows), isNotZero(rows)], BOOLEAN) };
  return {
    kind: 'project',
    input: on === null ? both : kept,
    columns: [
      ...all.keys.map(({ id, name, expr }): NamedExpr => named(id, name, ref(id, expr.type))),
      ...split.values.map(({ id, name, value }) => named(id, name, value(less))),
    ],
  };
}

/** What a measure of all rows is less that of the rows that have a match. */
type Difference = (measure: ColumnId, type: SqlType) => Expr;

interface Unmatched {
  readonly anti: Join;
  /** The relation without the anti join, and with the rows that it leaves out instead. */
  readonly all: Rel;
  readonly matched: Rel;
  /** The `x IS NULL` that made an anti join of a LEFT JOIN. */
  readonly absent: Expr | null;
}

/** The anti join that a relation reads, through what keeps, names and computes with single rows. `read`: columns used above. */
function unmatchedIn(rel: Rel, read: readonly ColumnId[], absent: readonly Expr[]): Unmatched | null {
  switch (rel.kind) {
    case 'project': {
      const below = unmatchedIn(rel.input, exprsOf(rel).flatMap(columnsIn), []);
      return below && through(below, (input) => ({ ...rel, input }));
    }
    case 'filter': {
      const conditions = conjunctsOf(rel.predicate);
      const below = unmatchedIn(rel.input, read, conditions);
      if (below === null) return null;
      const rest = conditions.filter((one) => one !== below.absent);
      return through(below, (input) => (rest.length === 0 ? input : { ...rel, input, predicate: and(rest) }));
    }
    case 'join':
      return unmatchedInJoin(rel, read, absent);
    default:
      return null;
  }
}

function unmatchedInJoin(rel: Join, read: readonly ColumnId[], absent: readonly Expr[]): Unmatched | null {
  const matched: Join = { ...rel, join: 'semi' };
  if (rel.join === 'anti') return { anti: rel, all: rel.left, matched, absent: null };
  const test = rel.join === 'left' ? absenceOf(rel, read, absent) : null;
  if (test !== null) return { anti: { ...rel, join: 'anti' }, all: rel.left, matched, absent: test };
  const within = [...read, ...exprsOf(rel).flatMap(columnsIn)];
  const left = rel.join === 'right' || rel.join === 'full' ? null : unmatchedIn(rel.left, within, absent);
  if (left !== null) return through(left, (side) => ({ ...rel, left: side }));
  const right = rel.join === 'inner' || rel.join === 'cross' ? unmatchedIn(rel.right, within, absent) : null;
  return right && through(right, (side) => ({ ...rel, right: side }));
}

/** The condition that keeps only rows without a match: of a column that every match has, where nothing else reads the other side. */
function absenceOf({ right }: Join, read: readonly ColumnId[], conditions: readonly Expr[]): Expr | null {
  const theirs = idsOf(right);
  const isAbsence = (one: Expr) => {
    const tested = one.kind === 'call' && one.fn === 'is_null' ? one.args[0] : undefined;
    return tested?.kind === 'column' && theirs.has(tested.id) && neverNull(right, tested);
  };
  const found = conditions.find(isAbsence) ?? null;
  const others = [...read, ...conditions.filter((one) => one !== found).flatMap(columnsIn)];
  return others.some((id) => theirs.has(id)) ? null : found;
}

const through = (below: Unmatched, made: (input: Rel) => Rel): Unmatched => ({
  ...below,
  all: made(below.all),
  matched: made(below.matched),
});

function kindsIn(rel: Rel): number {
  const kinds = relsWithin(rel).flatMap((part) =>
    part.kind === 'scan' && part.source.kind === 'table' ? part.columns.flatMap(({ unit }) => unit ?? []) : [],
  );
  return new Set(kinds).size;
}

interface Split {
  /** What is asked of all rows and of those that have a match. */
  readonly measures: readonly NamedAggregate[];
  readonly rows: ColumnId;
  readonly values: readonly {
    readonly id: ColumnId;
    readonly name: string;
    readonly value: (less: Difference) => Expr;
  }[];
}

/** Numbers, sums and means as differences; null where a measure is none. */
function splitMeasures({ measures: asked, input }: Aggregate, anti: Join, ids: IdSource): Split | null {
  const measures: NamedAggregate[] = [];
  const ask = (fn: string, from: Pick<AggregateCall, 'args' | 'distinct' | 'filter'>, type: SqlType): ColumnId => {
    const id = ids.next();
    const filter = from.filter === null ? [] : [from.filter];
    measures.push(
      namedAggregate(id, fn, aggregateCall(fn, { args: from.args, type, distinct: from.distinct, filter })),
    );
    return id;
  };
  const partOf = ({ call: made }: NamedAggregate): ((less: Difference) => Expr) | null => {
    const { fn, type, args } = made;
    if (made.distinct && !(fn === 'count' && isMatchedBy(args[0]!, input, anti))) return null;
    if (COUNTS.has(fn)) {
      const id = ask(fn, made, type);
      return (less) => less(id, type);
    }
    if (fn !== 'sum' && fn !== 'avg') return null;
    const summed = fn === 'sum' ? type : sumType(args[0]!.type);
    const [sum, count] = [ask('sum', made, summed), ask('count', made, INTEGER)];
    return (less) => {
      const [total, number] = [less(sum, summed), less(count, INTEGER)];
      const value = fn === 'sum' ? total : divide(asDouble(total), asDouble(number));
      return choose(isNotZero(number), value, literal(null, type));
    };
  };
  const rows = ask('count_star', { args: [], distinct: false, filter: null }, INTEGER);
  const values: Split['values'][number][] = [];
  for (const measure of asked) {
    const value = partOf(measure);
    if (value === null) return null;
    values.push({ id: measure.id, name: measure.name, value });
  }
  return { measures, rows, values };
}

const COUNTS: ReadonlySet<string> = new Set(['count_star', 'count', 'count_if']);

/** Whether rows with one value of a column all have a match or none: what the join is by, and nothing besides. */
function isMatchedBy(expr: Expr, input: Rel, { on, right }: Join): boolean {
  if (expr.kind !== 'column' || on === null || on.kind !== 'call' || on.fn !== 'eq') return false;
  const [own] = on.args.filter((side) => side.kind === 'column' && !idsOf(right).has(side.id));
  return own !== undefined && own.kind === 'column' && storedId(input, expr.id) === own.id;
}

/** The column that a column repeats, through projections. */
function storedId(rel: Rel, id: ColumnId): ColumnId {
  for (const part of relsWithin(rel)) {
    if (part.kind !== 'project') continue;
    const made = part.columns.find((column) => column.id === id)?.expr;
    if (made?.kind === 'column' && made.id !== id) return storedId(part.input, made.id);
  }
  return id;
}
