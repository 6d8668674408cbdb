import type {
  AggregateCall,
  ColumnId,
  ColumnRef,
  Expr,
  NamedAggregate,
  NamedExpr,
  OutputColumn,
  Rel,
} from '../plan.ts';
import type { SqlType } from '../sql-type.ts';
import { type IdSource, named, namedAggregate, ref } from './build.ts';

/** Collects the measures of one aggregation and hands out references to them. Equal measures are computed once. */
export class Collected {
  readonly measures: NamedAggregate[] = [];
  private readonly known = new Map<string, ColumnRef>();
  private readonly ids: IdSource;
  constructor(ids: IdSource) {
    this.ids = ids;
  }
  add(made: AggregateCall): ColumnRef {
    const text = textOfCall(made);
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const id = this.ids.next();
    this.measures.push(namedAggregate(id, `m${this.measures.length}`, made));
    const column = ref(id, made.type);
    this.known.set(text, column);
    return column;
  }
}

/** The measures of a boundary share most of their expressions, and making texts is a good part of compiling. */
const texts = new WeakMap<Expr | SqlType, string>();

/** Equal text for expressions, and for types, that are equal in every field. */
export function plainText(part: Expr | SqlType): string {
  const known = texts.get(part);
  if (known !== undefined) return known;
  const text = JSON.stringify(part);
  texts.set(part, text);
  return text;
}

function textOfCall({ fn, args, type, distinct, filter }: AggregateCall): string {
  let text = `${fn} ${plainText(type)} ${distinct} ${filter === null ? '' : plainText(filter)}`;
  for (const arg of args) text += ` ${plainText(arg)}`;
  return text;
}

/** Gives each column that is asked for a place in a statement's output, once. */
export class Placed {
  private readonly order: ColumnRef[] = [];
  private readonly places = new Map<ColumnId, number>();

  at(column: ColumnRef): number {
    const known = this.places.get(column.id);
    if (known !== undefined) return known;
    this.places.set(column.id, this.order.length);
    this.order.push(column);
    return this.order.length - 1;
  }

  /** The statement: exactly the placed columns of `input`. */
  over(input: Rel, ids: IdSource): Rel {
    const columns = this.order.map((column, index) => named(ids.next(), `x${index}`, column));
    return { kind: 'project', input, columns };
  }
}

export const keyOf = (ids: IdSource, expr: Expr, name: string): NamedExpr => named(ids.next(), name, expr);
export const refsOf = (keys: readonly NamedExpr[]): readonly ColumnRef[] =>
  keys.map(({ id, expr }) => ref(id, expr.type));
export const outputOf = (ids: IdSource, { name, type }: Omit<OutputColumn, 'id'>): OutputColumn => ({
  id: ids.next(),
  name,
  type,
});
