import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import * as z from 'zod';
import { FORMAT_LINE, type LineFormat, otlpLogs } from './formats.ts';
import { ALL_TAKEN, type Receiver, ReceiverRefusal, SEND_MS_MAX, type Taken, type TlsFiles } from './receiver.ts';

/** What a receiver asks for besides the records, as a token. */
export type HttpHeaders = Readonly<Record<string, string>>;

/** `http(s)://…`: lines, or OTLP logs in JSON. WHY not fetch: it takes no certificates. */
export function httpReceiver(
  url: string,
  format: LineFormat | 'otlp',
  { headers = {}, ...tls }: TlsFiles & { readonly headers?: HttpHeaders } = {},
): Receiver {
  return {
    async send(records) {
      const isOtlp = format === 'otlp';
      const body = isOtlp ? JSON.stringify(otlpLogs(records)) : records.map(FORMAT_LINE[format]).join('');
      const type = isOtlp ? 'application/json' : 'application/x-ndjson';
      const answer = await post(url, body, { 'Content-Type': type, ...headers }, tls);
      if (answer.status < 200 || answer.status > 299) {
        throw new ReceiverRefusal(`the receiver answered ${answer.status}`, retryAfterMs(answer.retryAfter));
      }
      return isOtlp ? takenOf(answer.text) : ALL_TAKEN;
    },
  };
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

const ANSWER_BYTES_MAX = 64 * 1_024;

/** Redirects are answers like any other that is no success: a log is not sent where somebody else points. */
function post(url: string, body: string, headers: HttpHeaders, tls: TlsFiles): Promise<Answer> {
  const request = new URL(url).protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: { ...headers, 'Content-Length': String(Buffer.byteLength(body)) },
      signal: AbortSignal.timeout(SEND_MS_MAX),
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
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'],
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
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

const partialSuccess = z.object({
  partialSuccess: z.object({
    rejectedLogRecords: z.coerce.number().int().min(0).default(0),
    errorMessage: z.string().default(''),
  }),
});

/** The protocol forbids to send again what was taken in part (OTLP 1.3, Partial Success): it is told instead. */
function takenOf(text: string): Taken {
  try {
    const { rejectedLogRecords, errorMessage } = partialSuccess.parse(JSON.parse(text)).partialSuccess;
    return { rejected: rejectedLogRecords, reason: errorMessage };
  } catch {
    return ALL_TAKEN; // a full success says nothing, or in Protobuf
  }
}
