import { z } from '@hono/zod-openapi';
import { type Resource, type ResourceVersion, updateDueAt } from '#catalog';
import type { TableSchema } from '#policies';
import { IngestReportSchema, type ResourceSchema, type ResourceVersionSchema } from './schemas/resource.ts';

/** A resource's public metadata. */
export function resourceJson(resource: Resource): z.output<typeof ResourceSchema> {
  const { id, entry, title, provider, frequency, conditions, terms, format, state } = resource;
  return {
    id,
    entry: { no: entry.no, title: { ...entry.title } },
    title: { ...title },
    provider,
    frequency,
    conditions,
    terms: { ...terms, classes: [...terms.classes] },
    format,
    state,
    schema: tableSchemaJson(resource.schema),
    schemaHash: resource.schemaHash,
    currentVersion: resource.currentVersion,
    createdAt: resource.createdAt,
  };
}

export function tableSchemaJson(schema: TableSchema): z.output<typeof ResourceSchema>['schema'] {
  const columns = schema.columns.map(({ values, bins, ...column }) => ({
    ...column,
    ...(values === undefined ? {} : { values: [...values] }),
    ...(bins === undefined ? {} : { bins: [...bins] }),
  }));
  return { ...schema, columns };
}

/** Who looks at a version: its provider, an authority, or anybody. */
export type VersionView = 'own' | 'authority' | 'public';

/**
 * A version, as its provider, an authority or anybody else may see it. WHY others see no counts: how many rows a table has, and how that
 * changes from version to version, is itself a statistic of the table's level; so is a digest that can be guessed at. WHY authorities see
 * shares: they judge the quality, and are not trusted with rows.
 */
export function versionJson(
  version: ResourceVersion,
  { frequency }: Pick<Resource, 'frequency'>,
  view: VersionView,
  now: Date,
): z.output<typeof ResourceVersionSchema> {
  const { resource, state, rows, bytes, contentSha256, createdAt } = version;
  const dueAt = state === 'current' ? updateDueAt(frequency, createdAt) : null;
  const isStale = dueAt !== null && dueAt < now.toISOString();
  const known = { resource, version: version.version, state, createdAt, updateDueAt: dueAt, isStale };
  if (view === 'public') return { ...known, rows: null, bytes: null, contentSha256: null, report: null };
  return { ...known, rows, bytes, contentSha256, report: reportJson(version.report, view) };
}

function reportJson(report: unknown, view: VersionView): z.output<typeof IngestReportSchema> | null {
  const quality = StoredQuality.safeParse(report);
  const described = quality.success ? qualityJson(quality.data, view) : null;
  const parsed = IngestReportSchema.safeParse({ ...(report as object), quality: described });
  return parsed.success ? parsed.data : null;
}

/** What ingest reports of quality; older versions have less. */
const StoredQuality = z.object({
  rows: z.number(),
  duplicateRows: z.number(),
  columns: z.array(
    z.object({ name: z.string(), nulls: z.number(), min: z.string().nullable(), max: z.string().nullable() }),
  ),
  findings: z.array(
    z.object({ column: z.string(), kind: z.string(), share: z.number(), verdict: z.string(), levelMin: z.string() }),
  ),
});

function qualityJson(
  { rows, duplicateRows, columns, findings }: z.output<typeof StoredQuality>,
  view: VersionView,
): unknown {
  const share = (count: number) => Math.round((count / Math.max(1, rows)) * 100) / 100;
  const isOwn = view === 'own';
  return {
    duplicateShare: share(duplicateRows),
    duplicateRows: isOwn ? duplicateRows : null,
    columns: columns.map(({ name, nulls, min, max }) => ({
      name,
      nullShare: share(nulls),
      nulls: isOwn ? nulls : null,
      min: isOwn ? min : null,
      max: isOwn ? max : null,
    })),
    findings,
  };
}
