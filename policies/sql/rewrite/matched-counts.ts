import type {
  Aggregate,
  AggregateCall,
  ColumnId,
  ColumnRef,
  Expr,
  Join,
  NamedAggregate,
  NamedExpr,
  Project,
  Rel,
} from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { neverNull } from '../plan-facts.ts';
import { columnsIn, conjunctsOf, exprsOf, relsWithin } from '../plan-walk.ts';
import { BOOLEAN, INTEGER } from '../sql-type.ts';
import {
  aggregateCall,
  and,
  asDouble,
  call,
  choose,
  divide,
  group,
  type IdSource,
  isNotNull,
  isNotZero,
  isNull,
  literal,
  named,
  namedAggregate,
  notDistinct,
  ref,
  sumType,
} from './build.ts';
import { equalSides, idsOf, meetsOnce } from './join-rules.ts';
import { isUnique } from './unique-rows.ts';

/**
 * Rows counted and summed by whether rows of several kinds of units match them: `WHERE pid IN (SELECT pid FROM job …)`, where a job is a firm's, too. A
 * row that is kept names no firm, and yet firms decide which are kept. So the match becomes the join that says the same, whose rows name both. Persons
 * are counted once each; where something else is counted or summed, the join is with one group for all that match alike (grouped-among.ts). What has no
 * match is all rows less those that have one: two releases.
 *
 * Guarantee: that of the join, and of the two questions asked one after the other. Limits: where either release is hidden, so is the difference.
 */
export interface MatchedCounts {
  readonly ids: IdSource;
  /** How many kinds of units the protected tables of a relation name, or columns of one of them. */
  readonly kindsIn: (rel: Rel) => number;
}

/** @returns null where nothing of the kind is counted, and where a measure is no such count */
export function matchedCounts(aggregate: Aggregate, by: MatchedCounts): Rel | null {
  if (aggregate.sets !== null) return null;
  const read = exprsOf(aggregate).flatMap(columnsIn);
  const found = existenceIn(aggregate.input, { read, conditions: [], by });
  if (found === null) return null;
  const calls = aggregate.measures.map((measure) => countOf(measure.call, found));
  if (calls.includes(null)) return ofEachOnce(aggregate, found, by.ids);
  const measures = aggregate.measures.map((measure, index) => ({ ...measure, call: calls[index]! }));
  const matched: Aggregate = { ...aggregate, input: found.matched, measures };
  const persons = aggregateCall('count', { args: [found.by], type: INTEGER, distinct: true });
  return found.without ? lessMatched({ ...aggregate, input: found.all }, matched, persons, by.ids) : matched;
}

// ── Where the match is ───────────────────────────────────────────────────────────────────────────────────────────

interface Existence {
  /** The column by which rows are matched. */
  readonly by: ColumnRef;
  /** Whether no two rows have the same value there. */
  readonly unique: boolean;
  /** Whether all rows of one value there have a match, or none. */
  readonly alike: boolean;
  /** The relation of all rows, and of rows beside their matches. */
  readonly all: Rel;
  readonly matched: Rel;
  /** Rows that have a match, each once: beside one group for all its matches (grouped-among.ts). null where more than equality matches. */
  readonly once: Rel | null;
  /** Rows without a match are asked for. */
  readonly without: boolean;
  /** The `x IS NULL` that asks for them after a LEFT JOIN. */
  readonly absent: Expr | null;
}
interface Above {
  /** Columns that are used above. */
  readonly read: readonly ColumnId[];
  /** What a filter just above demands. */
  readonly conditions: readonly Expr[];
  readonly by: MatchedCounts;
}

/** The match that a relation reads, through what keeps, names and computes with single rows. */
function existenceIn(rel: Rel, above: Above): Existence | null {
  switch (rel.kind) {
    case 'project': {
      const below = existenceIn(rel.input, { ...above, read: exprsOf(rel).flatMap(columnsIn), conditions: [] });
      return below && through(below, (input) => withColumn({ ...rel, input }, below.by));
    }
    case 'filter': {
      const conditions = conjunctsOf(rel.predicate);
      const below = existenceIn(rel.input, { ...above, conditions });
      if (below === null) return null;
      const rest = conditions.filter((one) => one !== below.absent);
      return through(below, (input) => (rest.length === 0 ? input : { ...rel, input, predicate: and(rest) }));
    }
    case 'join':
      return existenceInJoin(rel, above);
    default:
      return null;
  }
}

function existenceInJoin(rel: Join, above: Above): Existence | null {
  const own = matchOf(rel, above);
  if (own !== null) return own;
  if (rel.join === 'right' || rel.join === 'full') return null;
  const read = [...above.read, ...exprsOf(rel).flatMap(columnsIn)];
  const left = existenceIn(rel.left, { ...above, read });
  if (left === null) return null;
  const once = rel.join === 'semi' || rel.join === 'anti' || meetsOnce(rel, rel.right);
  return { ...through(left, (side) => ({ ...rel, left: side })), unique: left.unique && once };
}

