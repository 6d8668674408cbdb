import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { addCheckpoint, REQUEST_BYTES_MAX, type WitnessDeps } from './witness.ts';

/** A witness over HTTP: `POST /add-checkpoint`, and `GET /key` with its vkeys, one a line. */
export function createWitnessServer(deps: WitnessDeps): Server {
  const server = createServer((request, response) => {
    answer(deps, request, response).catch(() => response.destroy()); // a client that broke off gets nothing
  });
  server.requestTimeout = 10_000;
  return server;
}

async function answer(deps: WitnessDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path] = (request.url ?? '').split('?');
  if (request.method === 'GET' && path === '/key') {
    return send(response, 200, 'text/plain; charset=utf-8', deps.keys.map(({ vkey }) => `${vkey}\n`).join(''));
  }
  if (request.method !== 'POST' || path !== '/add-checkpoint') {
    return send(response, 404, 'text/plain; charset=utf-8', 'POST /add-checkpoint, GET /key\n');
  }
  const body = await readBody(request);
  if (body === null) return send(response, 413, 'text/plain; charset=utf-8', 'too large\n');
  const told = addCheckpoint(deps, body);
  send(response, told.status, told.type, told.body);
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > REQUEST_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}
