import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Job } from '#catalog';
import { AppError, assert } from '#policies';
import type { AppContext, AppDeps, AppEnv } from '../app-deps.ts';
import { chooseMediaType } from '../formats/negotiate.ts';
import { resultArrow } from '../formats/result-arrow.ts';
import { resultCsv, resultCsvHeaders } from '../formats/result-csv.ts';
import { resultJson } from '../formats/result-json.ts';
import type { StoredResult } from '../formats/stored-result.ts';
import { readableJob } from './access.ts';
import { eventStream } from './event-stream.ts';
import { isFinal } from './job-json.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import { JobParamsSchema } from './schemas/job.ts';
import { problems } from './schemas/problem.ts';
import { ResultSchema } from './schemas/result.ts';

const ARROW = 'application/vnd.apache.arrow.stream';
const FORMATS = ['application/json', 'text/csv', ARROW] as const;

const resultRoute = createRoute({
  method: 'get',
  path: '/v1/jobs/{id}/result',
  operationId: 'readJobResult',
  summary: 'Read a released result',
  description:
    'JSON, CSV (RFC 4180) or an Arrow IPC stream, by Accept. CSV and Arrow carry what JSON has beside the rows in ' +
    'headers (`Sluice-Mode`, `Sluice-Suppressed` …) and in schema metadata (`sluice`). 409 while there is no result.',
  tags: [TAG.developers],
  security: AUTHENTICATED,
  request: {
    params: JobParamsSchema,
    query: z.strictObject({
      spreadsheet: z
        .enum(['true', 'false'])
        .optional()
        .openapi({
          type: 'boolean',
          enum: [true, false],
          default: false,
          description:
            'CSV for Excel and WPS: a byte order mark, and an apostrophe before text that would be a formula',
        }),
    }),
  },
  responses: {
    200: {
      description: 'the released result',
      content: {
        'application/json': { schema: ResultSchema },
        'text/csv': { schema: z.string() },
        [ARROW]: { schema: z.string().openapi({ format: 'binary' }) },
      },
    },
    ...problems(400, 401, 403, 404, 406, 409, 410, 503),
  },
});

const eventsRoute = createRoute({
  method: 'get',
  path: '/v1/jobs/{id}/events',
  operationId: 'followJob',
  summary: 'Follow a job',
  description:
    'Server-sent events: `state` with `{"state","at"}`, numbered from 1, ending after a final state. A client that ' +
    'sends `Last-Event-ID` gets only what came after.',
  tags: [TAG.developers],
  security: AUTHENTICATED,
  request: {
    params: JobParamsSchema,
    query: NO_QUERY,
    headers: z.object({
      'Last-Event-ID': z.string().max(100).optional().openapi({ description: 'the id of the last event received' }),
    }),
  },
  responses: {
    200: { description: 'the events', content: { 'text/event-stream': { schema: z.unknown() } } },
    ...problems(400, 401, 404, 406),
  },
});

const receiptRoute = createRoute({
  method: 'get',
  path: '/v1/jobs/{id}/receipt',
  operationId: 'readJobReceipt',
  summary: 'Read a job’s receipt',
  description: 'A C2SP `.tlog-proof`: inclusion of the job’s outcome in the access log under a signed checkpoint.',
  tags: [TAG.developers, TAG.security],
  security: AUTHENTICATED,
  request: { params: JobParamsSchema, query: NO_QUERY },
  responses: {
    200: { description: 'the proof', content: { 'text/plain': { schema: z.string() } } },
    ...problems(400, 401, 404, 409, 503),
  },
});

export function registerJobResult(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(resultRoute, async (c) => {
    const { id } = c.req.valid('param');
    const job = await readableJob(deps, c.get('caller'), 'job:read', id);
    const result = requireResult(deps, job, deps.jobs.result(id));
    return sendResult(c, job, result, c.req.valid('query').spreadsheet === 'true');
  });

  app.openapi(eventsRoute, async (c) => {
    const { id } = c.req.valid('param');
    const lastId = Number(/^\d{1,9}$/.exec(c.req.valid('header')['Last-Event-ID'] ?? '')?.[0] ?? 0);
    chooseMediaType(c.req.header('accept'), ['text/event-stream']);
    await readableJob(deps, c.get('caller'), 'job:read', id);
    const headers = { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' };
    // WHY: the framework answers HEAD by running GET and dropping the body, which would leave a stream open.
    if (c.req.method === 'HEAD') return c.body(null, 200, headers);
    const stream = eventStream(deps, id, lastId, c.req.raw.signal);
    return c.body(stream, 200, headers);
  });

  app.openapi(receiptRoute, async (c) => {
    const { id } = c.req.valid('param');
    const job = await readableJob(deps, c.get('caller'), 'job:read', id);
    const { outcomeIndex } = job;
    if (!isFinal(job.state) || outcomeIndex === null) {
      throw new AppError('JOB_STATE', { id, state: job.state, accepted: 'a job that has ended' });
    }
    c.header('Content-Disposition', `attachment; filename="${id}.tlog-proof"`);
    return c.text(await receiptOf(deps, outcomeIndex), 200);
  });
}

/** Under the checkpoint that the witness has cosigned, where it covers the entry. */
export async function receiptOf({ log, cosigned }: AppDeps, index: number): Promise<string> {
  const newest = await log.advance();
  const witnessed = cosigned?.latest() ?? null;
  return log.receipt(index, witnessed !== null && index < witnessed.size ? witnessed : newest);
}

/** A refused or failed job has a problem instead: the job itself tells it. */
function requireResult(deps: AppDeps, job: Job, result: StoredResult | null): StoredResult {
  if (result !== null && job.state === 'finished') return result;
  const held = deps.jobs.whyHeld(job.id);
  if (held !== null) throw held;
  if (result === null && job.state === 'finished') throw new AppError('RESULT_EXPIRED', { id: job.id });
  throw new AppError('JOB_STATE', { id: job.id, state: job.state, accepted: 'finished' });
}

function sendResult(c: AppContext, job: Job, result: StoredResult, spreadsheet: boolean): Response {
  const { id, outcomeIndex } = job;
  assert(outcomeIndex !== null, 'a finished job has its outcome in the log');
  // WHY JSON alone: beside it the others have no place for what is sealed.
  const format = chooseMediaType(c.req.header('accept'), result.sealed === undefined ? FORMATS : [FORMATS[0]]);
  if (format === 'application/json') return c.json(resultJson(id, outcomeIndex, result), 200);
  const extension = format === 'text/csv' ? 'csv' : 'arrows';
  c.header('Content-Disposition', `attachment; filename="${id}.${extension}"`);
  for (const [name, value] of Object.entries(resultCsvHeaders(id, outcomeIndex, result))) c.header(name, value);
  if (format === 'text/csv') {
    return c.body(resultCsv(result, { spreadsheet }), 200, {
      'Content-Type': 'text/csv; charset=utf-8; header=present',
    });
  }
  return c.body(Buffer.from(resultArrow(id, outcomeIndex, result)), 200, { 'Content-Type': ARROW });
}
