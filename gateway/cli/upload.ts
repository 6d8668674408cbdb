import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { type Cli, printJson } from './cli.ts';
import { CliFailure } from './failure.ts';
import { addClientOptions, type ClientOptions, createClient, plain, readTextFile } from './http-client.ts';
import { NO_ROWS, rejectedLines, rejectedRows } from './rejected-rows.ts';

const MEDIA_TYPES = { csv: 'text/csv', parquet: 'application/vnd.apache.parquet' } as const;

interface UploadOptions extends ClientOptions {
  readonly encoding?: string;
  readonly rejectShareMax?: string;
  readonly append?: boolean;
  readonly base?: string;
}

const version = z.looseObject({
  version: z.number(),
  rows: z.number(),
  report: z
    .looseObject({
      rejectedRows: z.number(),
      appended: z.looseObject({ base: z.number(), rows: z.number() }).nullable().optional(),
      rejected: rejectedRows.default([]),
      quality: z
        .looseObject({
          duplicateRows: z.number().nullable(),
          columns: z.array(
            z.looseObject({
              name: z.string(),
              nullShare: z.number(),
              min: z.string().nullable(),
              max: z.string().nullable(),
            }),
          ),
          findings: z.array(
            z.looseObject({ column: z.string(), kind: z.string(), share: z.number(), verdict: z.string() }),
          ),
        })
        .nullable()
        .optional(),
    })
    .nullable()
    .optional(),
});

/** `sluice upload`: streams a CSV or Parquet file as the next version of a table, with its digest. */
export function register(program: Command, cli: Cli): void {
  const { words } = cli;
  const command = program
    .command('upload')
    .description(
      words({
        en: 'send a CSV or Parquet file as the next version of a table',
        zh: '上传 CSV 或 Parquet 文件作为数据表的新版本',
      }),
    )
    .argument('<resource>', words({ en: 'the table', zh: '数据表' }))
    .argument('<file>', words({ en: '.csv or .parquet', zh: '.csv 或 .parquet' }))
    .addOption(
      new Option('--encoding <name>', words({ en: 'of a CSV file', zh: 'CSV 的编码' })).choices(['utf-8', 'gb18030']),
    )
    .option(
      '--append',
      words({
        en: 'add the rows to the current version, in place of replacing it',
        zh: '将各行追加到当前版本，而非替换整表',
      }),
    )
    .option(
      '--base <version>',
      words({
        en: 'with --append: only if this is the current version; the one at the start, if absent',
        zh: '配合 --append：仅当该版本为当前版本时追加；缺省为开始时的当前版本',
      }),
    )
    .option(
      '--reject-share-max <share>',
      words({ en: 'fail when more rows than this are rejected, 0 to 1', zh: '被拒行占比超过此值则整体失败，0 到 1' }),
    );
  addClientOptions(command, cli).action(async (id: string, file: string, options: UploadOptions) => {
    const headers = await fileHeaders(file, options.encoding);
    const client = await createClient(options, cli);
    const resource = `/v1/resources/${encodeURIComponent(id)}`;
    const query = new URLSearchParams(options.append === true ? await appendQuery(client, resource, options) : []);
    if (options.rejectShareMax !== undefined) query.set('rejectShareMax', options.rejectShareMax);
    const body = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>;
    const path = `${resource}/data${query.size === 0 ? '' : `?${query}`}`;
    const answer = await client.request({ method: options.append === true ? 'POST' : 'PUT', path, headers, body });
    if (cli.json) return printJson(cli, answer);
    cli.out(`${plain(uploadText(id, version.parse(answer), cli))}\n`);
  });
}

/** WHY always with a base: who does not hear the answer and sends the file again must not add its rows twice. */
async function appendQuery(
  client: Awaited<ReturnType<typeof createClient>>,
  resource: string,
  { base }: UploadOptions,
): Promise<Record<string, string>> {
  const known = base ?? currentVersion.parse(await client.request({ method: 'GET', path: resource })).currentVersion;
  return { mode: 'append', ...(known === null ? {} : { base: String(known) }) };
}

