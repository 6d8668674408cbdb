import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { AppError } from '#policies';
import type { AppContext, AppDeps, AppEnv } from '../app-deps.ts';
import { parseTilePath, type TileAddress } from '../audit/index.ts';
import { appendChange } from '../log-change.ts';
import { LOG_TARGET, requirePermit } from './access.ts';
import { receiptOf } from './job-result.ts';
import { requestInvalid, sentencesOf } from './request-invalid.ts';
import {
  ConsistencyQuerySchema,
  EntriesTileParamsSchema,
  ProofQuerySchema,
  TileParamsSchema,
} from './schemas/audit.ts';
import { AUTHENTICATED, NO_QUERY, PUBLIC, TAG } from './schemas/common.ts';
import { json, problems } from './schemas/problem.ts';

/** What an outsider verifies the log with (C2SP tlog-tiles): hashes and signatures are public, entries are not. */

const text = (description: string) => ({ description, content: { 'text/plain': { schema: z.string() } } });
const binary = (description: string) => ({
  description,
  content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
});

const checkpointRoute = createRoute({
  method: 'get',
  path: '/v1/audit/checkpoint',
  operationId: 'readCheckpoint',
  summary: 'The signed head of the access log',
  description: 'A C2SP checkpoint over every entry so far: origin, size, root hash, signature.',
  tags: [TAG.security, TAG.everyone],
  security: PUBLIC,
  request: { query: NO_QUERY },
  responses: { 200: text('the checkpoint, a signed note'), ...problems(400, 503) },
});

const keyRoute = createRoute({
  method: 'get',
  path: '/v1/audit/key',
  operationId: 'readAuditKey',
  summary: 'The key that checkpoints are signed with',
  description:
    'A verifier key (`name+id+key`) as note verifiers take it. While a new key takes over, a second line has the former ' +
    'one, which signs as well.',
  tags: [TAG.security, TAG.everyone],
  security: PUBLIC,
  request: { query: NO_QUERY },
  responses: { 200: text('the verifier key'), ...problems(400) },
});

const proofRoute = createRoute({
  method: 'get',
  path: '/v1/audit/proof',
  operationId: 'readAuditProof',
  summary: 'Proof that an entry is in the log',
  description: 'A C2SP `.tlog-proof` of the entry with this index.',
  tags: [TAG.security, TAG.everyone],
  security: PUBLIC,
  request: { query: ProofQuerySchema },
  responses: { 200: text('the proof'), ...problems(400, 404, 503) },
});

const ConsistencySchema = z
  .object({
    from: z.int().min(0),
    to: z.int().min(0),
    hashes: z.array(z.string()).openapi({ description: 'base64, in the order of RFC 6962 §2.1.2' }),
    checkpoint: z.string(),
  })
  .openapi('ConsistencyProof');
const consistencyRoute = createRoute({
  method: 'get',
  path: '/v1/audit/consistency',
  operationId: 'readConsistencyProof',
  summary: 'Proof that nothing of the log was changed',
  description: 'The log of `from` entries is a beginning of the log of today.',
  tags: [TAG.security, TAG.everyone],
  security: PUBLIC,
  request: { query: ConsistencyQuerySchema },
  responses: { 200: json(ConsistencySchema, 'the proof'), ...problems(400, 404, 503) },
});

const tileRoute = createRoute({
  method: 'get',
  path: '/v1/audit/tile/{level}/{tile}',
  operationId: 'readTile',
  summary: 'A tile of hashes',
  description: 'At most 256 hashes. `tile` may hold slashes (`x001/234`), encoded or not.',
  tags: [TAG.security, TAG.everyone],
  security: PUBLIC,
  request: { params: TileParamsSchema, query: NO_QUERY },
  responses: { 200: binary('hashes of 32 bytes'), ...problems(400, 404) },
});

const entriesRoute = createRoute({
  method: 'get',
  path: '/v1/audit/tile/entries/{tile}',
  operationId: 'readEntriesTile',
  summary: 'A tile of entries',
  description: 'At most 256 entries, each after its length in two bytes. For those who may read the whole log; logged.',
  tags: [TAG.security],
  security: AUTHENTICATED,
  request: { params: EntriesTileParamsSchema, query: NO_QUERY },
  responses: { 200: binary('the entries'), ...problems(400, 401, 403, 404, 503) },
});

export function registerAuditTiles(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(checkpointRoute, async (c) => {
    const newest = await deps.log.advance();
    const witnessed = deps.cosigned?.latest() ?? null;
    return c.text(witnessed?.size === newest.size ? witnessed.note : newest.note, 200);
  });
  app.openapi(keyRoute, (c) => c.text(verifierKeys(deps.log), 200));
  app.openapi(proofRoute, async (c) => {
    const { size } = await deps.log.advance();
    const { index } = c.req.valid('query');
    return c.text(found(c, index < size ? await receiptOf(deps, index) : null), 200);
  });
  app.openapi(consistencyRoute, async (c) => {
    const { note, size } = await deps.log.advance();
    const { from } = c.req.valid('query');
    const hashes = found(c, deps.log.consistency(from)).map((hash) => Buffer.from(hash).toString('base64'));
    return c.json({ from, to: size, hashes, checkpoint: note }, 200);
  });
  // WHY by hand: a tile's name holds slashes, which the description language cannot say of a path parameter.
  app.openAPIRegistry.registerPath(entriesRoute);
  app.openAPIRegistry.registerPath(tileRoute);
  app.get('/v1/audit/tile/entries/:tile{.+}', async (c) => {
    const { n, width } = addressOf(c, `tile/entries/${c.req.param('tile')}`);
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'audit:read-all', LOG_TARGET);
    const bytes = found(c, deps.log.entriesTile(n, width));
    await deps.store.commit((tx) => appendChange(tx, { kind: 'log-read', caller, note: `entries tile ${n}` }));
    return sendTile(c, bytes, 'no-store');
  });
  app.get('/v1/audit/tile/:level{[0-9]+}/:tile{.+}', (c) => {
    const { level, n, width } = addressOf(c, `tile/${c.req.param('level')}/${c.req.param('tile')}`);
    return sendTile(c, found(c, deps.log.tile(Number(level), n, width)), IMMUTABLE);
  });
}

function verifierKeys({ verifierKey, formerVerifierKey }: AppDeps['log']): string {
  return [verifierKey, formerVerifierKey].flatMap((key) => (key === null ? [] : [`${key}\n`])).join('');
}

/** Errors: ROUTE_NOT_FOUND for what is no tile's canonical name, REQUEST_INVALID for a query. */
function addressOf(c: AppContext, path: string): TileAddress {
  const query = NO_QUERY.safeParse(c.req.query());
  if (!query.success) throw requestInvalid(sentencesOf(query.error, 'query'));
  return found(c, parseTilePath(path));
}

function found<T>(c: AppContext, thing: T | null): T {
  if (thing === null) throw new AppError('ROUTE_NOT_FOUND', { path: c.req.path });
  return thing;
}

function sendTile(c: AppContext, bytes: Uint8Array, cacheControl: string): Response {
  const headers = { 'Content-Type': 'application/octet-stream', 'Cache-Control': cacheControl };
  return c.body(Uint8Array.from(bytes), 200, headers);
}

/** A tile of hashes never changes (c2sp.org/tlog-tiles); entries are read each time anew, since each reading is logged. */
const IMMUTABLE = 'public, max-age=31536000, immutable';
