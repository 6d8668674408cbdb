import { createSocket } from 'node:dgram';
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { FORMAT_LINE, type LineFormat, otlpLogs } from './formats.ts';
import type { ExportRecord } from './record.ts';

/**
 * Where records go. `send` resolves once the receiver has the batch, as far as its protocol can tell: a file is on the disk,
 * an HTTP receiver has answered 2xx, a TCP or TLS receiver has taken the connection's end. UDP tells nothing: what is lost
 * there nobody learns of, so it is for receivers on the same host.
 */
export interface Receiver {
  send(records: readonly ExportRecord[]): Promise<void>;
}

const SEND_MS_MAX = 30_000;

/** A file that grows by a line a record. What a crash left of a line is taken away: its record comes again. */
export function fileReceiver(path: string, format: LineFormat): Receiver {
  return {
    async send(records) {
      const file = openSync(path, 'a+', 0o600);
      try {
        ftruncateSync(file, endOfLines(file));
        writeSync(file, records.map(FORMAT_LINE[format]).join(''));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    },
  };
}

/** Longer than any line: an entry in an entry's quotes. */
const LINE_BYTES_MAX = 512 * 1_024;

/** How many bytes of the file are whole lines. */
function endOfLines(file: number): number {
  const { size } = fstatSync(file);
  const tail = Buffer.alloc(Math.min(size, LINE_BYTES_MAX));
  readSync(file, tail, 0, tail.length, size - tail.length);
  return tail.length === 0 ? 0 : size - tail.length + tail.lastIndexOf('\n') + 1;
}

/** `http(s)://…`: lines, or OTLP logs in JSON. */
export function httpReceiver(url: string, format: LineFormat | 'otlp', send: typeof fetch = fetch): Receiver {
  return {
    async send(records) {
      const isOtlp = format === 'otlp';
      const body = isOtlp ? JSON.stringify(otlpLogs(records)) : records.map(FORMAT_LINE[format]).join('');
      const headers = { 'Content-Type': isOtlp ? 'application/json' : 'application/x-ndjson' };
      const signal = AbortSignal.timeout(SEND_MS_MAX);
      const answer = await send(url, { method: 'POST', body, headers, signal, redirect: 'error' });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`the receiver answered ${answer.status}`);
    },
  };
}

/**
 * `tcp://host:port` and `tls://host:port`: each line with its length in front (RFC 6587, 3.4.1; RFC 5425, 4.3). One
 * connection a batch: that it ends in order on both sides is the only sign that TCP gives of what has arrived.
 */
export function streamReceiver(
  { protocol, host, port }: { readonly protocol: 'tcp' | 'tls'; readonly host: string; readonly port: number },
  format: LineFormat,
  ca?: string,
): Receiver {
  const open = (): Socket =>
    protocol === 'tcp'
      ? connectTcp({ host, port })
      : connectTls({ host, port, servername: host, ...(ca === undefined ? {} : { ca }) });
  return {
    send: (records) =>
      new Promise((resolve, reject) => {
        const socket = open();
        socket.setTimeout(SEND_MS_MAX, () => socket.destroy(new Error('the receiver does not answer')));
        socket.once('error', reject);
        socket.once('close', (hadError) => (hadError ? undefined : resolve()));
        socket.resume(); // what a receiver says is not asked for
        socket.once(protocol === 'tcp' ? 'connect' : 'secureConnect', () => {
          socket.end(Buffer.concat(records.map((record) => framed(FORMAT_LINE[format](record)))));
        });
      }),
  };
}

function framed(line: string): Buffer {
  const message = Buffer.from(line.slice(0, -1));
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}

/** `udp://host:port`: a datagram a record (RFC 5426). */
export function datagramReceiver(host: string, port: number, format: LineFormat): Receiver {
  return {
    async send(records) {
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
      try {
        for (const record of records) {
          const message = Buffer.from(FORMAT_LINE[format](record).slice(0, -1));
          await new Promise<void>((resolve, reject) => {
            socket.send(message, port, host, (error) => (error === null ? resolve() : reject(error)));
          });
        }
      } finally {
        socket.close();
      }
    },
  };
}
