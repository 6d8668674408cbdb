import type { Server, ServerOptions } from 'node:http';
import type { Socket } from 'node:net';

/** What strangers may hold of the port before anybody knows who they are: connections, headers, time. */
export interface HttpBounds {
  readonly connectionsMax: number;
  /** Of all headers of a request; beyond: 431. */
  readonly headerBytesMax: number;
  /** From the connection, or the last answer's end, to the end of the headers; beyond: 408. */
  readonly headersMsMax: number;
  /** How often slow connections are looked for. */
  readonly lookEveryMs: number;
  /** An open connection between two requests. */
  readonly idleMsMax: number;
  /** Without a byte in either direction: a client that reads no more. Longer than any wait that is promised. */
  readonly silentMsMax: number;
}

export const DEFAULT_HTTP_BOUNDS: HttpBounds = Object.freeze({
  connectionsMax: 2_048,
  headerBytesMax: 16 * 1_024,
  headersMsMax: 15_000,
  lookEveryMs: 2_000,
  idleMsMax: 10_000,
  silentMsMax: 900_000,
});

export function serverOptions({ headerBytesMax, headersMsMax, lookEveryMs, idleMsMax }: HttpBounds): ServerOptions {
  return {
    maxHeaderSize: headerBytesMax,
    headersTimeout: headersMsMax,
    connectionsCheckingInterval: lookEveryMs,
    keepAliveTimeout: idleMsMax,
    // WHY none: a large upload may take hours. Bodies have bounds of their own (routes/slow-body.ts), and what nobody reads is cut off.
    requestTimeout: 0,
    keepAlive: true, // TCP's own probes find peers that are gone
    noDelay: true,
  };
}

const FULL = 'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** One connection too many is told so at once. */
export function boundConnections(server: Server, { connectionsMax, silentMsMax }: HttpBounds): void {
  let open = 0;
  server.setTimeout(silentMsMax);
  server.prependListener('connection', (socket: Socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
    if (open > connectionsMax) socket.end(FULL, () => socket.destroy());
  });
}
