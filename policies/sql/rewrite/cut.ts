import { type AppError, assert, placeOf } from '../../errors.ts';
import type { Mode, PolicyProfile } from '../../levels.ts';
import { perturbedLeast } from '../../mechanisms/cell-key/perturbation-parameters.ts';
import { ROW_KEY_COLUMN } from '../../table-schema.ts';
import { misuse } from '../decide/identifiers.ts';
import type { Decision } from '../decide.ts';
import type {
  Aggregate,
  ColumnId,
  Expr,
  Filter,
  Join,
  NamedExpr,
  OutputColumn,
  Project,
  Rel,
  Scan,
  SetOperation,
} from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { columnsIn, columnsRead, exprsOf, relsWithin } from '../plan-walk.ts';
import type { ResolvedQuery } from '../resolve.ts';
import type { Boundary } from '../rewrite.ts';
import { INTEGER } from '../sql-type.ts';
import { sameType } from '../type-rules.ts';
import { unknownWhereAbsent } from './absent-groups.ts';
import { conditionsApart } from './apart.ts';
import { cast, group, idsAbove, named, namedAggregate, ref, refTo, scanReleased } from './build.ts';
import { canonicalText } from './canonical.ts';
import { buildCells, type CellsSpec } from './cells.ts';
import { checkComparisons } from './coarse.ts';
import { cutWhere } from './cut-joins.ts';
import { type Cutter, KnownBoundary, type Piece, releasedSide, releaseRows, sideOf } from './cutter.ts';
import { decidingColumns } from './deciding-columns.ts';
import { publicDomain } from './domain.ts';
import { equalIdentifiers } from './equal-identifiers.ts';
import { countStar } from './exact-cells.ts';
import { firstGroups } from './first-groups.ts';
import { flagMaxima } from './flag-maximum.ts';
import type { Given } from './given.ts';
import { groupedAmong } from './grouped-among.ts';
import { groupedBySets, isGrouping } from './grouping-sets.ts';
import { joinRaw } from './join-raw.ts';
import { checkUnion } from './join-rules.ts';
import { lookThrough } from './look-through.ts';
import { matchedCounts } from './matched-counts.ts';
import { checkUnitValue, measureOf } from './measures.ts';
import { boundedBelow, withinOwnGroups } from './nested.ts';
import { limitRaw, perUnitRaw, projectRaw, windowRaw } from './over-raw.ts';
import { buildPrivateCells } from './private-cells.ts';
import { privateSpec } from './private-spec.ts';
import { prunedUnions } from './pruned-unions.ts';
import { checkValues } from './public-side.ts';
import { leavesTiedTo, namesOfUnit, type Raw, rawScan, rootOf, type UnitColumn } from './raw.ts';
import { constructRefused, rowsRefused, unitMissing } from './refusals.ts';
import { buildSealedCells } from './sealed-cells.ts';
import { hiddenColumn, sealedScan } from './sealed-scan.ts';
import { sealedSpec } from './sealed-spec.ts';
import { matchOf, unionRaw } from './set-operations.ts';
import { withoutStandIns } from './shown-values.ts';
import { type SplitSums, splitSums } from './split-sums.ts';
import { termsOf } from './term-specs.ts';
import { groupedBySide } from './union-apart.ts';

/** Walks the plan from its tables upwards and puts a boundary wherever protected rows become groups. */
export function cutPlan(
  resolved: ResolvedQuery,
  decision: Decision,
  profile: PolicyProfile,
): { readonly boundaries: readonly Boundary[]; readonly givens: readonly Given[]; readonly finish: Rel } {
  const { text } = resolved;
  const plan = equalIdentifiers(prunedUnions(resolved.plan));
  const cutter: Cutter = {
    text,
    decision,
    profile,
    needed: columnsRead(plan),
    decides: decidingColumns(plan),
    ids: idsAbove(plan),
    boundaries: [],
    givens: [],
    knownGivens: new Map(),
    known: [],
    firsts: new Map(),
    leaves: 0,
    cut: (rel) => cut(rel, cutter),
  };
  const piece = cut(plan, cutter);
  if (piece.state === 'raw') throw rowsRefused(resolved, decision, profile);
  const finish = piece.state === 'released' ? piece.rel : releaseRows(piece.rel, profile.rowsMax, true, cutter);
  const shown = (rel: Rel) => withoutStandIns(rel, cutter.boundaries);
  const givens = cutter.givens.map((given) => ({ ...given, rel: shown(given.rel) }));
  return { boundaries: cutter.boundaries, givens, finish: shown(finish) };
}

