import * as z from 'zod';
import type { TableSchema } from '#policies';
import { AssertionFailed, CIPHER_SCHEMES, COLUMN_ROLES, COLUMN_TYPES, LEVELS, UNIT_KINDS } from '#policies';

/** Reads a JSON column. What does not fit was not written by this software: a damaged store, not a user's mistake. */
export function readJson<T>(schema: z.ZodType<T>, json: string): T {
  const parsed = schema.safeParse(JSON.parse(json));
  if (!parsed.success)
    throw new AssertionFailed(`a JSON column does not fit: ${parsed.error.issues[0]?.path.join('.')}`);
  return parsed.data;
}

const title = z.strictObject({ zh: z.string(), en: z.string() });

const columnSchema = z.strictObject({
  name: z.string(),
  title,
  type: z.enum(COLUMN_TYPES),
  level: z.enum(LEVELS),
  role: z.enum(COLUMN_ROLES),
  unit: z.enum(UNIT_KINDS).exactOptional(),
  rowsPerUnitMax: z.number().exactOptional(),
  domain: z.string().exactOptional(),
  scale: z.number().exactOptional(),
  bounds: z.strictObject({ min: z.number(), max: z.number() }).exactOptional(),
  values: z.array(z.string()).exactOptional(),
  bins: z.array(z.union([z.number(), z.string()])).exactOptional(),
  nullable: z.boolean().exactOptional(),
  lengthMax: z.number().exactOptional(),
  measure: z.string().exactOptional(),
  health: z.boolean().exactOptional(),
  encryption: z
    .strictObject({
      scheme: z.enum(CIPHER_SCHEMES),
      key: z.string(),
      signer: z.string(),
      squares: z.literal(true).exactOptional(),
    })
    .exactOptional(),
});

const tableSchema: z.ZodType<TableSchema> = z.strictObject({
  table: z.string(),
  level: z.enum(LEVELS),
  columns: z.array(columnSchema),
});

const SCHEMAS_CACHED_MAX = 1_000;
const schemasCached = new Map<string, TableSchema>();

/** WHY cached by its text: every job reads the schemas of its plan, and they hardly ever change. */
export function readTableSchema(json: string): TableSchema {
  const cached = schemasCached.get(json);
  if (cached !== undefined) return cached;
  const schema = deepFreeze(readJson(tableSchema, json));
  if (schemasCached.size >= SCHEMAS_CACHED_MAX) schemasCached.clear();
  schemasCached.set(json, schema);
  return schema;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}
