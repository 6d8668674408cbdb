import type { z } from '@hono/zod-openapi';
import type { Resource, ResourceVersion } from '#catalog';
import type { TableSchema } from '#policies';
import { IngestReportSchema, type ResourceSchema, type ResourceVersionSchema } from './schemas/resource.ts';

/** A resource's public metadata. */
export function resourceJson(resource: Resource): z.output<typeof ResourceSchema> {
  const { id, entry, title, provider, frequency, conditions, format, state } = resource;
  return {
    id,
    entry: { no: entry.no, title: { ...entry.title } },
    title: { ...title },
    provider,
    frequency,
    conditions,
    format,
    state,
    schema: tableSchemaJson(resource.schema),
    schemaHash: resource.schemaHash,
    currentVersion: resource.currentVersion,
    createdAt: resource.createdAt,
  };
}

function tableSchemaJson(schema: TableSchema): z.output<typeof ResourceSchema>['schema'] {
  const columns = schema.columns.map(({ values, bins, ...column }) => ({
    ...column,
    ...(values === undefined ? {} : { values: [...values] }),
    ...(bins === undefined ? {} : { bins: [...bins] }),
  }));
  return { ...schema, columns };
}

/**
 * A version; `inFull` for those who may see its report. WHY the rest sees no counts: how many rows a table has, and how
 * that changes from version to version, is itself a statistic of the table's level; so is a digest that can be guessed at.
 */
export function versionJson(version: ResourceVersion, inFull: boolean): z.output<typeof ResourceVersionSchema> {
  const { resource, state, rows, bytes, contentSha256, createdAt } = version;
  const known = { resource, version: version.version, state, createdAt };
  if (!inFull) return { ...known, rows: null, bytes: null, contentSha256: null, report: null };
  const report = IngestReportSchema.safeParse(version.report);
  return { ...known, rows, bytes, contentSha256, report: report.success ? report.data : null };
}
