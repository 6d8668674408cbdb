import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import type { Wording } from '../config-variables.ts';
import type { ExportReport, HttpHeaders, LineFormat, Receiver, TlsFiles } from '../exports/index.ts';
import { type Cli, printJson } from './cli.ts';
import { CliFailure } from './failure.ts';
import { plain, readTextFile } from './http-client.ts';
import { type LogOptions, storePath } from './log-place.ts';

interface ExportOptions extends LogOptions {
  readonly format: LineFormat | 'otlp' | 'parquet';
  readonly to: string;
  readonly cursor: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly headers?: string;
  readonly follow?: boolean;
}

/** Between two looks for new entries; and, doubled each time, before a receiver that is away is asked again. */
const FOLLOW_MS = 2_000;
const AWAY_MS_MAX = 60_000;
/** Of what a receiver asks for itself. */
const RETRY_AFTER_MS_MAX = 3_600_000;

/** `sluice audit export`: the log in the formats of other systems, from where the last export ended. */
export function registerExport(audit: Command, cli: Cli): void {
  const { words } = cli;
  audit
    .command('export')
    .description(words({ en: 'send the log on, from where the last export ended', zh: '从上次结束处继续导出日志' }))
    .addOption(
      new Option('--format <format>', words({ en: 'of the records', zh: '记录格式' }))
        .choices(['ndjson', 'ocsf', 'cef', 'syslog', 'otlp', 'parquet'])
        .default('ndjson'),
    )
    .addOption(
      new Option(
        '--to <receiver>',
        words({
          en: 'a file (parquet: a folder), http(s)://, tcp://host:port, tls://host:port or udp://host:port',
          zh: '文件（parquet 为目录）、http(s)://、tcp://主机:端口、tls://主机:端口 或 udp://主机:端口',
        }),
      ).makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--cursor <file>',
        words({ en: 'where it remembers how far it is', zh: '记录导出进度的文件' }),
      ).makeOptionMandatory(),
    )
    .option(
      '--ca <file>',
      words({ en: 'certificates to trust for tls:// and https://', zh: 'tls:// 与 https:// 所信任的证书' }),
    )
    .option(
      '--cert <file>',
      words({
        en: 'our own certificate, for receivers that ask for one',
        zh: '本方证书，供要求客户端证书的接收方验证',
      }),
    )
    .option('--key <file>', words({ en: 'the private key of --cert', zh: '--cert 的私钥' }))
    .option(
      '--headers <file>',
      words({
        en: 'headers for http(s)://, one `Name: value` a line, as a receiver’s token',
        zh: 'http(s):// 的请求头，每行一个 `名称: 值`，如接收方的令牌',
      }),
    )
    .option('--follow', words({ en: 'go on until it is stopped', zh: '持续导出直至停止' }))
    .option(
      '--home <dir>',
      words({ en: 'the home of a gateway; else SLUICE_HOME', zh: '网关主目录；缺省取 SLUICE_HOME' }),
    )
    .option('--json', words({ en: 'as JSON', zh: '以 JSON 输出' }))
    .action((options: ExportOptions) => runExport(options, cli));
}

async function runExport(options: ExportOptions, cli: Cli): Promise<void> {
  const { exportLog, fileCursor, ReceiverRefusal } = await import('../exports/index.ts');
  const path = storePath(options, cli);
  const receiver = await receiverOf(options);
  const cursor = fileCursor(options.cursor);
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  let waitMs = FOLLOW_MS;
  for (;;) {
    try {
      const report = await exportLog(path, receiver, cursor);
      if (options.follow !== true) return told(cli, report);
      if (report.rejected > 0) cli.err(`${cli.words(rejectedText(report))}\n`);
      waitMs = FOLLOW_MS;
    } catch (error) {
      if (options.follow !== true) throw away(error, cursor.read());
      cli.err(`${cli.words(away(error, cursor.read()).wording)}\n`);
      const asked = error instanceof ReceiverRefusal ? (error.retryAfterMs ?? 0) : 0;
      waitMs = Math.max(Math.min(waitMs * 2, AWAY_MS_MAX), Math.min(asked, RETRY_AFTER_MS_MAX));
    }
    if (stopping.signal.aborted) return;
    await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    if (stopping.signal.aborted) return;
  }
}

