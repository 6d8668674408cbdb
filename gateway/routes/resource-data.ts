import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { listVersions, type Resource, requireVersion } from '#catalog';
import { AppError } from '#policies';
import type { AppContext, AppDeps, AppEnv } from '../app-deps.ts';
import type { Caller } from '../identity/index.ts';
import type { Upload } from '../resources/upload-service.ts';
import { isPermitted, requirePermit, resourceTarget } from './access.ts';
import { declaredSha256Of } from './content-digest.ts';
import { refuseContentCoding } from './json-body.ts';
import { type VersionView, versionJson } from './resource-json.ts';
import { readableResource } from './resources.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import { VersionParamsSchema } from './schemas/destruction.ts';
import { json, problems } from './schemas/problem.ts';
import {
  AppendQuerySchema,
  ResourceParamsSchema,
  ResourceVersionSchema,
  UploadHeadersSchema,
  UploadQuerySchema,
  VersionListSchema,
} from './schemas/resource.ts';
import { withoutPauses } from './slow-body.ts';

const PARQUET = 'application/vnd.apache.parquet';

const uploadRoute = createRoute({
  method: 'put',
  path: '/v1/resources/{id}/data',
  operationId: 'uploadData',
  summary: 'Upload a table',
  description:
    'Streams a CSV or Parquet file into the next version of the table. CSV: a header line with every declared column; ' +
    '`charset=utf-8` or `charset=gb18030` in Content-Type, found out where absent. Rejected rows are reported by line ' +
    'and reason. Whatever fails leaves nothing behind. One upload per table at a time.',
  tags: [TAG.providers],
  security: AUTHENTICATED,
  request: {
    params: ResourceParamsSchema,
    query: UploadQuerySchema,
    headers: UploadHeadersSchema,
    body: {
      required: true,
      content: { 'text/csv': { schema: z.string() }, [PARQUET]: { schema: z.string().openapi({ format: 'binary' }) } },
    },
  },
  responses: {
    201: {
      ...json(ResourceVersionSchema, 'the new current version, with the report of what was taken and rejected'),
      headers: { Location: { schema: { type: 'string' }, description: 'the versions of the resource' } },
    },
    ...problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 503),
  },
});

const appendRoute = createRoute({
  ...uploadRoute,
  method: 'post',
  operationId: 'appendData',
  summary: 'Append rows to a table',
  description:
    'Streams a CSV or Parquet file whose rows are added to those of the current version: a new version, which shares what is stored of ' +
    'the old one. What is checked and reported holds of all rows together; rejected rows are those of this file. Whatever fails leaves ' +
    'the current version as it is. Tables with encrypted columns are replaced, never appended to.',
  request: { ...uploadRoute.request, query: AppendQuerySchema },
});

const versionsRoute = createRoute({
  method: 'get',
  path: '/v1/resources/{id}/versions',
  operationId: 'listVersions',
  summary: 'List the versions of a table',
  description:
    'Newest first, at most 200. Counts, digest and report are for the provider and the authorities; null for others.',
  tags: [TAG.providers, TAG.bureau],
  security: AUTHENTICATED,
  request: { params: ResourceParamsSchema, query: NO_QUERY },
  responses: { 200: json(VersionListSchema, 'the versions'), ...problems(400, 401, 404) },
});

const versionRoute = createRoute({
  method: 'get',
  path: '/v1/resources/{id}/versions/{version}',
  operationId: 'readVersion',
  summary: 'Read a version and its quality report',
  description:
    'Whether an update is due is for everyone who sees the table. The report is for the provider, and in shares for the authorities; ' +
    'no value of a row is in it.',
  tags: [TAG.providers, TAG.bureau],
  security: AUTHENTICATED,
  request: { params: VersionParamsSchema, query: NO_QUERY },
  responses: { 200: json(ResourceVersionSchema, 'the version'), ...problems(400, 401, 404) },
});

const VERSIONS_LISTED_MAX = 200;