/** A join that asks whether there is a match: IN, EXISTS, a list of distinct identifiers, and their negations. */
function matchOf(rel: Join, above: Above): Existence | null {
  const listed = rel.join === 'inner' && isListOfKeys(rel.right);
  const absent = rel.join === 'left' ? absenceOf(rel, above) : null;
  const without = rel.join === 'anti' || absent !== null;
  if (rel.join !== 'semi' && !listed && !without) return null;
  const tokens = equalSides(rel).filter(([own]) => own.type.kind === 'token');
  const [[by] = []] = tokens;
  if (by?.kind !== 'column' || unitsAmong(rel.right, tokens) >= above.by.kindsIn(rel.right)) return null;
  const right = listed ? everyRow(rel.right) : rel.right;
  return {
    ...{ by, without, absent, all: rel.left, matched: { ...rel, join: 'inner', right } },
    // A list of identifiers has one row each as it is.
    once: listed || unitsAmong(rel.right, tokens) < tokens.length ? null : onGroups(rel),
    unique: isUnique(rel.left, by.id),
    alike: rel.on !== null && conjunctsOf(rel.on).length === 1,
  };
}

/** How many of the identifiers that rows are matched by name units of the other side: an order number is nobody's. */
function unitsAmong(right: Rel, tokens: readonly (readonly [Expr, Expr])[]): number {
  const units = new Set(
    relsWithin(right).flatMap((part) =>
      part.kind === 'scan' ? part.columns.flatMap(({ id, unit }) => (unit === null ? [] : [id])) : [],
    ),
  );
  return tokens.filter(([, their]) => columnsIn(their).some((id) => units.has(storedId(right, id)))).length;
}

/** The match as a join with one row for all that match alike. */
function onGroups(rel: Join): Rel | null {
  const sides = equalSides(rel);
  if (rel.on === null || sides.length !== conjunctsOf(rel.on).length) return null;
  const theirs = sides.map(([, their]) => their);
  if (!theirs.every((their) => their.kind === 'column')) return null;
  const keys = [...new Map(theirs.map((key) => [key.id, key])).values()].map((key) => named(key.id, 'key', key));
  return { ...rel, join: 'inner', right: group(rel.right, keys, []) };
}

const through = (below: Existence, made: (input: Rel) => Rel): Existence => ({
  ...below,
  all: made(below.all),
  matched: made(below.matched),
  once: below.once && made(below.once),
});

/** The same, with a column of its input besides. */
function withColumn(rel: Project, column: ColumnRef): Project {
  if (rel.columns.some(({ id }) => id === column.id)) return rel;
  return { ...rel, columns: [...rel.columns, named(column.id, 'key', column)] };
}

/** `SELECT DISTINCT id`, by whatever name. */
function isListOfKeys(rel: Rel): boolean {
  if (rel.kind === 'project') return isListOfKeys(rel.input) && rel.columns.every(({ expr }) => expr.kind === 'column');
  return rel.kind === 'aggregate' && rel.sets === null && rel.measures.length === 0 && rel.keys.length === 1;
}

function everyRow(rel: Rel): Rel {
  if (rel.kind === 'project') return { ...rel, input: everyRow(rel.input) };
  return rel.kind === 'aggregate' ? { kind: 'project', input: rel.input, columns: rel.keys } : rel;
}

/** The condition that keeps only rows without a match: of a column that every match has, where nothing else reads the other side. */
function absenceOf({ right }: Join, { read, conditions }: Above): Expr | null {
  const theirs = idsOf(right);
  const isAbsence = (one: Expr) => {
    const tested = one.kind === 'call' && one.fn === 'is_null' ? one.args[0] : undefined;
    return tested?.kind === 'column' && theirs.has(tested.id) && neverNull(right, tested);
  };
  const found = conditions.find(isAbsence) ?? null;
  const others = [...read, ...conditions.filter((one) => one !== found).flatMap(columnsIn)];
  return others.some((id) => theirs.has(id)) ? null : found;
}

// ── What is counted ──────────────────────────────────────────────────────────────────────────────────────────────

/** The measure as a number of different identifiers; null where it is none. */
function countOf(made: AggregateCall, { matched, by, unique, alike, without }: Existence): AggregateCall | null {
  const [arg] = made.args;
  if (made.fn === 'count' && made.distinct) {
    const isOwn = arg?.kind === 'column' && storedId(matched, arg.id) === storedId(matched, by.id);
    return !without || (isOwn && (unique || alike)) ? made : null;
  }
  if (!unique || made.distinct) return null;
  const filter = made.filter === null ? [] : [made.filter];
  const counted = (where: readonly Expr[]) =>
    aggregateCall('count', { args: [by], type: made.type, distinct: true, filter: where });
  switch (made.fn) {
    case 'count_star':
      return counted(filter);
    case 'count':
      return counted(arg === undefined ? filter : [...filter, isNotNull(arg)]);
    case 'count_if':
      return counted([...filter, arg!]);
    default:
      return null;
  }
}

