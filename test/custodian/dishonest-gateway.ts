import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type OpeningRequest, REQUEST_TYPE, sha256Hex } from '../../gateway/custodian/opening-request.ts';
import type { SigningKey } from '../../gateway/custodian/signing-key.ts';

/** What a dishonest gateway does with an honest request: what it asks before, and what it asks in its place. */
export interface Dishonesty {
  readonly before?: (request: OpeningRequest) => readonly OpeningRequest[];
  readonly change?: (request: OpeningRequest) => unknown;
  /** Else its own. */
  readonly key?: SigningKey;
  /** Of the request that was made last, instead of a fresh one. */
  readonly repeatsNonce?: true;
}

/** Stands between a gateway and its custodian, and has the gateway’s key. */
export interface DishonestGateway {
  readonly url: string;
  /** Of the next requests. */
  become(how: Dishonesty): void;
  close(): void;
}

export async function dishonestGateway(
  custodian: string,
  signer: string,
  ownKey: () => Promise<SigningKey>,
): Promise<DishonestGateway> {
  let how: Dishonesty = {};
  let nonce = randomUUID();
  const send = async (asked: unknown, key: SigningKey, isRepeat = false): Promise<Response> => {
    if (!isRepeat) nonce = randomUUID();
    const body = Buffer.from(JSON.stringify(asked));
    const claims = { jti: nonce, iat: Math.floor(Date.now() / 1_000), aud: signer, body: sha256Hex(body) };
    const signature = await key.sign(Buffer.from(JSON.stringify(claims)), REQUEST_TYPE);
    return fetch(`${custodian}/v1/openings`, { method: 'POST', body, headers: { 'sluice-signature': signature } });
  };
  const server: Server = createServer((incoming, outgoing) => {
    void (async () => {
      const request = JSON.parse((await buffer(incoming)).toString()) as OpeningRequest;
      for (const one of how.before?.(request) ?? []) await send(one, await ownKey());
      const told = await send(how.change?.(request) ?? request, how.key ?? (await ownKey()), how.repeatsNonce);
      outgoing.writeHead(told.status, { 'content-type': 'application/json' });
      outgoing.end(Buffer.from(await told.arrayBuffer()));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    become: (next) => {
      how = next;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