function cut(rel: Rel, cutter: Cutter): Piece {
  switch (rel.kind) {
    case 'scan':
      return cutScan(rel, cutter);
    case 'values':
      return { state: 'open', rel };
    case 'join':
    case 'filter':
      return cutWhere(rel, [], cutter);
    case 'set-operation':
      return cutSetOperation(rel, cutter);
    case 'project':
    case 'aggregate':
    case 'window':
    case 'sort':
    case 'limit':
      return cutOver(rel, cutter);
  }
}

function cutOver(rel: Exclude<Rel, Scan | Filter | Join | SetOperation | { kind: 'values' }>, cutter: Cutter): Piece {
  const other = rel.kind === 'aggregate' ? (groupedBySide(rel, cutter.ids) ?? countedByMatch(rel, cutter)) : null;
  if (other !== null) return cut(other, cutter);
  const first = rel.kind === 'project' && cutter.decision.mode === 'dp' ? firstGroups(rel) : null;
  if (first !== null) cutter.firsts.set(first.aggregate, first.count);
  const input = cut(rel.input, cutter);
  if (input.state === 'raw') return cutOverRaw(rel, input, cutter);
  if (input.state === 'released' && rel.kind === 'project') {
    const columns = rel.columns.map((column) => ({
      ...column,
      expr: unknownWhereAbsent(column.expr, input.rel, cutter),
    }));
    return { state: 'released', rel: { ...rel, input: input.rel, columns } };
  }
  return { state: input.state, rel: { ...rel, input: input.rel } };
}

function countedByMatch(aggregate: Aggregate, cutter: Cutter): Rel | null {
  if (cutter.decision.mode === 'homomorphic') return null;
  const named = (rel: Rel) => relsWithin(rel).map((part) => unitsNamed(part, cutter));
  // A ride is a rider's and a driver's, of one kind.
  const kindsIn = (rel: Rel) => Math.max(new Set(named(rel).flat()).size, ...named(rel).map(({ length }) => length));
  return matchedCounts(aggregate, { ids: cutter.ids, kindsIn });
}

const unitsNamed = (rel: Rel, cutter: Cutter) =>
  rel.kind === 'scan' && isProtected(rel, cutter) ? rel.columns.flatMap(({ unit }) => unit ?? []) : [];

/** A table is protected when its rows or any column that the query reads are. */
function isProtected({ source, columns }: Scan, { profile, needed }: Cutter): boolean {
  const read = columns.filter(({ id }) => needed.has(id));
  const levels = [...(source.kind === 'table' ? [source.level] : []), ...read.map(({ level }) => level)];
  return levels.some((level) => profile.modeOf[level] !== 'rows');
}

function cutScan(scan: Scan, cutter: Cutter): Piece {
  const { needed } = cutter;
  if (!isProtected(scan, cutter)) {
    return { state: 'open', rel: { ...scan, columns: scan.columns.filter(({ id }) => needed.has(id)) } };
  }
  cutter.leaves += 1;
  const rowKey = cutter.ids.next();
  const raw = rawScan(scan, cutter.leaves, rowKey, isPrivate(cutter.decision.mode) ? 'declared' : 'measured');
  const kept = scan.columns.filter(({ id, unit }) => needed.has(id) || unit !== null);
  const { sealed, columns } =
    cutter.decision.mode === 'homomorphic' ? sealedScan(scan, kept, cutter.ids) : NOTHING_SEALED;
  const hidden = [hiddenColumn(rowKey, ROW_KEY_COLUMN, INTEGER), ...columns];
  return { ...raw, sealed, rel: { ...scan, columns: [...kept, ...hidden] } };
}

const NOTHING_SEALED = { sealed: null, columns: [] } as const;

/** In these modes what one unit changes is bounded by declaration, and paid for. */
const isPrivate = (mode: Mode): boolean => mode === 'dp' || mode === 'homomorphic';