export function registerResourceData(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  const store = async (
    c: AppContext,
    id: string,
    headers: z.output<typeof UploadHeadersSchema>,
    options: Pick<Upload, 'rejectShareMax' | 'append'>,
  ) => {
    const caller = c.get('caller');
    const resource = readableResource(deps, caller, id);
    await requirePermit(deps, caller, 'resource:upload', resourceTarget(resource));
    const version = await deps.uploads.put(caller, resource.id, {
      ...uploadOf(c, headers, options, deps.limits),
      ...options,
    });
    c.header('Location', `/v1/resources/${resource.id}/versions`);
    return versionJson(version, resource, 'own', deps.clock());
  };

  app.openapi(uploadRoute, async (c) => {
    const { rejectShareMax } = c.req.valid('query');
    const stored = await store(c, c.req.valid('param').id, c.req.valid('header'), { rejectShareMax, append: null });
    return c.json(stored, 201);
  });

  app.openapi(appendRoute, async (c) => {
    const { rejectShareMax, base = null } = c.req.valid('query');
    const stored = await store(c, c.req.valid('param').id, c.req.valid('header'), { rejectShareMax, append: { base } });
    return c.json(stored, 201);
  });

  app.openapi(versionsRoute, (c) => {
    const caller = c.get('caller');
    const resource = readableResource(deps, caller, c.req.valid('param').id);
    const view = viewOf(deps, caller, resource);
    const versions = deps.store.read((db) => listVersions(db, resource.id, { limit: VERSIONS_LISTED_MAX }));
    return c.json({ items: versions.map((version) => versionJson(version, resource, view, deps.clock())) }, 200);
  });

  app.openapi(versionRoute, (c) => {
    const caller = c.get('caller');
    const { id, version } = c.req.valid('param');
    const resource = readableResource(deps, caller, id);
    const found = deps.store.read((db) => requireVersion(db, id, version));
    return c.json(versionJson(found, resource, viewOf(deps, caller, resource), deps.clock()), 200);
  });
}

/** The body of a request as an upload, however its pieces come. */
export function uploadOf(
  c: AppContext,
  headers: z.output<typeof UploadHeadersSchema>,
  { rejectShareMax }: Pick<Upload, 'rejectShareMax'>,
  { uploadPauseMsMax }: Pick<AppDeps['limits'], 'uploadPauseMsMax'>,
): Upload {
  return {
    ...formatOf(c),
    body: withoutPauses(bodyOf(c), uploadPauseMsMax),
    declaredBytes: declaredBytesOf(c.req.header('content-length')),
    declaredSha256: declaredSha256Of(headers['Content-Digest']),
    manifest: headers['Sluice-Manifest'] ?? null,
    rejectShareMax,
    append: null,
    signal: c.req.raw.signal,
  };
}

/** Who may send rows knows them; who may read reports is not trusted with rows. */
function viewOf(deps: AppDeps, caller: Caller, resource: Resource): VersionView {
  if (isPermitted(deps, caller, 'resource:upload', resourceTarget(resource))) return 'own';
  return isPermitted(deps, caller, 'resource:read-report', resourceTarget(resource)) ? 'authority' : 'public';
}

/** GBK and GB 2312 are parts of GB 18030. */
const ENCODINGS: Readonly<Record<string, Upload['encoding']>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'utf-8',
  gb18030: 'gb18030',
  gbk: 'gb18030',
  gb2312: 'gb18030',
};
const ACCEPTED = ['text/csv', 'text/csv; charset=gb18030', PARQUET];

function formatOf(c: AppContext): Pick<Upload, 'format' | 'encoding'> {
  refuseContentCoding(c);
  const contentType = c.req.header('content-type') ?? '';
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  if (type === PARQUET) return { format: 'parquet', encoding: 'auto' };
  const charset = parameters.find((part) => part.startsWith('charset='))?.slice('charset='.length);
  const encoding = charset === undefined ? 'auto' : ENCODINGS[charset.replaceAll('"', '')];
  // RFC 4180 names `header=absent`: such a file does not say which column is which.
  if (type !== 'text/csv' || encoding === undefined || parameters.includes('header=absent')) {
    throw new AppError('MEDIA_TYPE_UNSUPPORTED', { mediaType: contentType, accepted: ACCEPTED });
  }
  return { format: 'csv', encoding };
}

function declaredBytesOf(contentLength: string | undefined): number | null {
  return contentLength !== undefined && /^\d{1,15}$/.test(contentLength) ? Number(contentLength) : null;
}

async function* bodyOf(c: AppContext): AsyncGenerator<Uint8Array> {
  const { body } = c.req.raw;
  if (body !== null) yield* body;
}
