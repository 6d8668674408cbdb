import { type AppError, placeOf, type SourcePlace } from '../../errors.ts';
import type { ColumnId, Expr, Join, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { columnsIn, conjunctsOf, relsWithin } from '../plan-walk.ts';
import { and } from './build.ts';
import type { Raw } from './raw.ts';
import { constructRefused } from './refusals.ts';

/**
 * Which joins of protected rows are admitted. WHY: a row that appears once per value of a list that the asker wrote can be
 * kept for all values but one, and two groups of one answer then differ by a single person. So each protected row meets
 * the other side through equal columns only, and lists of the asker's own are keys.
 */

const TOKENS = 'a join on the identifier that both tables share: a.id = b.id';
const COLUMNS = 'equal columns: a.code = b.code; other conditions on one side only';

/** Protected with protected: through an identifier of both. @throws AppError POLICY_CONSTRUCT_REFUSED */
export function checkUnitJoin(join: Join, text: string): void {
  const pairs = acrossPairs(join).filter(([a]) => a.type.kind === 'token');
  if (pairs.length === 0) throw refusedJoin('join of protected tables without a shared identifier', TOKENS, join, text);
}

/** Protected with public rows or with rows that the asker wrote. @throws AppError POLICY_CONSTRUCT_REFUSED */
export function checkPublicJoin(join: Join, open: Rel, text: string): void {
  const pairs = acrossPairs(join);
  if (pairs.length === 0)
    throw refusedJoin('join of protected with public rows without equal columns', COLUMNS, join, text);
  const equalities = pairs.length;
  const mixed = conjunctsOf(join.on!).filter((condition) => isAcross(condition, join)).length;
  if (mixed > equalities) throw refusedJoin('join condition over protected and public columns', COLUMNS, join, text);
  if (!relsWithin(open).some(({ kind }) => kind === 'values')) return;
  const openIds = new Set(columnsOf(open).map(({ id }) => id));
  const keys = pairs.flatMap(([a, b]) => [a.id, b.id]).filter((id) => openIds.has(id));
  if (!hasUniqueRows(open, keys)) {
    throw refusedJoin(
      'join with a written list whose keys repeat',
      'VALUES with a different key in every row',
      join,
      text,
    );
  }
}

/** `WHERE` over joins, as the conditions of those joins: `FROM a, b WHERE a.id = b.id` is a join on `a.id = b.id`. */
export function joinOnWhere(join: Join, conditions: readonly Expr[]): Join {
  if (join.join !== 'inner' && join.join !== 'cross') return join;
  const all = [...(join.on === null ? [] : conjunctsOf(join.on)), ...conditions];
  const [leftIds, rightIds] = [idsOf(join.left), idsOf(join.right)];
  const within = (ids: ReadonlySet<ColumnId>) => (condition: Expr) => columnsIn(condition).every((id) => ids.has(id));
  const forLeft = canTake(join.left) ? all.filter(within(leftIds)) : [];
  const forRight = canTake(join.right) ? all.filter((one) => !forLeft.includes(one) && within(rightIds)(one)) : [];
  const own = all.filter((one) => !forLeft.includes(one) && !forRight.includes(one));
  const left = join.left.kind === 'join' ? joinOnWhere(join.left, forLeft) : join.left;
  const right = join.right.kind === 'join' ? joinOnWhere(join.right, forRight) : join.right;
  return own.length === 0 ? { ...join, left, right } : { ...join, join: 'inner', left, right, on: and(own) };
}

function canTake(rel: Rel): boolean {
  return rel.kind === 'join' && (rel.join === 'inner' || rel.join === 'cross');
}

function idsOf(rel: Rel): ReadonlySet<ColumnId> {
  return new Set(columnsOf(rel).map(({ id }) => id));
}

function refusedJoin(construct: string, accepted: string, join: Join, text: string): AppError {
  return constructRefused(construct, accepted, placeOf(text, join.at ?? null));
}

type ColumnExpr = Extract<Expr, { kind: 'column' }>;

/** Conjuncts `a = b` with a column of either side. */
function acrossPairs(join: Join): readonly (readonly [ColumnExpr, ColumnExpr])[] {
  if (join.on === null) return [];
  return conjunctsOf(join.on).flatMap((condition) => {
    if (condition.kind !== 'call' || condition.fn !== 'eq' || !isAcross(condition, join)) return [];
    const [a, b] = condition.args;
    return a?.kind === 'column' && b?.kind === 'column' ? [[a, b] as const] : [];
  });
}

function isAcross(condition: Expr, join: Join): boolean {
  const read = columnsIn(condition);
  const [leftIds, rightIds] = [idsOf(join.left), idsOf(join.right)];
  return read.some((id) => leftIds.has(id)) && read.some((id) => rightIds.has(id));
}

/** Whether a written list, perhaps with its columns renamed, has no two rows with the same `keys`. */
function hasUniqueRows(rel: Rel, keys: readonly ColumnId[]): boolean {
  if (rel.kind === 'project') {
    const below = keys.map((key) => rel.columns.find(({ id }) => id === key)?.expr);
    return below.every((expr) => expr?.kind === 'column')
      ? hasUniqueRows(
          rel.input,
          below.flatMap((expr) => (expr?.kind === 'column' ? [expr.id] : [])),
        )
      : false;
  }
  if (rel.kind !== 'values') return false;
  const positions = keys.map((key) => rel.columns.findIndex(({ id }) => id === key));
  const rows = rel.rows.map((row) => JSON.stringify(positions.map((position) => literalText(row[position]))));
  return new Set(rows).size === rows.length;
}

function literalText(expr: Expr | undefined): unknown {
  return expr?.kind === 'literal' ? [expr.type.kind, expr.value] : null;
}

/** UNION ALL of one protected table with itself would put a set and its neighbour side by side. */
export function checkUnion(left: Raw, right: Raw, place: SourcePlace | null): void {
  const tables = new Set([...left.leaves.values()].map(({ table }) => table));
  const twice = [...right.leaves.values()].find(({ table }) => tables.has(table));
  if (twice === undefined) return;
  throw constructRefused(
    `UNION of \`${twice.table}\` with itself`,
    'one SELECT with OR, or CASE as a group key',
    place,
  );
}
