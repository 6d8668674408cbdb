import * as z from 'zod';
import { FORMAT_LINE, type LineFormat, otlpLogs } from './formats.ts';
import { type HttpHeaders, postForSuccess } from './http-post.ts';
import { ALL_TAKEN, type Receiver, type Taken, type TlsFiles } from './receiver.ts';

/** `http(s)://…`: lines, or OTLP logs in JSON. */
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
      const answer = await postForSuccess(url, body, { 'Content-Type': type, ...headers }, tls);
      return isOtlp ? takenOf(answer) : ALL_TAKEN;
    },
  };
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
