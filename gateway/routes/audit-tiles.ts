import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { AppError } from '#policies';
import type { AppContext, AppDeps, AppEnv } from '../app-deps.ts';
import { appendChange } from '../log-change.ts';
import { LOG_TARGET, requirePermit } from './access.ts';
import { requestInvalid, sentencesOf } from './request-invalid.ts';
import { EntriesTileParamsSchema, ProofQuerySchema, TileParamsSchema } from './schemas/audit.ts';
import { AUTHENTICATED, NO_QUERY, PUBLIC, TAG } from './schemas/common.ts';
import { problems } from './schemas/problem.ts';

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
  description: 'A verifier key (`name+id+key`) as note verifiers take it.',
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
    const { note } = await deps.log.advance();
    return c.text(note, 200);
  });
  app.openapi(keyRoute, (c) => c.text(`${deps.log.verifierKey}\n`, 200));
  app.openapi(proofRoute, async (c) => {
    const { index } = c.req.valid('query');
    const { size } = await deps.log.advance();
    if (index >= size) throw new AppError('ROUTE_NOT_FOUND', { path: c.req.path });
    return c.text(await deps.log.receipt(index), 200);
  });
  // WHY by hand: a tile's name holds slashes, which the description language cannot say of a path parameter.
  app.openAPIRegistry.registerPath(entriesRoute);
  app.openAPIRegistry.registerPath(tileRoute);
  app.get('/v1/audit/tile/entries/:tile{.+}', async (c) => {
    const name = tileNameOf(c, c.req.param('tile'));
    await requirePermit(deps, c.get('caller'), 'audit:read-all', LOG_TARGET);
    const bytes = deps.log.entriesTile(name.n, name.width);
    if (bytes === null) throw absent(c);
    await deps.store.commit((tx) => appendChange(tx, { kind: 'log-read', caller: c.get('caller'), note: `entries tile ${name.n}` }));
    return sendTile(c, bytes);
  });
  app.get('/v1/audit/tile/:level{[0-9]}/:tile{.+}', (c) => {
    const name = tileNameOf(c, c.req.param('tile'));
    const bytes = deps.log.tile(Number(c.req.param('level')), name.n, name.width);
    if (bytes === null) throw absent(c);
    return sendTile(c, bytes);
  });
}

const FULL_WIDTH = 256;

/** `x001/x234/067.p/9` → tile 1234067, its first 9. Errors: ROUTE_NOT_FOUND for what is no canonical name. */
function tileNameOf(c: AppContext, name: string): { readonly n: number; readonly width: number } {
  const query = NO_QUERY.safeParse(c.req.query());
  if (!query.success) throw requestInvalid(sentencesOf(query.error, 'query'));
  const parsed = TileParamsSchema.shape.tile.safeParse(name);
  if (!parsed.success) throw absent(c);
  const [path = '', partial] = parsed.data.split('.p/');
  const n = Number(path.replaceAll(/[x/]/g, ''));
  const width = partial === undefined ? FULL_WIDTH : Number(partial);
  const isCanonical = partial === undefined || (width >= 1 && width < FULL_WIDTH && String(width) === partial);
  if (!isCanonical || path.startsWith('x000/')) throw absent(c);
  return { n, width };
}

function absent(c: AppContext): AppError {
  return new AppError('ROUTE_NOT_FOUND', { path: c.req.path });
}

function sendTile(c: AppContext, bytes: Uint8Array): Response {
  return c.body(Uint8Array.from(bytes).buffer, 200, { 'Content-Type': 'application/octet-stream' });
}
