import { z } from '@hono/zod-openapi';
import { CANARY_REACTIONS } from '#policies';
import { InstantSchema, LimitSchema, oneLine, pageOf } from './common.ts';

const ReactionSchema = z.enum(CANARY_REACTIONS).openapi({
  description: '`freeze`: the developer is frozen at once; `report`: the release is stopped and the log tells',
});

export const CanaryRequestSchema = z
  .strictObject({
    value: oneLine(4_000).openapi({ description: 'kept as a keyed digest only', writeOnly: true }),
    label: oneLine(200).openapi({ description: 'by which people know it; not the value' }),
    onHit: ReactionSchema.default('freeze'),
  })
  .openapi('CanaryRequest', { description: 'a value that must never leave' });

export const CanarySchema = z
  .object({
    id: z.string(),
    label: z.string(),
    onHit: ReactionSchema,
    createdBy: z.string().openapi({ description: '`org/sub`; a freeze by this canary is in this name' }),
    createdAt: InstantSchema,
    retiredBy: z.string().nullable(),
    retiredAt: InstantSchema.nullable(),
  })
  .openapi('Canary');

export const CanaryPageSchema = pageOf(CanarySchema).openapi('CanaryPage');
export const CanaryParamsSchema = z.object({ id: z.uuid() });
export const CanaryListQuerySchema = z.strictObject({ after: z.uuid().optional(), limit: LimitSchema });

const MsSchema = z.int().min(0).nullable();
export const DrillReportSchema = z
  .object({
    id: z.string(),
    detected: z.boolean(),
    detectionMs: MsSchema.openapi({ description: 'from the arrival of the query to the hit' }),
    closureMs: MsSchema.openapi({
      description: 'from the hit until the developer is frozen, workers dead, all durable',
    }),
    jobsStopped: z.int().min(0),
    workersStopped: z.int().min(0),
    leftBehind: z.int().min(0).openapi({ description: 'steps of the drill that could not be undone' }),
  })
  .openapi('DrillReport');