function told(cli: Cli, report: ExportReport): void {
  const { sent, next, rejected } = report;
  if (rejected > 0) {
    cli.exitCode = 1;
    if (!cli.json) cli.err(`${cli.words(rejectedText(report))}\n`);
  }
  if (cli.json) printJson(cli, { ok: rejected === 0, ...report });
  else
    cli.out(
      `${cli.words({ en: `${sent} entries sent; next is ${next}`, zh: `已导出 ${sent} 条；下一条为 ${next}` })}\n`,
    );
}

/** Told, never sent again: the receiver would take them twice and keep them as little. */
function rejectedText({ sent, next, rejected, reason }: ExportReport): Wording {
  const why = plain(reason).slice(0, 200);
  return {
    en: `the receiver would not keep ${rejected} of entries ${next - sent} to ${next - 1}${why === '' ? '' : `: ${why}`}`,
    zh: `接收方未保存第 ${next - sent} 至 ${next - 1} 条中的 ${rejected} 条${why === '' ? '' : `：${why}`}`,
  };
}

function away(error: unknown, next: number): CliFailure {
  const reason = error instanceof Error ? ('code' in error ? String(error.code) : error.message) : 'unknown';
  return new CliFailure('RECEIVER', {
    en: `the receiver did not take the records (${reason}); the next export goes on at ${next}`,
    zh: `接收方未收下记录（${reason}）；下次导出从第 ${next} 条继续`,
  });
}

async function receiverOf(options: ExportOptions): Promise<Receiver> {
  const { format, to } = options;
  const exports = await import('../exports/index.ts');
  if (format === 'parquet') return exports.parquetReceiver(to);
  const tls = await tlsFiles(options);
  if (/^https?:\/\//.test(to)) return exports.httpReceiver(to, format, { ...tls, headers: await headersOf(options) });
  if (format === 'otlp') {
    throw new CliFailure('USAGE', { en: 'otlp needs an http(s):// receiver', zh: 'otlp 需要 http(s):// 接收方' });
  }
  const [, protocol, host = '', port] = /^(tcp|tls|udp):\/\/(\[[0-9a-fA-F:]+\]|[^:/]+):(\d{1,5})$/.exec(to) ?? [];
  if (protocol === undefined) return exports.fileReceiver(to, format);
  const place = { host: host.replaceAll(/[[\]]/g, ''), port: Number(port) };
  if (protocol === 'udp') return exports.datagramReceiver(place.host, place.port, format);
  return exports.streamReceiver({ ...place, protocol: protocol === 'tls' ? 'tls' : 'tcp' }, format, tls);
}

async function tlsFiles({ ca, cert, key }: ExportOptions): Promise<TlsFiles> {
  if ((cert === undefined) !== (key === undefined)) {
    throw new CliFailure('USAGE', { en: '--cert and --key belong together', zh: '--cert 与 --key 须一同给出' });
  }
  const named = Object.entries({ ca, cert, key }).filter(([, path]) => path !== undefined);
  const read = named.map(async ([name, path]) => [name, await readTextFile(String(path))] as const);
  return Object.fromEntries(await Promise.all(read));
}

/** WHY a file: arguments stand in the shell's history and in the process list. */
async function headersOf({ headers: path }: ExportOptions): Promise<HttpHeaders> {
  if (path === undefined) return {};
  const { readHeaders } = await import('../exports/index.ts');
  const read = readHeaders(await readTextFile(path));
  if (typeof read !== 'number') return read;
  throw new CliFailure('USAGE', {
    en: `--headers: line ${read} is no \`Name: value\``,
    zh: `--headers：第 ${read} 行不是 \`名称: 值\``,
  });
}
