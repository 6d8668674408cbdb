import { spawn } from 'node:child_process';
import { z } from 'zod';
import { AppError } from '#policies';
import type { KeyService } from '#sandbox';
import type { KeyServiceSource } from '../config.ts';
import { readPrivate } from '../identity/index.ts';

/** What went wrong, closed: nothing that the service said is passed on. */
export type KeyServiceProblem = 'start' | 'exit' | 'timeout' | 'unreachable' | 'status' | 'answer' | 'token';

type Operation = 'wrap' | 'unwrap';

const DEADLINE_MS = 10_000;
const ANSWER_BYTES_MAX = 128 * 1024;
const Answer = z.object({ data: z.base64().min(1) });

/**
 * A key management service (`KeyServiceSource`) behind a command on this machine or an HTTP endpoint. Both get one JSON document and give one back:
 *
 *   → {"v":1, "op":"wrap"|"unwrap", "key":"<name>", "data":"<base64>"}
 *   ← {"data":"<base64>"}
 *
 * `wrap` gets 32 random bytes; what it gives back is stored, and `unwrap` must give the 32 bytes again. Whatever else happens (another
 * exit code, another status, no answer in time, an answer of another shape) is a refusal. Key bytes go through pipes and bodies only:
 * never into arguments, variables, logs or errors.
 */
export function openKeyService(source: KeyServiceSource, deadlineMs = DEADLINE_MS): KeyService {
  const ask = async (op: Operation, bytes: Uint8Array): Promise<Uint8Array> => {
    const request = JSON.stringify({ v: 1, op, key: source.keyName, data: Buffer.from(bytes).toString('base64') });
    const signal = AbortSignal.timeout(deadlineMs);
    const text =
      source.from === 'command'
        ? await runCommand(source.path, op, request, signal)
        : await post(source, request, signal);
    return bytesOf(text);
  };
  return { keyName: source.keyName, wrap: (key) => ask('wrap', key), unwrap: (wrapped) => ask('unwrap', wrapped) };
}

function failed(problem: KeyServiceProblem): AppError {
  return new AppError('KEY_SERVICE_FAILED', { problem });
}

function bytesOf(text: string): Uint8Array {
  try {
    return Buffer.from(Answer.parse(JSON.parse(text)).data, 'base64');
  } catch {
    throw failed('answer');
  }
}

/** The operation is its one argument; nothing of this process's environment goes to it but a path to find programs by. */
function runCommand(path: string, op: Operation, request: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin' };
    const child = spawn(path, [op], { env, stdio: ['pipe', 'pipe', 'ignore'], signal, killSignal: 'SIGKILL' });
    const blocks: Buffer[] = [];
    let bytes = 0;
    child.on('error', () => reject(failed(signal.aborted ? 'timeout' : 'start')));
    child.stdin.on('error', () => undefined); // one that does not read its request fails by its answer
    child.stdout.on('data', (block: Buffer) => {
      bytes += block.length;
      if (bytes <= ANSWER_BYTES_MAX) blocks.push(block);
      else child.kill('SIGKILL');
    });
    child.on('close', (code) => {
      if (bytes > ANSWER_BYTES_MAX) reject(failed('answer'));
      else if (code !== 0) reject(failed(signal.aborted ? 'timeout' : 'exit'));
      else resolve(Buffer.concat(blocks).toString('utf8'));
    });
    child.stdin.end(request);
  });
}

/** Redirects are refused: they could lead out of where the configuration lets it go. */
async function post(
  { url, tokenFile }: Extract<KeyServiceSource, { from: 'url' }>,
  body: string,
  signal: AbortSignal,
): Promise<string> {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(await authorization(tokenFile)),
  };
  try {
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal });
    if (!response.ok) throw failed('status');
    return await limitedText(response);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw failed(signal.aborted ? 'timeout' : 'unreachable');
  }
}

/** WHY at each request: whoever rotates the token writes the file anew. */
async function authorization(tokenFile: string | null): Promise<Record<string, string>> {
  if (tokenFile === null) return {};
  const token = await readPrivate(tokenFile, 'SLUICE_MASTER_KEY_TOKEN_FILE');
  const text = token === null ? '' : Buffer.from(token).toString('latin1').trim();
  if (!/^[\x21-\x7e]{1,8192}$/.test(text)) throw failed('token');
  return { authorization: `Bearer ${text}` };
}

async function limitedText(response: Response): Promise<string> {
  const blocks: Uint8Array[] = [];
  let bytes = 0;
  for await (const block of response.body ?? []) {
    bytes += block.byteLength;
    if (bytes > ANSWER_BYTES_MAX) throw failed('answer');
    blocks.push(block);
  }
  return Buffer.concat(blocks).toString('utf8');
}
