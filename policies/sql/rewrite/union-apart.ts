import type { Aggregate, ColumnId, Expr, Literal, Project, Rel, SetOperation } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { relsWithin } from '../plan-walk.ts';
import { type IdSource, named, refTo } from './build.ts';

/**
 * Groups of a UNION ALL whose sides a key tells apart by constants: the groups of either side, one after the other. WHY:
 * `SELECT 'km' AS what, km … UNION ALL SELECT 'minutes', minutes …` over one table has each row twice, and yet no group
 * has. null where a key does not, and where no table is read twice.
 */
export function groupedBySide(aggregate: Aggregate, ids: IdSource): SetOperation | null {
  const union = unionBelow(aggregate.input);
  if (union === null || aggregate.sets !== null || !readsTwice(union)) return null;
  const tells = aggregate.keys.some(({ expr }) => {
    const [left, right] = [union.left, union.right].map((side) =>
      constantsOf(over(aggregate.input, union, side), expr),
    );
    return left != null && right != null && left.every((value) => !right.includes(value));
  });
  if (!tells) return null;
  const [left, right] = [union.left, union.right].map((side) => renumbered(aggregate, union, side, ids));
  return { ...union, left: left!, right: right!, columns: columnsOf(aggregate) };
}

/** The UNION ALL that a relation reads, through what only keeps, names and computes with rows. */
function unionBelow(rel: Rel): SetOperation | null {
  if (rel.kind === 'set-operation') return rel.op === 'union' && rel.all ? rel : null;
  return rel.kind === 'project' || rel.kind === 'filter' ? unionBelow(rel.input) : null;
}

function readsTwice(union: SetOperation): boolean {
  const tables = relsWithin(union).flatMap((part) =>
    part.kind === 'scan' && part.source.kind === 'table' ? [part.source.table] : [],
  );
  return new Set(tables).size < tables.length;
}

/** What a relation above a union is over one side of it. */
function over(rel: Rel, union: SetOperation, side: Rel): Rel {
  if (rel === union) {
    const from = columnsOf(side);
    const columns = union.columns.map(({ id, name }, position) => named(id, name, refTo(from[position]!)));
    return { kind: 'project', input: side, columns } satisfies Project;
  }
  return 'input' in rel ? { ...rel, input: over(rel.input, union, side) } : rel;
}

/** The constants that an expression over a relation is, one by each side of the unions below; null where it is others. */
function constantsOf(rel: Rel, expr: Expr): readonly string[] | null {
  if (expr.kind === 'literal') return isWrittenOneWay(expr) ? [JSON.stringify([expr.type.kind, expr.value])] : null;
  if (expr.kind !== 'column') return null;
  if (rel.kind === 'filter') return constantsOf(rel.input, expr);
  if (rel.kind === 'project') {
    const made = rel.columns.find(({ id }) => id === expr.id);
    return made === undefined ? null : constantsOf(rel.input, made.expr);
  }
  if (rel.kind !== 'set-operation' || rel.op !== 'union' || !rel.all) return null;
  const at = rel.columns.findIndex(({ id }) => id === expr.id);
  const sides = [rel.left, rel.right].map((side) => constantsOf(side, refTo(columnsOf(side)[at]!)));
  return sides.includes(null) ? null : sides.flatMap((values) => values ?? []);
}

/** WHY no fractions: `1.0e0` and `1e0` are one group. */
const isWrittenOneWay = ({ type: { kind } }: Literal): boolean =>
  kind === 'text' || kind === 'integer' || kind === 'boolean' || kind === 'date';

/** INVARIANT: what stands above the union is there twice now, so its columns get ids of their own; the sides keep theirs. */
function renumbered(aggregate: Aggregate, union: SetOperation, side: Rel, ids: IdSource): Rel {
  const own = new Set<ColumnId>(
    [aggregate, ...relsAbove(aggregate.input, union)].flatMap((rel) => columnsOf(rel).map(({ id }) => id)),
  );
  const fresh = new Map([...own].map((id) => [id, ids.next()]));
  const copy = (value: unknown, key = ''): unknown => {
    if (value === side) return value;
    if (key === 'id' && typeof value === 'number') return fresh.get(value as ColumnId) ?? value;
    if (Array.isArray(value)) return value.map((item) => copy(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, copy(field, name)]));
  };
  return copy(over(aggregate, union, side)) as Rel;
}

function relsAbove(rel: Rel, union: SetOperation): readonly Rel[] {
  if (rel === union || !('input' in rel)) return [rel];
  return [rel, ...relsAbove(rel.input, union)];
}
