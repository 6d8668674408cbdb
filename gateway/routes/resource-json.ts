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
  const columns = schema.columns.map(({ values, ...column }) =>
    values === undefined ? column : { ...column, values: [...values] },
  );
  return { ...schema, columns };
}

/** A version; `withReport` for those who may see which rows were rejected. */
export function versionJson(version: ResourceVersion, withReport: boolean): z.output<typeof ResourceVersionSchema> {
  const { resource, state, rows, bytes, contentSha256, createdAt } = version;
  const report = withReport ? IngestReportSchema.safeParse(version.report) : null;
  return {
    resource,
    version: version.version,
    state,
    rows,
    bytes,
    contentSha256,
    createdAt,
    report: report?.success === true ? report.data : null,
  };
}