function cutOverRaw(
  rel: Exclude<Rel, Scan | Filter | Join | SetOperation | { kind: 'values' }>,
  input: Raw,
  cutter: Cutter,
): Piece {
  checkComparisons(exprsOf(rel), input, cutter.text);
  switch (rel.kind) {
    case 'project':
      return projectRaw(rel, input, cutter.ids);
    case 'aggregate':
      return aggregateRaw(rel, input, cutter);
    case 'window':
      return windowRaw(rel, input, cutter.text);
    case 'sort':
      // Nothing above the boundary sees the order of rows, unless a LIMIT uses it: see `limitRaw`.
      return input;
    case 'limit':
      return limitRaw(rel, input);
  }
}

// ── Joins and set operations ─────────────────────────────────────────────────────────────────────────────────────

function cutSetOperation(operation: SetOperation, cutter: Cutter): Piece {
  const left = cut(operation.left, cutter);
  const right = cut(operation.right, cutter);
  if (left.state === 'open' && right.state === 'open')
    return { state: 'open', rel: { ...operation, left: left.rel, right: right.rel } };
  if (left.state === 'released' || right.state === 'released') {
    return {
      state: 'released',
      rel: {
        ...operation,
        left: releasedSide(left, operation.at, cutter),
        right: releasedSide(right, operation.at, cutter),
      },
    };
  }
  const at = placeOf(cutter.text, operation.at ?? null);
  const [a, b] = [sideOf(left), sideOf(right)];
  if (operation.op !== 'union') {
    const kept = joinRaw(matchOf(operation, a, b, at), a, b, cutter.text);
    return distinctRows(operation, columnsOf(left.rel), kept, cutter);
  }
  checkUnion(a, b, at);
  if (a.weights.length + b.weights.length > 0)
    throw constructRefused(
      'UNION of groups that belong to several kinds of units',
      'each side in a query of its own',
      at,
    );
  if (operation.all) return unionRaw(operation, a, b, cutter.ids);
  const columns = operation.columns.map((column) => ({ ...column, id: cutter.ids.next() }));
  return distinctRows(operation, columns, unionRaw({ ...operation, columns }, a, b, cutter.ids), cutter);
}

/** Equal rows once, under the columns of the set operation that they are the result of. */
function distinctRows(operation: SetOperation, from: readonly OutputColumn[], all: Raw, cutter: Cutter): Piece {
  const keys = operation.columns.map(({ name }, position) => named(cutter.ids.next(), name, refTo(from[position]!)));
  const distinct = aggregateRaw({ ...group(all.rel, keys, []), at: operation.at }, all, cutter);
  const renamed = operation.columns.map((column, position) =>
    named(column.id, column.name, ref(keys[position]!.id, column.type)),
  );
  const project: Project = { kind: 'project', input: distinct.rel, columns: renamed };
  return distinct.state === 'raw' ? projectRaw(project, distinct, cutter.ids) : { state: distinct.state, rel: project };
}

// ── Boundaries ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Grouping by every unit keeps each row one unit's own; anything else makes cells of many units, which are released. */
function aggregateRaw(aggregate: Aggregate, input: Raw, cutter: Cutter): Piece {
  if (input.blocked !== null) throw blockedBy(input.blocked, cutter);
  const keyOfUnit = input.units.map((unit) => aggregate.keys.find(({ expr }) => repeats(expr, unit, input)));
  const perUnit = aggregate.sets === null && keyOfUnit.every((key) => key !== undefined);
  const waiting = perUnit ? tiedByKeys(aggregate, input) : new Set();
  const missing = [...input.leaves].find(([leaf, { covered }]) => !covered && !waiting.has(leaf));
  if (missing !== undefined) throw unitMissing(missing[1], cutter.text);
  if (perUnit || isAmong(aggregate, keyOfUnit, cutter)) {
    const split = splitSums(aggregate, { through: lookThrough(input), ids: cutter.ids, text: cutter.text });
    if (split !== null) return ofSplitSums(split, input, cutter);
  }
  if (perUnit) return groupedRaw(aggregate, keyOfUnit, input, cutter);
  if (isNested(aggregate, keyOfUnit, cutter)) return nestedRaw(aggregate, keyOfUnit, input, cutter);
  if (isAmong(aggregate, keyOfUnit, cutter)) return groupedAmong(aggregate, keyOfUnit, input, cutter);
  const token = aggregate.keys.find(({ expr }) => expr.type.kind === 'token');
  if (token !== undefined) throw identifierKey(token, input, keyOfUnit, cutter);
  const release = (one: Aggregate) => releaseCells(one, input, cutter);
  const bySets = aggregate.sets !== null || aggregate.measures.some(isGrouping);
  return { state: 'released', rel: bySets ? groupedBySets(aggregate, cutter.ids, release) : release(aggregate) };
}

