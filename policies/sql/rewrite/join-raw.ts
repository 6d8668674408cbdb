import { placeOf } from '../../errors.ts';
import type { ColumnId, Join, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { conjunctsOf, relsWithin } from '../plan-walk.ts';
import { BOOLEAN } from '../sql-type.ts';
import { sameType } from '../type-rules.ts';
import { isNotNull, isNull, literal, refTo } from './build.ts';
import { NO_CHANGES, timesChanges } from './changes.ts';
import type { Condition, KnownConditions } from './conditions.ts';
import { equalSides, meetsOnce } from './join-rules.ts';
import { isInner } from './join-set.ts';
import {
  equalColumns,
  leavesTiedTo,
  type Raw,
  restrict,
  rootOf,
  type SpreadUnit,
  type UnitColumn,
  type Weight,
  withLinks,
} from './raw.ts';
import { constructRefused, unitMissing } from './refusals.ts';

type Pair = readonly [ColumnId, ColumnId];

/**
 * Joins where at least one side is protected. A row is about the units of both sides; where identifiers are equal they
 * are one. Fan-out raises no count of units, and multiplies what is known about rows per unit only by proven factors.
 * @throws AppError POLICY_CONSTRUCT_REFUSED, POLICY_UNIT_MISSING
 */
export function joinRaw(join: Join, left: Raw, right: Raw, text: string): Raw {
  const rel: Join = { ...join, left: left.rel, right: right.rel };
  switch (join.join) {
    case 'semi':
    case 'anti':
      return semiJoin(rel, left, right, text);
    case 'inner':
    case 'cross': {
      const both = combine(rel, left, right, true, true);
      return join.on === null ? both : restrict(both, join.on);
    }
    case 'left':
      return outerJoin(rel, left, right, 'left');
    case 'right':
      return outerJoin(rel, left, right, 'right');
    case 'full':
      return fullJoin(rel, left, right);
  }
}

/** Everything known about both sides; restrictions stay only for sides whose rows all come from their own table. */
function combine(rel: Join, left: Raw, right: Raw, keepLeft: boolean, keepRight: boolean): Raw {
  const pairs = equalAcross(rel);
  const [ofRight, ofLeft] = [right, left].map((side) => factorsOf(side, meetsOnce(rel, side.rel), pairs));
  const leftUnits = left.units.map((unit) => multiplied(unit, ofRight!));
  const rightUnits = right.units.map((unit) => multiplied(unit, ofLeft!));
  return {
    state: 'raw',
    rel,
    units: [...leftUnits, ...rightUnits],
    spread: [...spreadOver(left, ofRight!.rowsMax), ...spreadOver(right, ofLeft!.rowsMax)],
    bounded: left.bounded ?? right.bounded,
    rowKeys: [...left.rowKeys, ...right.rowKeys],
    sealed: left.sealed ?? right.sealed,
    leaves: new Map([...left.leaves, ...right.leaves]),
    tokenLeaf: new Map([...left.tokenLeaf, ...right.tokenLeaf]),
    links: [...left.links, ...right.links],
    open: new Map([...left.open, ...right.open]),
    written: new Set([...left.written, ...right.written]),
    alias: new Map([...left.alias, ...right.alias]),
    definitions: new Map([...left.definitions, ...right.definitions]),
    conditions: new Map([...left.conditions, ...right.conditions]),
    madeOf: new Map([...left.madeOf, ...right.madeOf]),
    weights: [...left.weights, ...right.weights],
    parts: new Map([...left.parts, ...right.parts]),
    names: new Map([...left.names, ...right.names]),
    apart: [...left.apart, ...right.apart],
    coarse: new Map([...left.coarse, ...right.coarse]),
    listed: new Map([...left.listed, ...right.listed]),
    restrictions: [...(keepLeft ? left.restrictions : []), ...(keepRight ? right.restrictions : [])],
    blocked: left.blocked ?? right.blocked,
  };
}

/** INVARIANT: one column of each side. What is equal within a side says nothing of how many rows meet. */
function equalAcross(join: Join): readonly Pair[] {
  return equalSides(join).flatMap(([a, b]) =>
    a.kind === 'column' && b.kind === 'column' ? [[a.id, b.id] as const] : [],
  );
}

/** Most rows of a side that a row of the other can meet. */
type Factors = Pick<UnitColumn, 'rowsMax' | 'rowsDeclared'>;

const factorsOf = (side: Raw, once: boolean, pairs: readonly Pair[]): Factors =>
  once
    ? { rowsMax: 1, rowsDeclared: 1 }
    : { rowsMax: fanOut(side, pairs, 'rowsMax'), rowsDeclared: fanOut(side, pairs, 'rowsDeclared') };

function multiplied(unit: UnitColumn, factors: Factors): UnitColumn {
  const rowsMax = productOf(unit.rowsMax, factors.rowsMax);
  const rowsDeclared = productOf(unit.rowsDeclared, factors.rowsDeclared);
  if (rowsMax === null) return { ...unit, rowsMax, rowsDeclared };
  return { ...unit, rowsMax, rowsDeclared, others: timesChanges(unit.others, factors.rowsMax!) };
}

const productOf = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a * b);

