import { type ColumnRef, columnsOf, type NamedExpr, type Rel } from '../plan.ts';
import { TEXT } from '../sql-type.ts';
import { call, type IdSource, named, refTo } from './build.ts';
import { keyOf, refsOf } from './collected.ts';
import { withTwin } from './twin.ts';

/** Group keys over a relation, texts as their stored codes where there are any. */
export interface CodedKeys {
  readonly rel: Rel;
  readonly keys: readonly CodedKey[];
}
export interface CodedKey {
  readonly key: NamedExpr;
  readonly isCode: boolean;
}

export function codedKeys(from: Rel, keys: readonly NamedExpr[], ids: IdSource): CodedKeys {
  let rel = from;
  const coded = keys.map(({ name, expr }): CodedKey => {
    const code = expr.kind === 'column' ? withTwin(rel, expr.id, 'code', ids) : null;
    rel = code?.rel ?? rel;
    return { key: keyOf(ids, code?.twin ?? expr, name), isCode: code !== null };
  });
  return { rel, keys: coded };
}

/** What has been grouped by keys. */
interface Keyed {
  readonly rel: Rel;
  readonly keys: readonly ColumnRef[];
}

/** Codes leave as the texts that they stand for: few rows by now. */
export function asTexts({ rel, keys }: Keyed, coded: readonly CodedKey[], ids: IdSource): Keyed {
  if (!coded.some(({ isCode }) => isCode)) return { rel, keys };
  const texts = keys.map((key, position) =>
    keyOf(ids, coded[position]!.isCode ? call('code_text', [key], TEXT) : key, 'key'),
  );
  const isKey = new Set(keys.map(({ id }) => id));
  const others = columnsOf(rel)
    .filter(({ id }) => !isKey.has(id))
    .map((column) => named(column.id, column.name, refTo(column)));
  return { rel: { kind: 'project', input: rel, columns: [...texts, ...others] }, keys: refsOf(texts) };
}
