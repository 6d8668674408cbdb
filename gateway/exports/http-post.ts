import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { ReceiverRefusal, SEND_MS_MAX, type TlsFiles } from './receiver.ts';

/** What a receiver asks for besides the records, as a token. */
export type HttpHeaders = Readonly<Record<string, string>>;

const ANSWER_BYTES_MAX = 64 * 1_024;

/**
 * Posts, and gives the text of the answer. WHY not fetch: it takes no certificates. Redirects are no success: what is sent is not sent
 * where somebody else points.
 *
 * @throws ReceiverRefusal for any answer but 2xx; what the system says of the way there.
 */
export function postForSuccess(
  url: string,
  body: string,
  headers: HttpHeaders,
  { timeoutMs = SEND_MS_MAX, ...tls }: TlsFiles & { readonly timeoutMs?: number } = {},
): Promise<string> {
  const request = new URL(url).protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: { ...headers, 'Content-Length': String(Buffer.byteLength(body)) },
      signal: AbortSignal.timeout(timeoutMs),
      ...tls,
    };
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        if (bytes < ANSWER_BYTES_MAX) chunks.push(chunk);
        bytes += chunk.length;
      });
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0 } = response;
        if (status >= 200 && status <= 299) resolve(Buffer.concat(chunks).toString('utf8'));
        else
          reject(new ReceiverRefusal(`the receiver answered ${status}`, retryAfterMs(response.headers['retry-after'])));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfterMs(header: string | undefined): number | null {
  if (header === undefined) return null;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\t]*)$/;

/** Headers from a file's text, one `Name: value` a line; the number of the first line that is none. */
export function readHeaders(text: string): HttpHeaders | number {
  const lines = text.split(/\r?\n/);
  const headers: Record<string, string> = {};
  for (const [at, line] of lines.entries()) {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name !== undefined && value !== undefined) headers[name] = value;
    else if (line !== '') return at + 1;
  }
  return headers;
}
