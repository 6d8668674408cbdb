import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import {
  closeEntry,
  lastListedDay,
  lastSequence,
  listMismatches,
  listPeers,
  readEntries,
  type SyncMismatch,
  type SyncPeer,
} from '#catalog';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import type { Target } from '../identity/index.ts';
import type { Delivered } from '../sync/sync-service.ts';
import { isPermitted, requirePermit } from './access.ts';
import { receiptOf } from './job-result.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import { json, problems } from './schemas/problem.ts';
import {
  EnvelopeReceiptSchema,
  EnvelopeRequestSchema,
  ReconciliationRequestSchema,
  ReconciliationSchema,
  SyncDecisionSchema,
  SyncMismatchListSchema,
  SyncMismatchParamsSchema,
  SyncMismatchQuerySchema,
  SyncMismatchSchema,
  SyncPeerListSchema,
  SyncPeerParamsSchema,
  SyncPeerRequestSchema,
  SyncPeerSchema,
} from './schemas/sync.ts';

const body = <S extends z.ZodType>(schema: S) => ({
  required: true,
  content: { 'application/json': { schema } },
});
const CHANGES = problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 503);

const declareRoute = createRoute({
  method: 'post',
  path: '/v1/sync-peers',
  operationId: 'declareSyncPeer',
  summary: 'Declare a platform that hands over entries, requests or notices',
  description: 'It counts once another person of the bureau has confirmed it. Its keys: `/v1/party-keys`, by itself.',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: { query: NO_QUERY, body: body(SyncPeerRequestSchema) },
  responses: { 201: json(SyncPeerSchema, 'declared'), ...problems(400, 401, 403, 408, 409, 413, 415, 503) },
});

const confirmRoute = createRoute({
  method: 'post',
  path: '/v1/sync-peers/{id}/confirmation',
  operationId: 'confirmSyncPeer',
  summary: 'Confirm a platform',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: { params: SyncPeerParamsSchema, query: NO_QUERY },
  responses: { 200: json(SyncPeerSchema, 'confirmed'), ...problems(400, 401, 403, 404, 409, 503) },
});

const peersRoute = createRoute({
  method: 'get',
  path: '/v1/sync-peers',
  operationId: 'listSyncPeers',
  summary: 'List platforms',
  description: 'A platform sees itself.',
  tags: [TAG.bureau, TAG.security],
  security: AUTHENTICATED,
  request: { query: NO_QUERY },
  responses: { 200: json(SyncPeerListSchema, 'the platforms'), ...problems(400, 401, 503) },
});

const deliverRoute = createRoute({
  method: 'post',
  path: '/v1/sync-peers/{id}/envelopes',
  operationId: 'deliverEnvelope',
  summary: 'Hand over an envelope',
  description:
    'Sent again, it changes nothing and gets the same receipt. Other content under its key, a gap in the numbers, another signature, gateway or ' +
    'peer, and what is older than seven days are refused. Entries become drafts, requests become demands; nothing is listed by it.',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: { params: SyncPeerParamsSchema, query: NO_QUERY, body: body(EnvelopeRequestSchema) },
  responses: { 200: json(EnvelopeReceiptSchema, 'the receipt'), ...CHANGES },
});

const reconcileRoute = createRoute({
  method: 'post',
  path: '/v1/sync-peers/{id}/reconciliations',
  operationId: 'reconcileSyncDay',
  summary: 'Hand over the list of a day',
  description:
    'Held against what was received of that day; due by the end of the next working day. What came through envelopes that do not agree, or whose ' +
    'day nobody reconciled in time, rests: jobs that would read it are refused.',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: { params: SyncPeerParamsSchema, query: NO_QUERY, body: body(ReconciliationRequestSchema) },
  responses: { 200: json(ReconciliationSchema, 'what does not agree'), ...CHANGES },
});

const mismatchesRoute = createRoute({
  method: 'get',
  path: '/v1/sync-mismatches',
  operationId: 'listSyncMismatches',
  summary: 'List what does not agree',
  description: 'Open ones, or all; the oldest first, at most 1,000. A platform sees its own.',
  tags: [TAG.bureau, TAG.security],
  security: AUTHENTICATED,
  request: { query: SyncMismatchQuerySchema },
  responses: { 200: json(SyncMismatchListSchema, 'the mismatches'), ...problems(400, 401, 503) },
});

