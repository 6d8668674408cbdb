import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { AppError } from '#policies';
import type { AccessLog } from '../audit/index.ts';
import type { BgvCustody } from './bgv-custody.ts';
import type { Custodian } from './custodian.ts';
import type { CustodianKey } from './custodian-key.ts';
import { custodyRefused } from './opening-checks.ts';
import type { PackageShelf } from './package-shelf.ts';
import type { SigningKey } from './signing-key.ts';

export interface CustodianServerDeps {
  readonly custodian: Custodian;
  readonly shelf: PackageShelf;
  readonly bgv: BgvCustody;
  readonly key: CustodianKey;
  readonly signing: SigningKey;
  readonly log: AccessLog;
  readonly packageBytesMax: number;
}

const REQUEST_BYTES_MAX = 256 * 2 ** 20;
const PROBLEM = 'application/problem+json';

/**
 * A custodian over HTTP: `GET /v1/key` (the public key that providers wrap for, and the one that it signs with), `GET /v1/key/bgv-v1` (the
 * public keys that values are encrypted with and packages sealed for), `POST /v1/packages`,
 * `POST /v1/openings`, `GET /checkpoint` (its own log).
 */
export function createCustodianServer(deps: CustodianServerDeps): Server {
  const server = createServer((request, response) => {
    route(deps, request).then(
      ({ status, type, body }) => send(response, status, type, body),
      (error: unknown) => sendProblem(response, error),
    );
  });
  server.requestTimeout = 120_000;
  return server;
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}
const json = (body: unknown, status = 200): Reply => ({ status, type: 'application/json', body: JSON.stringify(body) });

async function route(deps: CustodianServerDeps, request: IncomingMessage): Promise<Reply> {
  const [path] = (request.url ?? '').split('?');
  switch (`${request.method} ${path}`) {
    case 'GET /v1/key':
      return json(keysOf(deps));
    case 'GET /v1/key/bgv-v1':
      return json(await bgvKeysOf(deps));
    case 'GET /checkpoint':
      return { status: 200, type: 'text/plain; charset=utf-8', body: deps.log.checkpoint().note };
    case 'POST /v1/openings': {
      const signature = header(request, 'sluice-signature');
      return json(await deps.custodian.open(await readBody(request, REQUEST_BYTES_MAX), signature));
    }
    case 'POST /v1/packages': {
      const signer = header(request, 'sluice-signer');
      const taken = await deps.shelf.accept(await readBody(request, deps.packageBytesMax), signer);
      await deps.log.advance();
      return json(taken, 201);
    }
    default:
      throw new AppError('ROUTE_NOT_FOUND', {
        path: 'GET /v1/key, GET /v1/key/bgv-v1, POST /v1/packages, POST /v1/openings',
      });
  }
}

const keysOf = ({ key, signing, log }: CustodianServerDeps) => ({
  id: key.id,
  key: key.publicJwk,
  signer: signing.thumbprint,
  log: log.verifierKey,
});

/** Nothing else is needed to encrypt: a provider holds no key that opens anything. */
async function bgvKeysOf({ key, bgv }: CustodianServerDeps) {
  const { id, publicKey } = await bgv.publicKeyOf(key);
  return { id, key: key.publicJwk, bgv: Buffer.from(publicKey).toString('base64') };
}

const header = (request: IncomingMessage, name: string): string => String(request.headers[name] ?? '');

async function readBody(request: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw custodyRefused('malformed');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const STATUS: Readonly<Record<string, number>> = { CUSTODIAN_REFUSED: 403, ROUTE_NOT_FOUND: 404 };

/** RFC 9457. A refusal says which rule stands against it and nothing of the data; a bug says nothing. */
function sendProblem(response: ServerResponse, error: unknown): void {
  const isKnown = error instanceof AppError;
  const status = isKnown ? (STATUS[error.code] ?? 503) : 500;
  const { why, reason, remedy } = isKnown ? error.facts : {};
  const code = isKnown ? error.code : 'INTERNAL';
  const body = JSON.stringify({
    type: `/problems/${code}`,
    title: code,
    status,
    code,
    why,
    detail: reason,
    hint: remedy,
  });
  send(response, status, PROBLEM, body);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}
