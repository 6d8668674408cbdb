import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { AppError } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { type ReadDataset, readDcat } from '../formats/dcat-in.ts';
import type { Caller } from '../identity/index.ts';
import { requirePermit } from './access.ts';
import { declaredDataset } from './declared-dataset.ts';
import { DcatImportSchema, DcatInSchema } from './schemas/catalogue.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import { json, problems } from './schemas/problem.ts';

const importRoute = createRoute({
  method: 'post',
  path: '/v1/catalogue-imports',
  operationId: 'importDcat',
  summary: 'Take in a catalogue as drafts',
  description:
    'DCAT-3 as JSON-LD, a dcat:Catalog, a dcat:Dataset, or a @graph of them, in the terms that `GET /v1/resources` writes. Each dataset becomes a draft of the caller’s own ' +
    'organisation, or is refused with what is wrong. Columns without a level come in as sensitive and general-4. Nothing is listed by it.',
  tags: [TAG.providers],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: {
      required: true,
      content: { 'application/json': { schema: DcatInSchema }, 'application/ld+json': { schema: DcatInSchema } },
    },
  },
  responses: {
    200: json(DcatImportSchema, 'what became of each dataset'),
    ...problems(400, 401, 403, 408, 413, 415, 422, 503),
  },
});

type Outcome = z.output<typeof DcatImportSchema>['items'][number];

export function registerDcatImport(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(importRoute, async (c) => {
    const caller = c.get('caller');
    const target = { type: 'Resource', id: 'import', attrs: { provider: caller.org } } as const;
    await requirePermit(deps, caller, 'resource:register', target);
    const datasets = readDcat(c.req.valid('json'));
    if (datasets === null)
      throw new AppError('RESOURCE_INVALID', { path: '@type', problem: 'not a catalogue of at most 500 datasets' });
    const items: Outcome[] = [];
    for (const dataset of datasets) items.push(await register(deps, caller, dataset));
    return c.json({ items }, 200);
  });
}

async function register(deps: AppDeps, caller: Caller, dataset: ReadDataset): Promise<Outcome> {
  const { id } = dataset;
  if ('problem' in dataset) return { id, outcome: 'refused', code: 'RESOURCE_INVALID', problem: dataset.problem };
  try {
    await deps.resources.register(caller, declaredDataset(dataset));
    return { id, outcome: 'draft', code: null, problem: null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { path, problem } = error.facts;
    return {
      id,
      outcome: 'refused',
      code: error.code,
      problem: path === undefined ? null : `${String(path)}: ${String(problem)}`,
    };
  }
}
