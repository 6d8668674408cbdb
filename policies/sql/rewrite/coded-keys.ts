import { type ColumnRef, columnsOf, type Expr, type NamedExpr, type Rel } from '../plan.ts';
import { relsWithin } from '../plan-walk.ts';
import { INTEGER, TEXT, TIMESTAMP } from '../sql-type.ts';
import { call, cast, type IdSource, named, refTo } from './build.ts';
import { keyOf, refsOf } from './collected.ts';
import { withTwin } from './twin.ts';

/**
 * Group keys over a relation as what the engine addresses directly: texts as their stored codes where there are any, starts of months as
 * small numbers (those of 20 million dates in a third of the time).
 */
export interface CodedKeys {
  readonly rel: Rel;
  readonly keys: readonly CodedKey[];
}
export interface CodedKey {
  readonly key: NamedExpr;
  /** What it stands for; null where it is the key itself. */
  readonly read: ((code: ColumnRef) => Expr) | null;
}

export function codedKeys(from: Rel, keys: readonly NamedExpr[], ids: IdSource): CodedKeys {
  let rel = from;
  const coded = keys.map(({ name, expr }): CodedKey => {
    const code = expr.kind === 'column' ? withTwin(rel, expr.id, 'code', ids) : null;
    rel = code?.rel ?? rel;
    if (code !== null) return { key: keyOf(ids, code.twin, name), read: textOf };
    const { made, read } = monthCode(rel, expr) ?? { made: expr, read: null };
    return { key: keyOf(ids, made, name), read };
  });
  return { rel, keys: coded };
}

const textOf = (code: ColumnRef): Expr => call('code_text', [code], TEXT);

/** WHY stored dates only: they lie in the years 1 to 9999, where every month has a start that is a timestamp. */
function monthCode(rel: Rel, expr: Expr): { readonly made: Expr; readonly read: CodedKey['read'] } | null {
  if (expr.kind !== 'call' || expr.fn !== 'date_trunc') return null;
  const [part, time] = expr.args;
  if (part?.kind !== 'literal' || part.value !== 'month' || time?.kind !== 'cast') return null;
  const date = time.arg;
  if (date.kind !== 'column' || date.type.kind !== 'date' || !isStored(rel, date)) return null;
  const read = (code: ColumnRef) => cast(call('month_start', [code], date.type), TIMESTAMP);
  return { made: call('month_code', [date], INTEGER), read };
}

function isStored(rel: Rel, { id }: ColumnRef): boolean {
  return relsWithin(rel).some(
    (part) => part.kind === 'scan' && part.source.kind === 'table' && part.columns.some((column) => column.id === id),
  );
}

/** What has been grouped by keys. */
interface Keyed {
  readonly rel: Rel;
  readonly keys: readonly ColumnRef[];
}

/** Codes leave as what they stand for: few rows by now. */
export function decoded({ rel, keys }: Keyed, coded: readonly CodedKey[], ids: IdSource): Keyed {
  if (coded.every(({ read }) => read === null)) return { rel, keys };
  const plain = keys.map((key, position) => keyOf(ids, coded[position]!.read?.(key) ?? key, 'key'));
  const isKey = new Set(keys.map(({ id }) => id));
  const others = columnsOf(rel)
    .filter(({ id }) => !isKey.has(id))
    .map((column) => named(column.id, column.name, refTo(column)));
  return { rel: { kind: 'project', input: rel, columns: [...plain, ...others] }, keys: refsOf(plain) };
}
