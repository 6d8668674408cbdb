/**
 * Goal: a key management service is asked as documented, and whatever it does beside answering so is a refusal, in time and without a word of
 * it. Method: real commands and a real HTTP server on this machine; the first of each is the control that answers well.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKeyService } from '../../../gateway/keys/index.ts';

const KEY = Buffer.alloc(32, 0xa5);
const KEY_TEXT = KEY.toString('base64');
const dir = mkdtempSync(join(tmpdir(), 'sluice-kms-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('a command', () => {
  const command = (name: string, script: string, deadlineMs?: number) => {
    const path = join(dir, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o700);
    return openKeyService({ from: 'command', path, keyName: 'kek-1' }, deadlineMs);
  };

  it('gets the request on its standard input, the operation as its argument, and nothing of the environment', async () => {
    process.env['SLUICE_SECRET_OF_THE_GATEWAY'] = 'x';
    const service = command(
      'good',
      `cat > ${dir}/request; env > ${dir}/env; echo "$*" > ${dir}/args; echo '{"data":"AQID"}'`,
    );
    expect(Buffer.from(await service.wrap(KEY))).toEqual(Buffer.from([1, 2, 3]));
    delete process.env['SLUICE_SECRET_OF_THE_GATEWAY'];
    expect(JSON.parse(readFileSync(join(dir, 'request'), 'utf8'))).toEqual({
      v: 1,
      op: 'wrap',
      key: 'kek-1',
      data: KEY_TEXT,
    });
    expect(readFileSync(join(dir, 'args'), 'utf8')).toBe('wrap\n');
    expect(readFileSync(join(dir, 'env'), 'utf8')).not.toContain('SLUICE');
  });

  it.each([
    ['another exit code', `echo '{"data":"AQID"}'; exit 3`, 'exit'],
    ['no JSON', 'echo secret-of-the-service', 'answer'],
    ['another shape', `echo '{"data":7}'`, 'answer'],
    ['no bytes', `echo '{"data":""}'`, 'answer'],
    ['more than it should', 'head -c 200000 /dev/zero', 'answer'],
    ['nothing in time', 'exec sleep 30', 'timeout'],
  ])('%s is a refusal', async (name, script, problem) => {
    const refusal = await command(name.replaceAll(' ', '-'), script, 1_500)
      .unwrap(KEY)
      .catch((error: unknown) => error as Error);
    expect(refusal).toMatchObject({ code: 'KEY_SERVICE_FAILED', facts: { problem } });
    expect(JSON.stringify(refusal)).not.toContain('secret-of-the-service');
    expect(JSON.stringify(refusal)).not.toContain(KEY_TEXT);
  });

  it('that is not there is a refusal', async () => {
    const service = openKeyService({ from: 'command', path: join(dir, 'absent'), keyName: 'k' });
    await expect(service.wrap(KEY)).rejects.toMatchObject({ facts: { problem: 'start' } });
  });
});

describe('an endpoint', () => {
  let handle: (request: IncomingMessage, response: ServerResponse, body: string) => void;
  const server = createServer((request, response) => {
    const blocks: Buffer[] = [];
    request.on('data', (block: Buffer) => blocks.push(block));
    request.on('end', () => handle(request, response, Buffer.concat(blocks).toString()));
  });
  let url: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/wrap`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const service = (tokenFile: string | null = null, deadlineMs?: number) =>
    openKeyService({ from: 'url', url, tokenFile, keyName: 'kek-1' }, deadlineMs);

  it('gets the request as its body, and the token of the file as it is now', async () => {
    const tokenFile = join(dir, 'token');
    const seen: unknown[] = [];
    handle = (request, response, body) => {
      seen.push(request.method, request.url, request.headers.authorization, JSON.parse(body));
      response.end('{"data":"AQID"}');
    };
    for (const token of ['first', 'second']) {
      writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
      await service(tokenFile).unwrap(KEY);
    }
    const body = { v: 1, op: 'unwrap', key: 'kek-1', data: KEY_TEXT };
    expect(seen).toEqual(['POST', '/wrap', 'Bearer first', body, 'POST', '/wrap', 'Bearer second', body]);
    chmodSync(tokenFile, 0o644);
    await expect(service(tokenFile).unwrap(KEY)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(service(join(dir, 'no-token')).unwrap(KEY)).rejects.toMatchObject({ facts: { problem: 'token' } });
  });

  it.each<[string, string, (response: ServerResponse) => void]>([
    ['another status', 'status', (response) => response.writeHead(500).end('{"data":"AQID"}')],
    ['a redirect', 'unreachable', (response) => response.writeHead(307, { location: url }).end()],
    ['another shape', 'answer', (response) => response.end('[]')],
    ['more than it should', 'answer', (response) => response.end('x'.repeat(300_000))],
    ['nothing in time', 'timeout', () => undefined],
  ])('%s is a refusal', async (_name, problem, answer) => {
    handle = (_request, response) => answer(response);
    await expect(service(null, 1_500).wrap(KEY)).rejects.toMatchObject({
      code: 'KEY_SERVICE_FAILED',
      facts: { problem },
    });
  });
});
