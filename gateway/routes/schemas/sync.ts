import { z } from '@hono/zod-openapi';
import { MISMATCH_KINDS, MISMATCH_VERDICTS, SYNC_KINDS, SYNC_SIDES } from '#policies';
import { DaySchema, InstantSchema, OrgIdSchema, oneLine, PlanIdSchema } from './common.ts';

export const SyncPeerRequestSchema = z
  .strictObject({
    id: OrgIdSchema.openapi({ description: 'its organisation, whose registered keys sign for it' }),
    side: z.enum(SYNC_SIDES).openapi({
      description: 'outside: catalogue entries and resource requests; inside: catalogue entries and notices of batches',
    }),
  })
  .openapi('SyncPeerRequest', { example: { id: 'province', side: 'outside' } });
export const SyncPeerSchema = z
  .object({
    id: z.string(),
    side: z.enum(SYNC_SIDES),
    org: z.string().openapi({ description: 'the bureau that declared it' }),
    declaredBy: z.string(),
    declaredAt: InstantSchema,
    confirmedBy: z.string().nullable(),
    confirmedAt: InstantSchema.nullable(),
    home: z.string().openapi({ description: '`to` of its envelopes: the verifier key of the log' }),
    next: z.int().openapi({ description: 'number of its next envelope' }),
    listedDay: z.string().nullable().openapi({ description: 'the last day of which its list is here' }),
  })
  .openapi('SyncPeer');
export const SyncPeerListSchema = z.object({ items: z.array(SyncPeerSchema) }).openapi('SyncPeerList');
export const SyncPeerParamsSchema = z.object({ id: OrgIdSchema.openapi({ example: 'province' }) });

/** WHY so long: a list of a day names thousands of envelopes. */
const SignedSchema = z
  .string()
  .max(900_000)
  .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  .openapi({ description: 'compact JWS (EdDSA) by a key of the peer' });

export const EnvelopeRequestSchema = z
  .strictObject({
    envelope: SignedSchema.openapi({
      description:
        'JWS of type `sluice-envelope+jws` over `{v: 1, from, to, key, sequence, kind, at, payloadSha256}`, the digest being of the payload’s ' +
        'canonical JSON (RFC 8785)',
    }),
    payload: z.looseObject({}).openapi({
      description:
        'catalogue-entry: `{provider, dataset}` (DCAT-3); resource-request: `{provider, title, need, class}`; batch-notice: `{resource, sha256}`',
    }),
  })
  .openapi('SyncEnvelopeRequest');
export const EnvelopeReceiptSchema = z
  .object({
    peer: z.string(),
    key: z.string(),
    sequence: z.int(),
    kind: z.enum(SYNC_KINDS),
    day: z.string(),
    digest: z.string().openapi({ description: 'SHA-256 of what the peer signed' }),
    subject: z.string().openapi({ description: 'the table or the demand that it is about' }),
    isRepeat: z.boolean().openapi({ description: 'it was here already: nothing changed' }),
    entry: z.looseObject({}).openapi({ description: 'the log entry that names it' }),
    receipt: z.string().openapi({ description: 'proof that the entry is in the signed log' }),
  })
  .openapi('SyncEnvelopeReceipt');

export const ReconciliationRequestSchema = z
  .strictObject({
    list: SignedSchema.openapi({
      description:
        'JWS of type `sluice-envelope-list+jws` over `{v: 1, from, to, day, envelopes: [{key, digest}]}`: what the peer signed that day in Asia/Shanghai',
    }),
  })
  .openapi('SyncReconciliationRequest');
const FoundSchema = z.object({ key: z.string(), kind: z.enum(MISMATCH_KINDS) });
export const ReconciliationSchema = z
  .object({
    day: DaySchema,
    compared: z.int(),
    isNew: z.boolean(),
    mismatches: z.array(FoundSchema).openapi({ description: 'what came through these rests until it is decided' }),
  })
  .openapi('SyncReconciliation');

export const SyncMismatchSchema = FoundSchema.extend({
  peer: z.string(),
  day: z.string(),
  foundBy: z.string(),
  foundAt: InstantSchema,
  verdict: z.enum(MISMATCH_VERDICTS).nullable(),
  reason: z.string().nullable(),
  decidedBy: z.string().nullable(),
  decidedAt: InstantSchema.nullable(),
}).openapi('SyncMismatch');
export const SyncMismatchListSchema = z.object({ items: z.array(SyncMismatchSchema) }).openapi('SyncMismatchList');
export const SyncMismatchQuerySchema = z.strictObject({ state: z.enum(['open', 'all']).optional() });
export const SyncMismatchParamsSchema = SyncPeerParamsSchema.extend({
  key: PlanIdSchema.openapi({ example: 'entry-7' }),
});
export const SyncDecisionSchema = z
  .strictObject({
    verdict: z.enum(MISMATCH_VERDICTS).openapi({ description: 'whether what came through the envelope counts' }),
    reason: oneLine(1_000),
  })
  .openapi('SyncDecision');
