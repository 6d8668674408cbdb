import { createSocket } from 'node:dgram';
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { FORMAT_LINE, FORMAT_MESSAGE, type LineFormat, SYSLOG_FORMATS } from './formats.ts';
import { ALL_TAKEN, type Receiver, ReceiverRefusal, SEND_MS_MAX, type TlsFiles } from './receiver.ts';
import { shortRecord } from './record.ts';

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
      return ALL_TAKEN;
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

/** A receiver that broke off shows it within this time, before we end the connection ourselves. */
const BREAK_OFF_MS = 100;

/**
 * `tcp://host:port` and `tls://host:port`: syslog and CEF with their length in front (RFC 6587, 3.4.1; RFC 5425, 4.3), JSON a line a
 * record. One connection a batch: that the receiver ends it, and only after we have, is the only sign that TCP gives of what has arrived.
 */
export function streamReceiver(
  { protocol, host, port }: { readonly protocol: 'tcp' | 'tls'; readonly host: string; readonly port: number },
  format: LineFormat,
  tls: TlsFiles = {},
): Receiver {
  const place = { host, port, allowHalfOpen: true };
  // RFC 6066: an address is no server name.
  const named = isIP(host) === 0 ? { ...place, ...tls, servername: host } : { ...place, ...tls };
  const open = (): Socket => (protocol === 'tcp' ? connectTcp(place) : connectTls(named));
  const framed = SYSLOG_FORMATS.has(format) ? octetCounted : (message: string) => Buffer.from(`${message}\n`);
  return {
    send: (records) =>
      new Promise((resolve, reject) => {
        const socket = open();
        let isEnded = false;
        socket.setTimeout(SEND_MS_MAX, () => socket.destroy(new ReceiverRefusal('the receiver does not answer')));
        socket.on('error', reject); // TLS may tell of two
        socket.once('end', () => {
          if (!isEnded) socket.destroy(new ReceiverRefusal('the receiver broke off'));
        });
        socket.once('close', (hadError) => (hadError ? undefined : resolve(ALL_TAKEN)));
        socket.resume(); // what a receiver says is not asked for
        socket.once(protocol === 'tcp' ? 'connect' : 'secureConnect', () => {
          const bytes = Buffer.concat(records.map((record) => framed(FORMAT_MESSAGE[format](record))));
          socket.write(bytes, () =>
            setTimeout(() => {
              isEnded = true;
              socket.end();
            }, BREAK_OFF_MS),
          );
        });
      }),
  };
}

function octetCounted(text: string): Buffer {
  const message = Buffer.from(text);
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}

/** WHY not the 65,507 that UDP can carry: collectors cut at 8 KiB unless they are told otherwise. */
const DATAGRAM_BYTES_MAX = 8_192;
/** What a receiver's buffer takes while it looks elsewhere. */
const DATAGRAMS_AT_ONCE = 32;
const PAUSE_MS = 2;

/** `udp://host:port`: a datagram a record (RFC 5426); where it is longer than collectors take, of what is short in the record. */
export function datagramReceiver(host: string, port: number, format: LineFormat): Receiver {
  return {
    async send(records) {
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
      try {
        for (const [at, record] of records.entries()) {
          const whole = Buffer.from(FORMAT_MESSAGE[format](record));
          const isShort = whole.length <= DATAGRAM_BYTES_MAX;
          const message = isShort ? whole : Buffer.from(FORMAT_MESSAGE[format](shortRecord(record)));
          await new Promise<void>((resolve, reject) => {
            socket.send(message, port, host, (error) => (error === null ? resolve() : reject(error)));
          });
          if (at % DATAGRAMS_AT_ONCE === DATAGRAMS_AT_ONCE - 1) await sleep(PAUSE_MS);
        }
      } finally {
        socket.close();
      }
      return ALL_TAKEN;
    },
  };
}
