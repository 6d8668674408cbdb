import type { AggregateCall, ColumnId, Expr, NamedExpr, NamedWindow } from '../plan.ts';
import { DOUBLE, INTEGER } from '../sql-type.ts';
import { and, asDouble, choose, divide, type IdSource, literal, named, ref } from './build.ts';
import type { Adds } from './raw.ts';

/** A value of a group, as the rows of the group have it. */
export interface MadeOfRows {
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
export function madeOfRows(asked: AggregateCall, ids: IdSource, isFirstGrouping: boolean): MadeOfRows {
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
