import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { LineFormat, Receiver } from '../exports/index.ts';
import { type Cli, printJson } from './cli.ts';
import { CliFailure } from './failure.ts';
import { type LogOptions, storePath } from './log-place.ts';

interface ExportOptions extends LogOptions {
  readonly format: LineFormat | 'otlp' | 'parquet';
  readonly to: string;
  readonly cursor: string;
  readonly ca?: string;
  readonly follow?: boolean;
}

const FOLLOW_MS = 2_000;

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
    .option('--ca <file>', words({ en: 'certificates to trust for tls://', zh: 'tls:// 所信任的证书' }))
    .option('--follow', words({ en: 'go on until it is stopped', zh: '持续导出直至停止' }))
    .option(
      '--home <dir>',
      words({ en: 'the home of a gateway; else SLUICE_HOME', zh: '网关主目录；缺省取 SLUICE_HOME' }),
    )
    .option('--json', words({ en: 'as JSON', zh: '以 JSON 输出' }))
    .action((options: ExportOptions) => runExport(options, cli));
}

async function runExport(options: ExportOptions, cli: Cli): Promise<void> {
  const { exportLog, fileCursor } = await import('../exports/index.ts');
  const { LOG_ORIGIN } = await import('../audit/index.ts');
  const path = storePath(options, cli);
  const receiver = await receiverOf(options);
  const cursor = fileCursor(options.cursor);
  let isStopped = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (isStopped = true));
  for (;;) {
    try {
      const { sent, next } = await exportLog(path, LOG_ORIGIN, receiver, cursor);
      if (options.follow !== true) return told(cli, sent, next);
    } catch (error) {
      if (options.follow !== true) throw away(error, cursor.read());
      cli.err(`${cli.words(away(error, cursor.read()).wording)}\n`);
    }
    if (isStopped) return;
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
  }
}

function told(cli: Cli, sent: number, next: number): void {
  if (cli.json) printJson(cli, { ok: true, sent, next });
  else
    cli.out(
      `${cli.words({ en: `${sent} entries sent; next is ${next}`, zh: `已导出 ${sent} 条；下一条为 ${next}` })}\n`,
    );
}

function away(error: unknown, next: number): CliFailure {
  const reason = error instanceof Error ? ('code' in error ? String(error.code) : error.message) : 'unknown';
  return new CliFailure('RECEIVER', {
    en: `the receiver did not take the records (${reason}); the next export goes on at ${next}`,
    zh: `接收方未收下记录（${reason}）；下次导出从第 ${next} 条继续`,
  });
}

async function receiverOf({ format, to, ca }: ExportOptions): Promise<Receiver> {
  const exports = await import('../exports/index.ts');
  if (format === 'parquet') return exports.parquetReceiver(to);
  if (/^https?:\/\//.test(to)) return exports.httpReceiver(to, format);
  if (format === 'otlp') {
    throw new CliFailure('USAGE', { en: 'otlp needs an http(s):// receiver', zh: 'otlp 需要 http(s):// 接收方' });
  }
  const [, protocol, host = '', port] = /^(tcp|tls|udp):\/\/(\[[0-9a-fA-F:]+\]|[^:/]+):(\d{1,5})$/.exec(to) ?? [];
  if (protocol === undefined) return exports.fileReceiver(to, format);
  const place = { host: host.replaceAll(/[[\]]/g, ''), port: Number(port) };
  if (protocol === 'udp') return exports.datagramReceiver(place.host, place.port, format);
  const trusted = ca === undefined ? undefined : await readFile(ca, 'utf8');
  return exports.streamReceiver({ ...place, protocol: protocol === 'tls' ? 'tls' : 'tcp' }, format, trusted);
}
