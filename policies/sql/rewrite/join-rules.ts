import { type AppError, placeOf, type SourcePlace } from '../../errors.ts';
import type { ColumnId, Expr, Join, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { columnsIn, conjunctsOf, relsWithin } from '../plan-walk.ts';
import { isAsStored } from './apart.ts';
import { readsOnly } from './join-set.ts';
import { overRoots, type Raw } from './raw.ts';
import { constructRefused } from './refusals.ts';

/**
 * Which joins of protected rows are admitted. WHY: a row that appears once per value of a list that the asker wrote can be
 * kept for all values but one, and two groups of one answer then differ by a single person. So each protected row meets
 * the other side through equal columns only, and lists of the asker's own are keys.
 */

const TOKENS = 'a join on the identifier that both tables share: a.id = b.id';
const COLUMNS = 'equal columns: a.code = b.code; other conditions on one side only';
const SPANS = 'equal columns: a.code = b.code; running totals: sum(count(*)) OVER (ORDER BY day) over counts per day';
const BANDS = 'VALUES whose rows no row meets twice: x >= low AND x < high';

/** Protected with protected: through an identifier of both. @throws AppError POLICY_CONSTRUCT_REFUSED */
export function checkUnitJoin(join: Join, text: string): void {
  const pairs = equalSides(join).filter(([a]) => a.type.kind === 'token');
  if (pairs.length === 0) throw refusedJoin('join of protected tables without a shared identifier', TOKENS, join, text);
}

/**
 * Protected with public rows or with rows that the asker wrote. WHY stored columns, unless keys are unique: of computed ones
 * the asker makes 50 rows for one value and 49 for another, and a count of them says how often each of the two occurs.
 * @throws AppError POLICY_CONSTRUCT_REFUSED
 */
export function checkPublicJoin(join: Join, raw: Raw, open: Rel, text: string): void {
  // One row, such as a total or a line of parameters, needs no condition.
  if (meetsOnce(join, open)) return;
  const ids = idsOf(open);
  const sides = keySides(join).map(([a, b]) => (readsOnly(a, ids) ? [b, a] : [a, b]) as readonly [Expr, Expr]);
  const isWritten = relsWithin(open).some(({ kind }) => kind === 'values');
  if (sides.length === 0)
    throw refusedJoin(
      'join of protected with public rows without equal columns',
      isWritten ? BANDS : SPANS,
      join,
      text,
    );
  if (isWritten) throw refusedJoin('join with a written list whose keys repeat', BANDS, join, text);
  if (!sides.every(([own, theirs]) => isAsStored(own, raw) && isStoredIn(open, theirs))) {
    throw refusedJoin(
      'join on a computed column with public rows whose keys may repeat',
      'stored columns on both sides, or public rows by SELECT DISTINCT or GROUP BY of the column',
      join,
      text,
    );
  }
}

/** Whether a column is one of a public table, under whatever name. */
function isStoredIn(rel: Rel, expr: Expr): boolean {
  if (expr.kind !== 'column') return false;
  return relsWithin(rel).some((part) => {
    if (part.kind === 'scan') return part.source.kind === 'table' && part.columns.some(({ id }) => id === expr.id);
    const made =
      part.kind === 'project' || part.kind === 'aggregate'
        ? (part.kind === 'project' ? part.columns : part.keys).find(({ id }) => id === expr.id)
        : undefined;
    return made !== undefined && made.expr.kind === 'column' && made.expr.id !== expr.id && isStoredIn(rel, made.expr);
  });
}

/** Whether each row of the other side meets at most one row of `open`. */
export function meetsOnce(join: Pick<Join, 'left' | 'right' | 'on'>, open: Rel): boolean {
  const ids = idsOf(open);
  const keysIn = (pairs: readonly (readonly [Expr, Expr])[]) =>
    pairs.flatMap((sides) =>
      sides.map(asKey).flatMap((side) => (side.kind === 'column' && ids.has(side.id) ? [side.id] : [])),
    );
  return hasUniqueRows(open, keysIn(equalSides(join)), false) || hasUniqueRows(open, keysIn(keySides(join)), true);
}

/** A day as a timestamp is as unique as the day. */
function asKey(expr: Expr): Expr {
  return expr.kind === 'cast' && expr.type.kind === 'timestamp' && expr.arg.type.kind === 'date' ? expr.arg : expr;
}

/** Whether a join with public rows reads only public columns of the other side. */
export function meetsByPublic(join: Join, raw: Raw): boolean {
  const ids = idsOf(raw.rel);
  const own = keySides(join).flatMap((sides) => sides.filter((side) => readsOnly(side, ids)));
  const read = own.flatMap((side) => columnsIn(overRoots(side, raw)));
  return read.length > 0 && read.every((id) => raw.open.has(id));
}

/**
 * A condition over protected columns and columns of public rows that repeat. WHY: of the hundred public rows that a
 * protected one meets it can leave out one, and the rest of a division by hundred tells whether it did.
 * @throws AppError POLICY_CONSTRUCT_REFUSED
 */
export function checkConditions(conditions: readonly Expr[], raw: Raw, place: SourcePlace | null): void {
  for (const condition of conditions) {
    const sides = condition.kind === 'call' && KEYS.has(condition.fn) ? condition.args : [condition];
    if (sides.some((side) => isMixed(side, raw)))
      throw constructRefused('join condition over protected and public columns', COLUMNS, place);
  }
}

function isMixed(expr: Expr, raw: Raw): boolean {
  const read = columnsIn(overRoots(expr, raw));
  return read.some((id) => raw.open.get(id) === 'repeated') && read.some((id) => !raw.open.has(id));
}

/** Conjuncts `a = b` of a join, where each side reads one side of the join: the columns of either. */
export function equalSides(join: Pick<Join, 'left' | 'right' | 'on'>): readonly (readonly [Expr, Expr])[] {
  if (join.on === null) return [];
  return equalBetween(conjunctsOf(join.on), idsOf(join.left), idsOf(join.right));
}

/** The same, also of `a IS NOT DISTINCT FROM b`, to which NULL is a key like any other. Never of identifiers: NULL names nobody. */
export function keySides(join: Pick<Join, 'left' | 'right' | 'on'>): readonly (readonly [Expr, Expr])[] {
  if (join.on === null) return [];
  return keysBetween(conjunctsOf(join.on), idsOf(join.left), idsOf(join.right));
}

const KEYS: ReadonlySet<string> = new Set(['eq', 'not_distinct']);

export function keysBetween(
  conditions: readonly Expr[],
  left: ReadonlySet<ColumnId>,
  right: ReadonlySet<ColumnId>,
): readonly (readonly [Expr, Expr])[] {
  const plain = conditions.map((condition) =>
    condition.kind === 'call' && KEYS.has(condition.fn) && condition.args.every(({ type }) => type.kind !== 'token')
      ? { ...condition, fn: 'eq' }
      : condition,
  );
  return equalBetween(plain, left, right);
}

/** The same for any two sets of columns. Identifiers meet as plain columns only. */
export function equalBetween(
  conditions: readonly Expr[],
  left: ReadonlySet<ColumnId>,
  right: ReadonlySet<ColumnId>,
): readonly (readonly [Expr, Expr])[] {
  const over = (expr: Expr, ids: ReadonlySet<ColumnId>) => columnsIn(expr).length > 0 && readsOnly(expr, ids);
  return conditions.flatMap((condition) => {
    if (condition.kind !== 'call' || condition.fn !== 'eq') return [];
    const [a, b] = condition.args as [Expr, Expr];
    if (a.type.kind === 'token' && (a.kind !== 'column' || b.kind !== 'column')) return [];
    if (over(a, left) && over(b, right)) return [[a, b] as const];
    return over(b, left) && over(a, right) ? [[b, a] as const] : [];
  });
}

export function idsOf(rel: Rel): ReadonlySet<ColumnId> {
  return new Set(columnsOf(rel).map(({ id }) => id));
}

function refusedJoin(construct: string, accepted: string, join: Join, text: string): AppError {
  return constructRefused(construct, accepted, placeOf(text, join.at ?? null));
}

/** Whether a relation has one row whatever the data hold. */
export function isOneRow(rel: Rel): boolean {
  if (rel.kind === 'scan') return rel.source.kind === 'given' && isOneRow(rel.source.made);
  if (rel.kind === 'project' || rel.kind === 'sort') return isOneRow(rel.input);
  return rel.kind === 'aggregate' && rel.keys.length === 0 && rel.sets === null;
}

/**
 * Whether no two rows of a relation have the same `keys`: a written list, groups by those keys, a public table with a key. `isNullKey`: NULL
 * is a key as well, which a stored column without repeated values may have twice.
 */
function hasUniqueRows(rel: Rel, keys: readonly ColumnId[], isNullKey: boolean): boolean {
  switch (rel.kind) {
    case 'project': {
      const below = keys.flatMap((key) => {
        const expr = rel.columns.find(({ id }) => id === key)?.expr;
        return expr?.kind === 'column' ? [expr.id] : [];
      });
      return hasUniqueRows(rel.input, below, isNullKey);
    }
    case 'filter':
    case 'sort':
    case 'limit':
      return hasUniqueRows(rel.input, keys, isNullKey);
    case 'aggregate':
      return rel.sets === null && rel.keys.every(({ id }) => keys.includes(id));
    case 'scan':
      if (rel.source.kind === 'given') return hasUniqueRows(rel.source.made, keys, isNullKey);
      return rel.columns.some(
        ({ id, unique, nullable }) => unique === true && keys.includes(id) && !(isNullKey && nullable),
      );
    case 'join':
      if (rel.join === 'semi' || rel.join === 'anti') return hasUniqueRows(rel.left, keys, isNullKey);
      return (
        (rel.join === 'inner' || rel.join === 'left') &&
        hasUniqueRows(rel.left, keys, isNullKey) &&
        meetsOnce(rel, rel.right)
      );
    case 'values': {
      const positions = keys.map((key) => rel.columns.findIndex(({ id }) => id === key));
      const rows = rel.rows.map((row) => JSON.stringify(positions.map((position) => literalText(row[position]))));
      return new Set(rows).size === rows.length;
    }
    default:
      return false;
  }
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