// ── What is summed ───────────────────────────────────────────────────────────────────────────────────────────────

/** The same of rows that are there once each; null where it does not add up. */
function ofEachOnce(aggregate: Aggregate, { once, all, without, alike }: Existence, ids: IdSource): Rel | null {
  if (once === null) return null;
  if (!without) return { ...aggregate, input: once };
  if (!alike || aggregate.measures.some(({ call: made }) => made.distinct || !ADDS_UP.has(made.fn))) return null;
  const parts = aggregate.measures.map((measure) => partsOf(measure, ids));
  const total: Aggregate = { ...aggregate, input: all, measures: parts.flatMap(({ measures }) => measures) };
  const rows = aggregateCall('count_star', { args: [], type: INTEGER });
  const left = lessMatched(total, { ...total, input: once }, rows, ids);
  const columns = [
    ...aggregate.keys.map(({ id, name, expr }) => named(id, name, ref(id, expr.type))),
    ...parts.map(({ id, name, value }) => named(id, name, value)),
  ];
  return { kind: 'project', input: left, columns };
}

const ADDS_UP: ReadonlySet<string> = new Set(['count_star', 'count', 'count_if', 'sum', 'avg']);

/** A measure by sums of which differences are those of the rows between. Of no values there is no sum, but the difference of two is 0. */
function partsOf({ id, name, call: made }: NamedAggregate, ids: IdSource) {
  const [arg] = made.args;
  if (arg === undefined || !SUMS.has(made.fn))
    return { id, name, measures: [{ id, name, call: made }], value: ref(id, made.type) };
  const sum = namedAggregate(ids.next(), 'sum', { ...made, fn: 'sum', type: sumType(arg.type) });
  const values = namedAggregate(ids.next(), 'values', { ...made, fn: 'count', type: INTEGER });
  const [top, bottom] = [ref(sum.id, sum.call.type), ref(values.id, INTEGER)];
  const value = made.fn === 'sum' ? top : divide(asDouble(top), asDouble(bottom));
  const shown = choose(isNotZero(bottom), value, literal(null, value.type));
  return { id, name, measures: [sum, values], value: shown };
}

const SUMS: ReadonlySet<string> = new Set(['sum', 'avg']);

/** The column that a column repeats, through projections and as a key of groups. */
function storedId(rel: Rel, id: ColumnId): ColumnId {
  for (const part of relsWithin(rel)) {
    if (part.kind !== 'project' && part.kind !== 'aggregate') continue;
    const named: readonly NamedExpr[] = part.kind === 'project' ? part.columns : part.keys;
    const made = named.find((column) => column.id === id)?.expr;
    if (made?.kind === 'column' && made.id !== id) return storedId(part.input, made.id);
  }
  return id;
}

/** The groups of all rows, each number less that of the rows that have a match; without groups in which nobody, by `counted`, is left. */
function lessMatched(all: Aggregate, matched: Aggregate, counted: AggregateCall, ids: IdSource): Rel {
  const rows = namedAggregate(ids.next(), 'rows', counted);
  const total: Aggregate = { ...all, measures: [...all.measures, rows] };
  const twins = new Map(columnsOf(total).map(({ id }) => [id, ids.next()]));
  const twin = (id: ColumnId): ColumnId => twins.get(id)!;
  const less: Aggregate = {
    ...matched,
    keys: matched.keys.map((key) => ({ ...key, id: twin(key.id) })),
    measures: [...matched.measures, rows].map((measure) => ({ ...measure, id: twin(measure.id) })),
  };
  const same = all.keys.map(({ id, expr }) => notDistinct(ref(id, expr.type), ref(twin(id), expr.type)));
  const left = ({ id, call: { type } }: NamedAggregate) => call('subtract', [ref(id, type), ref(twin(id), type)], type);
  const columns = [
    ...all.keys.map(({ id, name, expr }) => named(id, name, ref(id, expr.type))),
    ...all.measures.map((measure) => named(measure.id, measure.name, left(measure))),
  ];
  const join = same.length === 0 ? 'cross' : 'left';
  const both: Join = { kind: 'join', join, left: total, right: less, on: same.length === 0 ? null : and(same) };
  if (same.length === 0) return { kind: 'project', input: both, columns };
  // What is hidden may be somebody.
  const someone = call('or', [isNull(left(rows)), isNotZero(left(rows))], BOOLEAN);
  return { kind: 'project', input: { kind: 'filter', input: both, predicate: someone }, columns };
}
