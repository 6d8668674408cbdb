import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { contentHash, type Job } from '#catalog';
import type { AppContext, AppDeps, AppEnv } from '../app-deps.ts';
import type { Language } from '../messages/language.ts';
import { problemOfJob, problemResponse } from '../problem.ts';
import { readableJob, requirePermit } from './access.ts';
import { isFinal, jobJson, jobSummaryJson } from './job-json.ts';
import { waitSecondsOf } from './prefer.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import {
  IdempotencyKeySchema,
  JobListQuerySchema,
  JobPageSchema,
  JobParamsSchema,
  JobRequestSchema,
  JobSchema,
  PreferSchema,
} from './schemas/job.ts';
import { json, linksTo, problems } from './schemas/problem.ts';

const LOCATION = { Location: { schema: { type: 'string' as const }, description: 'the job' } };
const PREFERENCE_APPLIED = {
  'Preference-Applied': { schema: { type: 'string' as const }, description: '`wait=N` where it was waited for' },
};

const JOB_LINKS = linksTo('readJob', 'followJob', 'readJobResult', 'readJobReceipt', 'cancelJob');

const submitRoute = createRoute({
  method: 'post',
  path: '/v1/jobs',
  operationId: 'submitJob',
  summary: 'Submit a job',
  description:
    'Without `Prefer: wait` the answer is 202 with the job as it stands; poll `Location` or follow its events. With ' +
    '`wait=N` it is 200 with the result when the job ends in time, else 202. A job that the compiler or a policy ' +
    'refuses is recorded; the answer is then the problem (422 or 403) with its id.',
  tags: [TAG.developers],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    headers: z.object({ Prefer: PreferSchema, 'Idempotency-Key': IdempotencyKeySchema }),
    body: { required: true, content: { 'application/json': { schema: JobRequestSchema } } },
  },
  responses: {
    200: {
      ...json(JobSchema, 'the job has ended; `result` holds what may leave'),
      headers: { ...LOCATION, ...PREFERENCE_APPLIED },
      links: JOB_LINKS,
    },
    202: { ...json(JobSchema, 'accepted'), headers: { ...LOCATION, ...PREFERENCE_APPLIED } },
    ...problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/jobs',
  operationId: 'listJobs',
  summary: 'List your jobs',
  description: 'The caller’s own jobs, newest first.',
  tags: [TAG.developers],
  security: AUTHENTICATED,
  request: { query: JobListQuerySchema },
  responses: { 200: json(JobPageSchema, 'a page of jobs'), ...problems(400, 401, 403) },
});

const readRoute = createRoute({
  method: 'get',
  path: '/v1/jobs/{id}',
  operationId: 'readJob',
  summary: 'Read a job',
  description: 'With `Prefer: wait=N` the answer waits until the job has ended, at most N seconds.',
  tags: [TAG.developers],
  security: AUTHENTICATED,
  request: { params: JobParamsSchema, query: NO_QUERY, headers: z.object({ Prefer: PreferSchema }) },
  responses: {
    200: { ...json(JobSchema, 'the job; `problem` says why it was refused or failed'), headers: PREFERENCE_APPLIED },
    ...problems(400, 401, 404),
  },
});

const cancelRoute = createRoute({
  method: 'delete',
  path: '/v1/jobs/{id}',
  operationId: 'cancelJob',
  summary: 'Cancel a job',
  description: 'A job that has begun stays charged. 409 when it has ended already.',
  tags: [TAG.developers],
  security: AUTHENTICATED,
  request: { params: JobParamsSchema, query: NO_QUERY },
  responses: { 200: json(JobSchema, 'the job, cancelled or about to be'), ...problems(400, 401, 404, 409, 503) },
});

export function registerJobs(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(submitRoute, async (c) => {
    const request = c.req.valid('json');
    const headers = c.req.valid('header');
    const caller = c.get('caller');
    const language = request.options?.language ?? c.get('language');
    c.set('language', language);
    const submitted = await deps.jobs.submit(caller, {
      plan: request.plan,
      sql: request.sql,
      idempotencyKey: headers['Idempotency-Key'] ?? null,
      requestSha256: contentHash(request),
      sealFor: request.sealFor ?? null,
      options: { deadlineMs: request.options?.deadlineMs ?? null, privacy: request.options?.privacy ?? null },
    });
    const job = await waited(deps, c, submitted, headers.Prefer);
    if (job.problem !== null && job.state !== 'cancelled') return refusedResponse(job, job.problem, language);
    c.header('Location', `/v1/jobs/${job.id}`);
    const body = jobJson(job, deps.jobs.result(job.id), language);
    return isFinal(job.state) ? c.json(body, 200) : c.json(body, 202);
  });

  app.openapi(listRoute, async (c) => {
    const caller = c.get('caller');
    const { after, limit } = c.req.valid('query');
    await requirePermit(deps, caller, 'job:list', {
      type: 'Job',
      id: '*',
      attrs: { org: caller.org, sub: caller.sub },
    });
    const found = deps.jobs.list({
      org: caller.org,
      sub: caller.sub,
      ...(after === undefined ? {} : { after }),
      limit: limit + 1,
    });
    const items = found.slice(0, limit).map((job) => jobSummaryJson(job, c.get('language')));
    return c.json({ items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null }, 200);
  });

  app.openapi(readRoute, async (c) => {
    const { id } = c.req.valid('param');
    const found = await readableJob(deps, c.get('caller'), 'job:read', id);
    const job = await waited(deps, c, found, c.req.valid('header').Prefer);
    return c.json(jobJson(job, deps.jobs.result(id), c.get('language')), 200);
  });

  app.openapi(cancelRoute, async (c) => {
    const { id } = c.req.valid('param');
    await readableJob(deps, c.get('caller'), 'job:cancel', id);
    const job = await deps.jobs.cancel(c.get('caller'), id);
    return c.json(jobJson(job, deps.jobs.result(id), c.get('language')), 200);
  });
}

async function waited(deps: AppDeps, c: AppContext, job: Job, prefer: string | undefined): Promise<Job> {
  const seconds = waitSecondsOf(prefer, deps.limits.waitSecondsMax);
  if (seconds === null || c.req.method === 'HEAD') return job;
  c.header('Preference-Applied', `wait=${seconds}`);
  return isFinal(job.state) ? job : deps.jobs.wait(job.id, seconds * 1_000, c.req.raw.signal);
}

/**
 * WHY a cast: a refusal is an answer of its own media type, documented beside the others; the typed helpers of the
 * framework only know how to make JSON of the type `application/json`.
 */
function refusedResponse(job: Job, failure: NonNullable<Job['problem']>, language: Language): never {
  return problemResponse(problemOfJob(job.id, failure, language), language) as never;
}