function ofSplitSums({ aggregate, columns, of }: SplitSums, input: Raw, cutter: Cutter): Piece {
  const decides = (id: ColumnId) => cutter.decides(of.get(id) ?? id);
  const below = aggregateRaw(aggregate, input, { ...cutter, decides });
  assert(below.state === 'raw', 'what is grouped per unit stays raw');
  return projectRaw({ kind: 'project', input: below.rel, columns }, below, cutter.ids);
}

function groupedRaw(aggregate: Aggregate, keys: readonly (NamedExpr | undefined)[], input: Raw, cutter: Cutter): Raw {
  const through = lookThrough(input);
  for (const { call } of aggregate.measures) {
    checkValues(call, input, through, cutter.text);
    checkUnitValue({ fn: call.fn, args: call.args.map(through.expand) }, placeOf(cutter.text, call.at));
  }
  return perUnitRaw(aggregate, input, keys, cutter.ids, cutter.text);
}

/** Rows of several kinds of units, grouped by some of them: bounded here, mode `dp` counts what of the groups others have a part in. */
const isNested = ({ sets }: Aggregate, keys: readonly (NamedExpr | undefined)[], cutter: Cutter): boolean =>
  cutter.decision.mode === 'dp' && sets === null && keys.some((key) => key !== undefined);

/** The same where thresholds protect. */
const isAmong = ({ sets }: Aggregate, keys: readonly (NamedExpr | undefined)[], { decision }: Cutter): boolean =>
  (decision.mode === 'aggregate' || decision.mode === 'perturbed') &&
  sets === null &&
  keys.some((key) => key !== undefined);

function nestedRaw(aggregate: Aggregate, keys: readonly (NamedExpr | undefined)[], input: Raw, cutter: Cutter): Raw {
  const open = input.units.filter(({ rowsMax }) => rowsMax === null);
  const { profile, ids, text } = cutter;
  const bounded = boundedBelow(input, profile.privacy, placeOf(text, aggregate.at ?? null), ids);
  return groupedRaw(aggregate, keys, withinOwnGroups(bounded, open, aggregate.keys), cutter);
}

/** A grouping by identifiers that does not name every unit: which are missing, or that it is none of a unit's. */
function identifierKey(
  key: NamedExpr,
  input: Raw,
  named: readonly (NamedExpr | undefined)[],
  { text }: Cutter,
): AppError {
  const place = placeOf(text, key.expr.at);
  const stored = (id: ColumnId) => namesOfUnit(input, id)[0];
  const [name = key.name] = columnsIn(key.expr).flatMap((id) => stored(id) ?? []);
  const missing = input.units.flatMap(({ id }, unit) => (named[unit] === undefined ? (stored(id) ?? []) : []));
  if (named.every((one) => one === undefined) || missing.length === 0) return misuse('group key', [], name, place);
  const accepted = `GROUP BY ${[name, ...missing].join(', ')}; or a join and count(DISTINCT ${name})`;
  return constructRefused('GROUP BY of one identifier of rows that have several', accepted, place);
}

/** The tables whose rows a group key identifies: grouped by order, they are whosever the order is found to be later. */
function tiedByKeys(aggregate: Aggregate, input: Raw): ReadonlySet<number> {
  const tokens = aggregate.keys.flatMap(({ expr }) => {
    const leaf = expr.kind === 'column' ? input.tokenLeaf.get(rootOf(input.alias, expr.id)) : undefined;
    return leaf === undefined ? [] : [leaf];
  });
  return leavesTiedTo(tokens, input);
}

