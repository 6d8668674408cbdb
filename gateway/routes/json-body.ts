import type { Context } from 'hono';
import { AppError } from '#policies';
import { requestInvalid } from './request-invalid.ts';

/**
 * Reads a JSON body once, bounded, before any schema sees it, and leaves it where the validator looks for it.
 * Errors: MEDIA_TYPE_UNSUPPORTED (another type, charset or content coding), REQUEST_TOO_LARGE, REQUEST_INVALID (not
 * UTF-8, not JSON, U+0000 or lone surrogates in a text, which neither the store nor the log could keep).
 */
export async function readJsonBody(c: Context, bytesMax: number, types: readonly string[]): Promise<void> {
  refuseOtherTypes(c, types);
  const text = decodeUtf8(await readBytes(c, bytesMax));
  // The framework keeps promises in its cache, whatever its declaration says.
  c.req.bodyCache.text = Promise.resolve(text) as never;
  refuseUnkeepableText(parseJson(text));
}

function refuseOtherTypes(c: Context, accepted: readonly string[]): void {
  const contentType = c.req.header('content-type');
  const [type = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-8"?$/.test(charset);
  refuseContentCoding(c);
  if (!accepted.includes(type) || !isUtf8)
    throw new AppError('MEDIA_TYPE_UNSUPPORTED', { mediaType: contentType ?? '', accepted });
}

/** WHY: a compressed body is a way around every bound on bytes. */
export function refuseContentCoding(c: Context): void {
  const coding = c.req.header('content-encoding')?.trim().toLowerCase();
  if (coding !== undefined && coding !== '' && coding !== 'identity') {
    throw new AppError('MEDIA_TYPE_UNSUPPORTED', { mediaType: `Content-Encoding: ${coding}`, accepted: ['identity'] });
  }
}

async function readBytes(c: Context, bytesMax: number): Promise<Uint8Array> {
  const declared = c.req.header('content-length');
  const tooLarge = (): AppError => new AppError('REQUEST_TOO_LARGE', { bytesMax });
  if (declared === undefined) return readStream(c.req.raw.body, bytesMax, tooLarge);
  if (!(Number(declared) <= bytesMax)) throw tooLarge();
  // WHY: HTTP itself ends the body at its declared length, and reading it whole is several times quicker.
  const bytes = new Uint8Array(await c.req.raw.arrayBuffer().catch(() => interrupted(0)));
  if (bytes.byteLength > bytesMax) throw tooLarge();
  return bytes;
}

async function readStream(
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
  tooLarge: () => AppError,
): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(() => interrupted(bytes));
    if (done) return Buffer.concat(chunks);
    bytes += value.byteLength;
    if (bytes > bytesMax) {
      await reader.cancel().catch(() => undefined);
      throw tooLarge();
    }
    chunks.push(value);
  }
}

function interrupted(bytes: number): never {
  throw new AppError('UPLOAD_INTERRUPTED', { bytes });
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw requestInvalid([{ en: 'body: not valid UTF-8', zh: '正文不是有效的 UTF-8' }]);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw requestInvalid([{ en: 'body: not valid JSON', zh: '正文不是有效的 JSON' }]);
  }
}

/** Walks with a stack of its own: a body may nest deeper than calls can. */
function refuseUnkeepableText(json: unknown): void {
  const pending: unknown[] = [json];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value === 'string') refuseUnkeepable(value);
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, item] of Object.entries(value)) {
      refuseUnkeepable(key);
      pending.push(item);
    }
  }
}

function refuseUnkeepable(text: string): void {
  if (text.includes('\0')) throw requestInvalid([{ en: 'body: a text contains U+0000', zh: '正文中有文本含 U+0000' }]);
  if (!text.isWellFormed()) {
    throw requestInvalid([{ en: 'body: a text contains a lone surrogate', zh: '正文中有文本含不成对的代理项' }]);
  }
}