const spreadOver = ({ spread }: Raw, factor: number | null): readonly SpreadUnit[] =>
  spread.map(({ changes, ...unit }) => ({
    ...unit,
    changes: changes === null || factor === null ? null : timesChanges(changes, factor),
  }));

/** Most rows of `side` that one row of the other side can meet: known where the join is on a column that names units. */
function fanOut(side: Raw, pairs: readonly Pair[], by: keyof Factors): number | null {
  const joined = new Set(pairs.flat().map((id) => rootOf(side.alias, id)));
  const factors = side.units
    .filter((unit) => unit[by] !== null && joined.has(rootOf(side.alias, unit.id)))
    .map((unit) => unit[by]!);
  return factors.length === 0 ? null : Math.min(...factors);
}

/** The preserved side keeps all its rows; the other's columns, its units too, may be NULL. */
function outerJoin(rel: Join, left: Raw, right: Raw, preserved: 'left' | 'right'): Raw {
  const both = combine(rel, left, right, preserved === 'left', preserved === 'right');
  const [kept, optional] = preserved === 'left' ? [left, right] : [right, left];
  const { leaves, links } = linked(both, rel);
  const newly = [...kept.leaves].some(([leaf, { covered: before }]) => !before && leaves.get(leaf)!.covered);
  const keptUnits = both.units.filter((unit) => kept.units.some(({ id }) => id === unit.id));
  const pairs = equalColumns(rel.on).flatMap(([a, b]): readonly Pair[] => [
    [rootOf(both.alias, a), rootOf(both.alias, b)],
    [rootOf(both.alias, b), rootOf(both.alias, a)],
  ]);
  const optionalUnits = both.units
    .filter((unit) => optional.units.some(({ id }) => id === unit.id))
    // A unit that the preserved row names already: where the other side is missing, so is its data.
    .filter(
      (unit) =>
        !keptUnits.some(
          (known) =>
            known.unit === unit.unit &&
            pairs.some(([a, b]) => a === rootOf(both.alias, known.id) && b === rootOf(both.alias, unit.id)),
        ),
    )
    // A preserved row that only the other side could have owned belongs to nobody when there is no match.
    .map((unit) => ({ ...unit, nullable: true, unowned: unit.unowned || newly }));
  const conditions = withMatch(both, optional, rel);
  const weights = [...kept.weights, ...optional.weights.map(maybe)];
  return { ...both, leaves, links, units: [...keptUnits, ...optionalUnits], conditions, weights };
}

const maybe = (weight: Weight): Weight => ({ ...weight, optional: true });

/**
 * Where the user's conditions decide which rows of the optional side exist, a match is a condition in every value that
 * reads the side: all but one person joined to everybody would otherwise give that person away by subtraction.
 */
function withMatch(both: Raw, optional: Raw, rel: Join): KnownConditions {
  const plain = rel.on !== null && equalColumns(rel.on).length === conjunctsOf(rel.on).length;
  if (plain && !relsWithin(optional.rel).some(narrows)) return both.conditions;
  const columns = columnsOf(optional.rel);
  const joined = equalColumns(rel.on).flat();
  const key = columns.find(({ id }) => joined.includes(id));
  const match: Condition =
    key === undefined
      ? { holds: literal(false, BOOLEAN), fails: literal(false, BOOLEAN) }
      : { holds: isNotNull(refTo(key)), fails: isNull(refTo(key)) };
  const conditions = new Map(both.conditions);
  // That a group is counted once is no value of it.
  const values = columns.filter(({ id }) => !optional.weights.some((weight) => weight.id === id));
  for (const { id } of values) conditions.set(id, [...(conditions.get(id) ?? []), match]);
  return conditions;
}

function narrows(rel: Rel): boolean {
  if (rel.kind === 'filter' || rel.kind === 'limit' || rel.kind === 'values') return true;
  if (rel.kind === 'scan') return rel.source.kind === 'given';
  if (rel.kind !== 'join') return false;
  const plain = rel.on === null || equalColumns(rel.on).length === conjunctsOf(rel.on).length;
  return rel.join === 'semi' || rel.join === 'anti' || (isInner(rel) && !plain);
}

/** Either side may be missing: no unit is certain, and rows that only the other side could have owned are nobody's. */
function fullJoin(rel: Join, left: Raw, right: Raw): Raw {
  const both = combine(rel, left, right, false, false);
  const { leaves, links } = linked(both, rel);
  const newly = [...both.leaves].some(([leaf, before]) => !before.covered && leaves.get(leaf)!.covered);
  const units = both.units.map((unit) => ({ ...unit, nullable: true, unowned: unit.unowned || newly }));
  const oneSided = withMatch({ ...both, conditions: withMatch(both, left, rel) }, right, rel);
  return { ...both, leaves, links, units, conditions: oneSided, weights: both.weights.map(maybe) };
}

function linked(both: Raw, rel: Join): Pick<Raw, 'leaves' | 'links'> {
  return withLinks(both, tokenPairs(both, rel));
}

