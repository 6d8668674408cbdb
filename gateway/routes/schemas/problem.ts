import { z } from '@hono/zod-openapi';
import { ERROR_CODES } from '#policies';
import { REJECT_REASONS } from '#sandbox';
import type { ProblemStatus } from '../../problem.ts';

export const PlaceSchema = z
  .object({
    offset: z.int().min(0).openapi({ description: 'UTF-16 code units from the start of the SQL text' }),
    line: z.int().min(1),
    column: z.int().min(1),
  })
  .openapi('SourcePlace', { description: 'where in the SQL text; line and column count from 1' });

export const RejectedRowSchema = z
  .object({
    line: z.int().min(1),
    column: z.string().nullable().openapi({ description: 'null: the row as a whole' }),
    reason: z.enum(REJECT_REASONS),
  })
  .openapi('RejectedRow', { description: 'CSV: the line on which the row begins; Parquet: the number of the row' });

export const ProblemSchema = z
  .object({
    type: z.string().openapi({ description: 'a page that explains the code: `/problems/<CODE>`' }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().openapi({ description: 'what is wrong, in the language of `Content-Language`' }),
    code: z.enum(ERROR_CODES as [(typeof ERROR_CODES)[number]]),
    hint: z.string().openapi({ description: 'what would be accepted, or what to do next' }),
    place: PlaceSchema.nullable(),
    facts: z
      .record(z.string(), z.union([z.string(), z.number(), z.array(z.string())]))
      .openapi({ description: 'what fills the message: the words of the request and public metadata, never data' }),
    instance: z.string().optional(),
    job: z.string().optional().openapi({ description: 'the job that this refusal or failure ended' }),
    reference: z.string().optional().openapi({ description: 'INTERNAL only: what the operator can look up' }),
    rejected: z
      .array(RejectedRowSchema)
      .optional()
      .openapi({ description: 'UPLOAD_ROWS_REJECTED only: the first rejected rows, without their values' }),
  })
  .openapi('Problem', {
    description: 'RFC 9457 problem details',
    example: {
      type: '/problems/SQL_FUNCTION_REFUSED',
      title: 'the function is not accepted',
      status: 422,
      detail: 'line 1, column 8: function `string_agg` is not accepted',
      code: 'SQL_FUNCTION_REFUSED',
      hint: 'accepted instead: count, sum, avg, var_samp, stddev_samp …',
      place: { offset: 7, line: 1, column: 8 },
      facts: { function: 'string_agg', accepted: 'count, sum, avg, var_samp, stddev_samp …' },
    },
  });

const MEANING: Readonly<Record<ProblemStatus, string>> = {
  400: 'The request is not valid: its JSON, its fields, its parameters or its headers.',
  401: 'No valid bearer token.',
  403: 'The caller, or a policy about the columns involved, does not permit this.',
  404: 'Absent, or not readable for this caller: the two look the same.',
  405: 'Another method is accepted here.',
  406: 'No format that the Accept header names.',
  408: 'The body came too slowly.',
  409: 'The state of the thing does not allow this.',
  410: 'It was there, and is destroyed for good.',
  413: 'The body is too large.',
  415: 'The media type, charset or content coding is not accepted.',
  422: 'Well-formed, but refused: the SQL, the declaration or the uploaded file.',
  429: 'Too many requests; see Retry-After.',
  500: 'A bug or a broken store. Nothing is said but a reference.',
  503: 'Busy or not available; see Retry-After.',
};

interface ProblemResponse {
  description: string;
  content: { 'application/problem+json': { schema: typeof ProblemSchema } };
}

/** The problem responses of an operation. 500 is always among them: a bug can be anywhere. */
export function problems<const S extends ProblemStatus>(...statuses: S[]): Record<S | 500, ProblemResponse> {
  const entries = [...statuses, 500 as const].map((status) => [
    status,
    { description: MEANING[status], content: { 'application/problem+json': { schema: ProblemSchema } } },
  ]);
  return Object.fromEntries(entries) as Record<S | 500, ProblemResponse>;
}

/** A JSON response. */
export function json<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

/** OpenAPI links: the operations that take the `id` of this response's body. */
export function linksTo(...operationIds: string[]) {
  const parameters = { id: '$response.body#/id' };
  return Object.fromEntries(operationIds.map((operationId) => [operationId, { operationId, parameters }]));
}
