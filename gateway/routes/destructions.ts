import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { closeEntry, type Destruction, findDestruction, readEntries } from '#catalog';
import { AppError } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { CertificateSchema } from '../resources/certificate.ts';
import { requirePermit, resourceTarget } from './access.ts';
import { receiptOf } from './job-result.ts';
import { readableResource } from './resources.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import { CertifiedDestructionSchema, VersionParamsSchema } from './schemas/destruction.ts';
import { json, problems } from './schemas/problem.ts';

const destroyRoute = createRoute({
  method: 'delete',
  path: '/v1/resources/{id}/versions/{version}',
  operationId: 'destroyVersion',
  summary: 'Destroy a version',
  description:
    'For good: its key is overwritten, its files are removed, and the gateway’s folders are searched for copies. No job ' +
    'reads it from the order on. Answers when the last job that was using it has ended. Asked again, answers the same.',
  tags: [TAG.providers, TAG.bureau],
  security: AUTHENTICATED,
  request: { params: VersionParamsSchema, query: NO_QUERY },
  responses: {
    200: json(CertifiedDestructionSchema, 'destroyed, with the certificate'),
    ...problems(400, 401, 403, 404, 409, 503),
  },
});

const certificateRoute = createRoute({
  method: 'get',
  path: '/v1/resources/{id}/versions/{version}/certificate',
  operationId: 'readDestructionCertificate',
  summary: 'Read a destruction certificate',
  description: '409 while the version is being destroyed; 404 where it is not to be.',
  tags: [TAG.providers, TAG.bureau, TAG.security],
  security: AUTHENTICATED,
  request: { params: VersionParamsSchema, query: NO_QUERY },
  responses: {
    200: json(CertifiedDestructionSchema, 'the certificate'),
    ...problems(400, 401, 403, 404, 409, 503),
  },
});

export function registerDestructions(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(destroyRoute, async (c) => {
    const { id, version } = c.req.valid('param');
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'resource:destroy', resourceTarget(readableResource(deps, caller, id)));
    return c.json(await certified(deps, await deps.destructions.destroy(caller, id, version)), 200);
  });

  app.openapi(certificateRoute, async (c) => {
    const { id, version } = c.req.valid('param');
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'resource:read-report', resourceTarget(readableResource(deps, caller, id)));
    const destruction = deps.store.read((db) => findDestruction(db, id, version));
    if (destruction === null) throw new AppError('RESOURCE_NOT_FOUND', { id: `${id}@${version}` });
    return c.json(await certified(deps, destruction), 200);
  });
}

/** Errors: RESOURCE_STATE while there is no certificate. */
async function certified(
  deps: AppDeps,
  { resource, version, certificate, entryIndex }: Destruction,
): Promise<z.output<typeof CertifiedDestructionSchema>> {
  if (certificate === null || entryIndex === null) {
    const id = `${resource}@${version}`;
    throw new AppError('RESOURCE_STATE', { id, state: 'being destroyed', accepted: ['destroyed'] });
  }
  const [entry] = deps.store.read((db) => readEntries(db, entryIndex, entryIndex + 1));
  return {
    certificate: CertificateSchema.parse(JSON.parse(certificate)),
    entry: closeEntry(entry!) as z.output<typeof CertifiedDestructionSchema>['entry'],
    receipt: await receiptOf(deps, entryIndex),
  };
}
