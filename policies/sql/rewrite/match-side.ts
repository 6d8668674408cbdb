import type { ColumnId, Expr, Join, NamedExpr, Project, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { columnsIn, conjunctsOf } from '../plan-walk.ts';
import { mapExpr, sameExpr } from '../same-expression.ts';
import { and, type IdSource, named, ref, refTo } from './build.ts';
import { equalSides, idsOf } from './join-rules.ts';
import { isInner, readsOnly } from './join-set.ts';

/** A relation as the inner join of two by equal columns: `match` holds rows that stand for groups (grouped-among.ts), `rest` all others. */
export interface AtMatch {
  readonly rest: Rel;
  readonly match: Rel;
  /** Of `rest`, of `match`. */
  readonly pairs: readonly (readonly [Expr, Expr])[];
  /** An expression over the relation as one over a side; null where it reads both. */
  readonly sided: (expr: Expr) => Sided | null;
}
export interface Sided {
  readonly side: 'rest' | 'match';
  readonly expr: Expr;
}

/** @returns null where it is no such join, or where conditions read both sides */
export function atMatch(rel: Rel, ids: IdSource): AtMatch | null {
  const found = takenOut(rel, ids);
  return found === null ? null : { ...found, sided: (expr) => sideOf(expr, found) };
}

interface TakenOut extends Omit<AtMatch, 'sided'> {
  /** What the relation gives out of `match`. */
  readonly carried: ReadonlyMap<ColumnId, Expr>;
}

function sideOf(expr: Expr, { rest, carried }: TakenOut): Sided | null {
  if (readsOnly(expr, idsOf(rest))) return { side: 'rest', expr };
  if (!columnsIn(expr).every((id) => carried.has(id))) return null;
  return { side: 'match', expr: mapExpr(expr, (part) => (part.kind === 'column' ? carried.get(part.id)! : null)) };
}

function takenOut(rel: Rel, ids: IdSource): TakenOut | null {
  switch (rel.kind) {
    case 'filter': {
      const below = takenOut(rel.input, ids);
      return below && keepsRows(rel.predicate, below) ? { ...below, rest: { ...rel, input: below.rest } } : null;
    }
    case 'project': {
      const below = takenOut(rel.input, ids);
      return below && projected(rel, below, ids);
    }
    case 'join':
      return joinedTo(rel) ?? takenOutOfSide(rel, ids);
    default:
      return null;
  }
}

/** Whether a condition over the join is one over `rest`. */
const keepsRows = (condition: Expr | null, { rest }: TakenOut): boolean =>
  condition === null || readsOnly(condition, idsOf(rest));

function projected(rel: Project, below: TakenOut, ids: IdSource): TakenOut {
  const carried = new Map<ColumnId, Expr>();
  const columns: NamedExpr[] = [];
  for (const column of rel.columns) {
    const sided = sideOf(column.expr, below);
    if (sided?.side === 'rest') columns.push(column);
    // What reads both is no column of either.
    else if (sided?.side === 'match') carried.set(column.id, sided.expr);
  }
  const pairs = below.pairs.map(([own, their]) => {
    const known = columns.find(({ expr }) => sameExpr(expr, own)) ?? named(ids.next(), 'pair', own);
    if (!columns.includes(known)) columns.push(known);
    return [ref(known.id, own.type), their] as const;
  });
  return { ...below, rest: { ...rel, input: below.rest, columns }, pairs, carried };
}

function joinedTo(join: Join): TakenOut | null {
  if (!isInner(join) || join.on === null) return null;
  const match = [join.right, join.left].find(standsForGroups);
  if (match === undefined) return null;
  const rest = match === join.right ? join.left : join.right;
  const pairs = equalSides({ ...join, left: rest, right: match });
  const conditions = conjunctsOf(join.on).filter((one) => !pairs.some((pair) => isEquality(one, pair)));
  if (pairs.length === 0 || !conditions.every((one) => readsOnly(one, idsOf(rest)))) return null;
  const carried = new Map(columnsOf(match).map((column) => [column.id, refTo(column)] as const));
  const kept: Rel = conditions.length === 0 ? rest : { kind: 'filter', input: rest, predicate: and(conditions) };
  return { rest: kept, match, pairs, carried };
}

/** Rows that carry what a window says of their group, and nothing that is joined to them. */
function standsForGroups(rel: Rel): boolean {
  return rel.kind === 'project' || rel.kind === 'filter' ? standsForGroups(rel.input) : rel.kind === 'window';
}

const isEquality = (condition: Expr, [a, b]: readonly [Expr, Expr]): boolean =>
  condition.kind === 'call' && condition.fn === 'eq' && condition.args.every((one) => one === a || one === b);

/** The joins around it: they keep, leave out and repeat rows of `rest`, and the match stands beside each as before. */
function takenOutOfSide(rel: Join, ids: IdSource): TakenOut | null {
  const left = rel.join === 'right' || rel.join === 'full' ? null : takenOut(rel.left, ids);
  const right = left === null && isInner(rel) ? takenOut(rel.right, ids) : null;
  const below = left ?? right;
  if (below === null) return null;
  const rest: Join = { ...rel, ...(left === null ? { right: below.rest } : { left: below.rest }) };
  const read = new Set([...idsOf(rest.left), ...idsOf(rest.right)]);
  return rel.on === null || readsOnly(rel.on, read) ? { ...below, rest } : null;
}