const currentVersion = z.looseObject({ currentVersion: z.int().nullable() });

async function fileHeaders(file: string, encoding: string | undefined): Promise<Record<string, string>> {
  const type = Object.entries(MEDIA_TYPES).find(([suffix]) => file.toLowerCase().endsWith(`.${suffix}`))?.[1];
  if (type === undefined) {
    throw new CliFailure('USAGE', {
      en: 'the file must end in .csv or .parquet',
      zh: '文件应以 .csv 或 .parquet 结尾',
    });
  }
  return {
    'content-type': encoding === undefined ? type : `${type}; charset=${encoding}`,
    'content-length': String(await sizeOf(file)),
    'content-digest': `sha-256=:${await digestOf(file)}:`,
    ...(await manifestHeader(`${file}.manifest`)),
  };
}

/** What `sluice encrypt` signed of the file, where it wrote it. */
async function manifestHeader(path: string): Promise<Record<string, string>> {
  return existsSync(path) ? { 'sluice-manifest': (await readTextFile(path)).trim() } : {};
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch {
    throw new CliFailure('FILE', { en: `cannot read \`${file}\``, zh: `无法读取 \`${file}\`` });
  }
}

/** Reads the file once more than the upload does, and never more than a block of it at a time. */
async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const block of createReadStream(file)) hash.update(block as Uint8Array);
  return hash.digest('base64');
}

function uploadText(id: string, done: z.output<typeof version>, cli: Cli): string {
  const { rejectedRows: total = 0, rejected = [] } = done.report ?? {};
  const isEmpty = done.rows + total === 0;
  const added = done.report?.appended ?? null;
  const head = cli.words({
    en:
      `${id} version ${done.version}: ${added?.rows ?? done.rows} rows accepted, ${total} rejected` +
      (added === null ? '' : `; ${done.rows} rows with those of version ${added.base}`),
    zh:
      `${id} 第 ${done.version} 版：接受 ${added?.rows ?? done.rows} 行，拒绝 ${total} 行` +
      (added === null ? '' : `；连同第 ${added.base} 版共 ${done.rows} 行`),
  });
  return [
    head,
    ...(isEmpty ? [cli.words(NO_ROWS)] : []),
    ...rejectedLines(rejected, total, cli),
    ...qualityLines(done.report?.quality ?? null, cli),
  ].join('\n');
}

type Quality = NonNullable<NonNullable<z.output<typeof version>['report']>['quality']>;

/** What a provider should look at: equal rows, empty columns, values that look like identifiers; and the extremes of its columns. */
function qualityLines(quality: Quality | null, cli: Cli): readonly string[] {
  if (quality === null) return [];
  const { words } = cli;
  const percent = (share: number) => `${Math.round(share * 100)}%`;
  const duplicates = quality.duplicateRows ?? 0;
  const lines = duplicates === 0 ? [] : [words({ en: `  equal rows: ${duplicates}`, zh: `  重复行：${duplicates}` })];
  for (const { name, nullShare, min, max } of quality.columns) {
    const range = min === null || max === null ? '' : words({ en: `, ${min} to ${max}`, zh: `，${min} 至 ${max}` });
    if (nullShare === 0 && range === '') continue;
    lines.push(
      words({
        en: `  ${name}: ${percent(nullShare)} empty${range}`,
        zh: `  ${name}：空值 ${percent(nullShare)}${range}`,
      }),
    );
  }
  for (const { column, kind, share } of quality.findings.filter(({ verdict }) => verdict === 'partly')) {
    const look = {
      en: `  ${column}: ${percent(share)} of distinct values look like ${kind}`,
      zh: `  ${column}：${percent(share)} 的不同取值疑似 ${kind}`,
    };
    lines.push(words(look));
  }
  return lines;
}