const decideRoute = createRoute({
  method: 'post',
  path: '/v1/sync-peers/{id}/mismatches/{key}/decision',
  operationId: 'decideSyncMismatch',
  summary: 'Decide a mismatch',
  description: 'With a reason, by somebody who carried neither the envelope nor the list here.',
  tags: [TAG.bureau],
  security: AUTHENTICATED,
  request: { params: SyncMismatchParamsSchema, query: NO_QUERY, body: body(SyncDecisionSchema) },
  responses: { 200: json(SyncMismatchSchema, 'decided'), ...problems(400, 401, 403, 404, 408, 409, 413, 415, 503) },
});

export function registerSync(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(declareRoute, async (c) => {
    const caller = c.get('caller');
    const { id, side } = c.req.valid('json');
    await requirePermit(deps, caller, 'sync:declare', targetOf(id));
    return c.json(peerJson(deps, await deps.sync.declare(caller, id, side)), 201);
  });

  app.openapi(confirmRoute, async (c) => {
    const caller = c.get('caller');
    const { id } = c.req.valid('param');
    await requirePermit(deps, caller, 'sync:declare', targetOf(id));
    return c.json(peerJson(deps, await deps.sync.confirm(caller, id)), 200);
  });

  app.openapi(peersRoute, (c) => {
    const mayRead = ({ id }: SyncPeer) => isPermitted(deps, c.get('caller'), 'sync:read', targetOf(id));
    const items = deps.store.read(listPeers).filter(mayRead);
    return c.json({ items: items.map((peer) => peerJson(deps, peer)) }, 200);
  });

  app.openapi(deliverRoute, async (c) => {
    const caller = c.get('caller');
    const { id } = c.req.valid('param');
    await requirePermit(deps, caller, 'sync:deliver', targetOf(id));
    return c.json(await receiptJson(deps, await deps.sync.deliver(caller, id, c.req.valid('json'))), 200);
  });

  app.openapi(reconcileRoute, async (c) => {
    const caller = c.get('caller');
    const { id } = c.req.valid('param');
    await requirePermit(deps, caller, 'sync:deliver', targetOf(id));
    const { day, compared, isNew, mismatches } = await deps.sync.reconcile(caller, id, c.req.valid('json').list);
    return c.json({ day, compared, isNew, mismatches: mismatches.map((one) => ({ ...one })) }, 200);
  });

  app.openapi(mismatchesRoute, (c) => {
    const isOpen = c.req.valid('query').state !== 'all';
    const mayRead = ({ peer }: SyncMismatch) => isPermitted(deps, c.get('caller'), 'sync:read', targetOf(peer));
    const items = deps.store.read((db) => listMismatches(db, { isOpen })).filter(mayRead);
    return c.json({ items: items.map((one) => ({ ...one })) }, 200);
  });

  app.openapi(decideRoute, async (c) => {
    const caller = c.get('caller');
    const { id, key } = c.req.valid('param');
    await requirePermit(deps, caller, 'sync:decide', targetOf(id));
    return c.json({ ...(await deps.sync.decide(caller, id, key, c.req.valid('json'))) }, 200);
  });
}

const targetOf = (peer: string): Target => ({ type: 'SyncPeer', id: peer, attrs: { org: peer } });

function peerJson({ store, log }: AppDeps, peer: SyncPeer): z.output<typeof SyncPeerSchema> {
  const received = store.read((db) => ({ next: lastSequence(db, peer.id) + 1, listedDay: lastListedDay(db, peer.id) }));
  return { ...peer, home: log.verifierKey, ...received };
}

/** The receipt is the log's own: the entry that names the envelope, and the proof that it stands in the signed log. */
async function receiptJson(
  deps: AppDeps,
  { envelope, isRepeat }: Delivered,
): Promise<z.output<typeof EnvelopeReceiptSchema>> {
  const { peer, key, sequence, kind, day, digest, subject, entryIndex } = envelope;
  const [entry] = deps.store.read((db) => readEntries(db, entryIndex, entryIndex + 1));
  const told = { peer, key, sequence, kind, day, digest, subject, isRepeat };
  return { ...told, entry: { ...closeEntry(entry!) }, receipt: await receiptOf(deps, entryIndex) };
}