function tokenPairs(both: Raw, rel: Join): readonly Pair[] {
  return equalColumns(rel.on)
    .map(([a, b]) => [rootOf(both.alias, a), rootOf(both.alias, b)] as const)
    .filter(([a, b]) => a !== b && both.tokenLeaf.has(a) && both.tokenLeaf.has(b));
}

/**
 * IN and EXISTS. WHY the key: `dept IN (SELECT dept FROM p WHERE …one person…)` would let one person's row decide about
 * everybody else's, outside every count; by the unit's own key it decides only about rows of that same unit.
 */
function semiJoin(rel: Join, left: Raw, right: Raw, text: string): Raw {
  if (right.leaves.size === 0) return { ...left, rel };
  const both = combine(rel, left, right, true, false);
  const pairs = equalColumns(rel.on);
  const { leaves, links } = linked(both, rel);
  const named = right.units.map((unit) => ({ unit, partner: partnerOf(unit, left, right, pairs) }));
  const tied = leavesTiedTo(left.leaves.keys(), { tokenLeaf: both.tokenLeaf, links });
  const missing = [...leaves].find(([leaf, { covered }]) => !covered && !tied.has(leaf))?.[1];
  if (missing !== undefined && right.units.length === 0) throw unitMissing(missing, text);
  if (named.some(({ partner }) => partner === null)) {
    throw constructRefused(
      rel.join === 'semi' ? 'IN or EXISTS over protected rows' : 'NOT IN or NOT EXISTS over protected rows',
      matchOnUnits(left, right, pairs),
      placeOf(text, rel.at ?? null),
    );
  }
  const added = named
    .filter(
      ({ unit, partner }) =>
        !left.units.some(
          (own) => own.unit === unit.unit && rootOf(left.alias, own.id) === rootOf(left.alias, partner!),
        ),
    )
    .map(
      ({ unit, partner }): UnitColumn => ({
        id: partner!,
        type: unit.type,
        unit: unit.unit,
        nullable: rel.join === 'anti',
        unowned: rel.join === 'anti' && left.units.length === 0,
        rowsMax: null,
        rowsDeclared: null,
        others: NO_CHANGES,
      }),
    );
  const units = [...left.units, ...added];
  // In how many rows a unit has a part that decides about others' is not followed.
  const spread = [...left.spread, ...right.spread.map((unit) => ({ ...unit, changes: null }))];
  return { ...left, rel, leaves, links, tokenLeaf: both.tokenLeaf, units, spread, blocked: both.blocked };
}

/** The equality that would make the rows of both sides about the same unit, in the names of granted columns. */
function matchOnUnits(left: Raw, right: Raw, matched: readonly Pair[]): string {
  const own = identifiersIn(left);
  const theirs = identifiersIn(right);
  const pairs = right.units.map(({ id }) => {
    const inner = theirs.find((column) => column.id === rootOf(right.alias, id));
    const outer = own.find((column) => inner !== undefined && sameType(column.type, inner.type));
    return inner === undefined ? null : { inner: inner.name, outer: outer?.name ?? null };
  });
  if (pairs.length === 0 || pairs.some((pair) => pair === null))
    return `the same on the identifier of every unit of that table: ${[...new Set(right.units.map(({ unit }) => unit))].join(', ')}`;
  const equalities = pairs.flatMap((pair) =>
    pair === null || pair.outer === null ? [] : [`${pair.outer} = ${pair.inner}`],
  );
  if (equalities.length === pairs.length) return `the same, matched by ${equalities.join(' AND ')}`;
  // matched-counts.ts
  if (equalities.length > 0)
    return `count(DISTINCT ${pairs.flatMap((pair) => pair?.outer ?? [])[0]}) and no other value`;
  const [by] = own.filter(({ id }) => matched.flat().some((one) => rootOf(left.alias, one) === id));
  if (by !== undefined) return `count(DISTINCT ${by.name}) and no other value`;
  return `the same, over rows that have an identifier equal to ${pairs.map((pair) => pair?.inner).join(' AND ')}`;
}

/** The granted identifiers that a side reads or counts. */
function identifiersIn(side: Raw) {
  return relsWithin(side.rel).flatMap((rel) => {
    if (rel.kind !== 'scan' || rel.source.kind !== 'table') return [];
    const { table, identifiers = [] } = rel.source;
    return rel.columns
      .filter(({ column, type }) => type.kind === 'token' && identifiers.includes(column))
      .map(({ id, type, column }) => ({ id, type, name: `${table}.${column}` }));
  });
}

/** The left column that a join makes equal to a unit of the right side. */
function partnerOf(unit: UnitColumn, left: Raw, right: Raw, pairs: readonly Pair[]): ColumnId | null {
  const root = rootOf(right.alias, unit.id);
  for (const [a, b] of pairs) {
    if (rootOf(right.alias, b) === root && !right.tokenLeaf.has(rootOf(left.alias, a))) return a;
    if (rootOf(right.alias, a) === root && !right.tokenLeaf.has(rootOf(left.alias, b))) return b;
  }
  return null;
}