function blockedBy({ construct, accepted, at }: NonNullable<Raw['blocked']>, { text }: Cutter): AppError {
  return constructRefused(construct, accepted, placeOf(text, at));
}

function repeats(expr: Expr, unit: UnitColumn, input: Raw): boolean {
  return expr.kind === 'column' && rootOf(input.alias, expr.id) === rootOf(input.alias, unit.id);
}

function releaseCells(asked: Aggregate, raw: Raw, cutter: Cutter): Rel {
  const flags = isPrivate(cutter.decision.mode) ? null : flagMaxima(asked, cutter.ids);
  if (flags !== null) return flags.above(releaseCells(flags.aggregate, raw, cutter));
  const aggregate = withAColumn(asked, cutter);
  const index = boundaryFor(aggregate, raw, cutter);
  const boundary = cutter.boundaries[index]!;
  const columns = boundary.released.map((column): OutputColumn => ({ ...column, id: cutter.ids.next() }));
  const values = columns.slice(aggregate.keys.length);
  const keys = aggregate.keys.map(({ id, name }, position) => named(id, name, refTo(columns[position]!)));
  const measures = aggregate.measures.map(({ id, name, call: { type } }, position) => {
    const value = refTo(values[position]!);
    return named(id, name, sameType(value.type, type) ? value : cast(value, type));
  });
  return { kind: 'project', input: scanReleased(index, columns), columns: [...keys, ...measures] };
}

/** What only its number of rows is asked of is a table all the same, and a table has a column. */
function withAColumn(aggregate: Aggregate, { ids }: Cutter): Aggregate {
  if (aggregate.keys.length + aggregate.measures.length > 0) return aggregate;
  return { ...aggregate, measures: [namedAggregate(ids.next(), 'rows', countStar([]))] };
}

/** The same aggregation twice is one release. Different ones over the same rows are compared with each other when they leave. */
function boundaryFor(aggregate: Aggregate, raw: Raw, cutter: Cutter): number {
  const groups = cutter.firsts.get(aggregate) ?? 'all';
  const asked = new KnownBoundary(
    cutter.boundaries.length,
    () => `${canonicalText({ ...aggregate, input: raw.rel })} ${groups}`,
  );
  const known = cutter.known.find(({ text }) => text === asked.text);
  if (known !== undefined) return known.index;
  cutter.boundaries.push(boundaryOf(aggregate, raw, cutter));
  cutter.known.push(asked);
  return asked.index;
}

function boundaryOf(aggregate: Aggregate, raw: Raw, cutter: Cutter): Boundary {
  switch (cutter.decision.mode) {
    case 'homomorphic':
      return buildSealedCells(sealedSpec(aggregate, raw, cutter), cutter.ids);
    case 'dp':
      return buildPrivateCells(privateSpec(aggregate, raw, cutter), cutter.ids);
    default:
      return buildCells(cellsSpec(aggregate, raw, cutter), cutter.ids);
  }
}

function cellsSpec(aggregate: Aggregate, raw: Raw, cutter: Cutter): CellsSpec {
  const { profile, decision, ids, text } = cutter;
  const through = lookThrough(raw);
  const measures = aggregate.measures.map(({ call }) => {
    checkValues(call, raw, through, text);
    const args = call.args.map(through.expand);
    const filter = call.filter === null ? null : through.expand(call.filter);
    return measureOf({ ...call, args, filter }, placeOf(text, call.at));
  });
  return {
    raw,
    keys: aggregate.keys,
    measures,
    terms: termsOf(measures, raw, through, () => conditionsApart(raw, aggregate.keys, text)),
    domain: measures.length === 0 ? null : publicDomain(raw, aggregate.keys, profile.cellsMax, ids),
    unitsMin: decision.unitsMin,
    // WHY fewer in mode `perturbed`: there the number of units is judged with its noise (release/threshold.ts).
    rowsMin:
      decision.mode === 'perturbed' ? perturbedLeast(decision.unitsMin, profile.perturbation) : decision.unitsMin,
    through,
    mode: decision.mode === 'perturbed' ? 'perturbed' : 'aggregate',
  };
}
