import type * as z from 'zod';
import type { Db } from './db.ts';
import { readJson } from './json-column.ts';
import { eq } from './orm.ts';
import { settings } from './schema.ts';

/** A small fact about the home itself (key ids, the log's origin, when it was seeded); `schema` says what it may be. */
export function readSetting<T>(db: Db, name: string, schema: z.ZodType<T>): T | null {
  const row = db.orm.select().from(settings).where(eq(settings.name, name)).get();
  return row === undefined ? null : readJson(schema, row.json);
}

/** `value` must survive JSON. */
export function putSetting(tx: Db, name: string, value: unknown): void {
  const json = JSON.stringify(value);
  tx.orm.insert(settings).values({ name, json }).onConflictDoUpdate({ target: settings.name, set: { json } }).run();
}
