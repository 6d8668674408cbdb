import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { JSONValue } from 'hono/utils/types';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { columnJson } from '../formats/result-json.ts';
import type { Explanation } from '../jobs/job-service.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import { ExplainRequestSchema, ExplanationSchema } from './schemas/job.ts';
import { json, problems } from './schemas/problem.ts';

const explainRoute = createRoute({
  method: 'post',
  path: '/v1/explain',
  operationId: 'explainQuery',
  summary: 'What would happen to a query',
  description: 'Every stage of the compiler, the release mode and why, and the rules that may withhold cells. Free.',
  tags: [TAG.developers],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: ExplainRequestSchema } } },
  },
  responses: {
    200: json(ExplanationSchema, 'the explanation'),
    ...problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
  },
});

function privacyJson({
  charges,
  mechanisms,
  outputs,
  errors,
  choices,
  boundaries,
}: NonNullable<Explanation['privacy']>) {
  return {
    charges: charges.map((charge) => ({ ...charge })),
    mechanisms: mechanisms.map((mechanism) => ({ ...mechanism })),
    outputs: outputs.map((output) => ({ ...output })),
    errors: errors.map((error) => ({ ...error })),
    choices: choices.map((choice) => ({ ...choice })),
    boundaries: boundaries.map(({ bounding, rowsTaken, groups }) => ({ bounding: { ...bounding }, rowsTaken, groups })),
  };
}

export function registerExplain(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(explainRoute, async (c) => {
    const { plan, sql, options } = c.req.valid('json');
    const asked = { plan, sql, privacy: options?.privacy ?? null };
    const { because, columns, rules, cipher, cost, privacy, versions, stages, ...rest } = await deps.jobs.explain(
      c.get('caller'),
      asked,
    );
    return c.json(
      {
        ...rest,
        because: because.map((cause) => ({ ...cause })),
        columns: columns.map(columnJson),
        rules: rules.map((rule) => ({ ...rule })),
        cipher: cipher === null ? null : { ...cipher },
        cost: { ...cost },
        privacy: privacy === null ? null : privacyJson(privacy),
        versions: { ...versions, tables: versions.tables.map((table) => ({ ...table })) },
        // WHY through JSON: stage values are JSON by contract; what is `undefined` in them must not be sent as such.
        stages: stages.map(({ stage, value }) => ({ stage, value: JSON.parse(JSON.stringify(value)) as JSONValue })),
      },
      200,
    );
  });
}
