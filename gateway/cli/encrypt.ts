import { statSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import {
  AppError,
  CIPHER_SCHEMES,
  type CipherScheme,
  DEFAULT_CIPHER,
  encryptedColumns,
  type TableSchema,
} from '#policies/stored-tables';
import type { EncryptedTable, EncryptingStopped, SourceFile } from '#sandbox';
import { type Cli, printJson } from './cli.ts';
import { CliFailure } from './failure.ts';
import { addClientOptions, type ClientOptions, createClient, plain, readJsonFile } from './http-client.ts';
import { readKeyFile } from './key-file.ts';
import { pinnedKeys } from './pinned-key.ts';
import { progressBar } from './progress-bar.ts';
import { NO_ROWS, rejectedLines } from './rejected-rows.ts';

interface EncryptOptions extends ClientOptions {
  readonly out: string;
  readonly custodian: string;
  readonly fingerprint?: string;
  readonly signingKey: string;
  readonly schema?: string;
  readonly encoding?: 'utf-8' | 'gb18030';
  readonly rejectShareMax: string;
  readonly rotated?: true;
  readonly cipher?: CipherScheme;
}

/**
 * `sluice encrypt`: where the provider is, a file becomes an upload in which the columns of level important are ciphertext, and a
 * sealed package for the custodian. Nothing is sent. The custodian's key is what the provider confirmed, or nothing is encrypted.
 */
export function register(program: Command, cli: Cli): void {
  const { words } = cli;
  const command = program
    .command('encrypt')
    .description(
      words({
        en: 'encrypt the important columns of a file before it is uploaded',
        zh: '上传前加密文件中的重要级别列',
      }),
    )
    .argument('<resource>', words({ en: 'the table', zh: '数据表' }))
    .argument('<file>', words({ en: '.csv or .parquet', zh: '.csv 或 .parquet' }))
    .addOption(
      new Option('--out <file>', words({ en: 'the upload, .csv', zh: '输出的上传文件，.csv' })).makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--custodian <url|file>',
        words({ en: 'the custodian’s public keys: where it says them, or a copy', zh: '托管方公钥：其地址或副本' }),
      ).makeOptionMandatory(),
    )
    .option(
      '--fingerprint <sha256>',
      words({ en: 'of that key, as the custodian told it', zh: '托管方告知的该公钥指纹' }),
    )
    .addOption(
      new Option(
        '--signing-key <file>',
        words({ en: 'your Ed25519 key, PEM', zh: '您的 Ed25519 私钥，PEM' }),
      ).makeOptionMandatory(),
    )
    .option(
      '--schema <file>',
      words({ en: 'the registration, JSON; else asked of the gateway', zh: '登记文件 JSON；缺省向网关查询' }),
    )
    .addOption(
      new Option(
        '--cipher <scheme>',
        words({ en: 'refuse where the table is declared with another', zh: '若该表登记的加密方案不同则拒绝' }),
      ).choices([...CIPHER_SCHEMES]),
    )
    .option(
      '--rotated',
      words({
        en: 'the custodian has a new key since the table was registered: encrypt for the one that --fingerprint confirms',
        zh: '登记后托管方已更换密钥：按 --fingerprint 所确认的新密钥加密',
      }),
    )
    .addOption(
      new Option('--encoding <name>', words({ en: 'of a CSV file', zh: 'CSV 的编码' })).choices(['utf-8', 'gb18030']),
    )
    .option(
      '--reject-share-max <share>',
      words({ en: 'fail when more rows than this are rejected, 0 to 1', zh: '被拒行占比超过此值则整体失败，0 到 1' }),
      '0.5',
    );
  addClientOptions(command, cli).action((id: string, file: string, options: EncryptOptions) =>
    encrypt(id, file, options, cli),
  );
}

async function encrypt(id: string, file: string, options: EncryptOptions, cli: Cli): Promise<void> {
  const { encryptTable, EncryptingStopped: Stopped, openBgvProcesses, thumbprintOf } = await import('#sandbox');
  const source = sourceOf(file, options.encoding);
  if (!options.out.endsWith('.csv')) throw usage({ en: '--out takes a .csv file', zh: '--out 应为 .csv 文件' });
  const registered = await schemaOf(id, options, cli);
  const schema = options.rotated === true ? forKey(registered, options.fingerprint) : registered;
  const signer = await readKeyFile(options.signingKey, 'ed25519');
  checkSigner(await thumbprintOf(signer.publicKey), schema);
  const columns = encryptedColumns(schema);
  const { scheme } = columns[0]!.encryption;
  checkCipher(scheme, options.cipher);
  const declared = columns.map(({ encryption }) => encryption.key);
  const keys = await pinnedKeys(options.custodian, options.fingerprint, { scheme, declared }, cli);
  // WHY without isolation: the provider's own values, under a key that it confirmed; a machine of a provider's need not be able to isolate.
  const bgv = keys.bgv === null ? null : { publicKey: keys.bgv, processes: openBgvProcesses('none') };
  const bar = progressBar(cli, source.bytes);
  const rejectShareMax = shareOf(options.rejectShareMax);
  try {
    const custodian = keys.wrapping;
    const work = { source, dataset: id, schema, custodian, bgv, signer, target: options.out, rejectShareMax };
    const done = await encryptTable({ ...work, onProgress: bar.show });
    bar.end();
    if (cli.json) printJson(cli, { ...done, upload: options.out });
    else cli.out(`${plain(doneText(id, done, options.out, cli))}\n`);
  } catch (error) {
    bar.end();
    throw error instanceof Stopped ? stoppedFailure(error, options.out, cli) : await inWords(error);
  }
}

const usage = (wording: { en: string; zh: string }): CliFailure => new CliFailure('USAGE', wording);

function sourceOf(path: string, encoding: EncryptOptions['encoding']): SourceFile {
  const format = (['csv', 'parquet'] as const).find((suffix) => path.toLowerCase().endsWith(`.${suffix}`));
  if (format === undefined)
    throw usage({ en: 'the file must end in .csv or .parquet', zh: '文件应以 .csv 或 .parquet 结尾' });
  const bytes = statSync(path, { throwIfNoEntry: false })?.size;
  if (bytes === undefined) throw new CliFailure('FILE', { en: `cannot read \`${path}\``, zh: `无法读取 \`${path}\`` });
  return { path, bytes, format, encoding: encoding ?? 'auto' };
}

function shareOf(text: string): number {
  const share = Number(text);
  if (share >= 0 && share <= 1) return share;
  throw usage({ en: '--reject-share-max is from 0 to 1', zh: '--reject-share-max 应为 0 到 1' });
}

/** Each column is checked by who registers it; here it is enough that it is the same declaration. */
const registration = z.object({
  schema: z.custom<TableSchema>((value) => z.object({ columns: z.array(z.unknown()) }).safeParse(value).success),
});

async function schemaOf(id: string, options: EncryptOptions, cli: Cli): Promise<TableSchema> {
  const client = async () =>
    (await createClient(options, cli)).request({ method: 'GET', path: `/v1/resources/${encodeURIComponent(id)}` });
  const registered = registration.parse(
    options.schema === undefined ? await client() : await readJsonFile(options.schema),
  );
  const schema = withCipher(registered.schema);
  const { checkTableSchema } = await import('#catalog');
  checkTableSchema(schema);
  if (encryptedColumns(schema).length > 0) return schema;
  throw usage({
    en: `no column of ${id} is encrypted: use \`sluice upload\``,
    zh: `${id} 没有加密列：请直接使用 \`sluice upload\``,
  });
}

/** As the gateway registers what names no scheme. */
function withCipher(schema: TableSchema): TableSchema {
  const columns = schema.columns.map((column) =>
    column.encryption === undefined ? column : { ...column, encryption: { ...UNNAMED, ...column.encryption } },
  );
  return { ...schema, columns };
}
const UNNAMED = { scheme: DEFAULT_CIPHER };

/** The registration goes on naming the key that the table began with: which one a version is for stands in its package. */
function forKey(schema: TableSchema, key: string | undefined): TableSchema {
  if (key === undefined) return schema; // no key is taken unconfirmed
  const columns = schema.columns.map((column) =>
    column.encryption === undefined ? column : { ...column, encryption: { ...column.encryption, key } },
  );
  return { ...schema, columns };
}

function checkCipher(declared: CipherScheme, wanted: CipherScheme | undefined): void {
  if (wanted === undefined || wanted === declared) return;
  throw usage({
    en: `the table is declared with ${declared}, not with ${wanted}: register it so`,
    zh: `该表登记的加密方案为 ${declared}，而非 ${wanted}：请相应登记`,
  });
}

function checkSigner(thumbprint: string, schema: TableSchema): void {
  const declared = encryptedColumns(schema)[0]?.encryption.signer;
  if (declared === thumbprint) return;
  throw new CliFailure(
    'KEY_OTHER',
    {
      en: `your key has the thumbprint ${thumbprint}; the table names ${declared} as its signer`,
      zh: `您的密钥指纹为 ${thumbprint}；该表登记的签名方为 ${declared}`,
    },
    1,
    { thumbprint },
  );
}

const STOPPED: Readonly<Record<EncryptingStopped['reason'], { readonly en: string; readonly zh: string }>> = {
  'other-work': {
    en: 'holds unfinished work on another file (or one that was written since), declaration or key: finish that, or remove the folder',
    zh: '中有另一文件（或其后改写过的文件）、登记或密钥的未完成工作：请先完成，或删除该目录',
  },
  'changed-input': {
    en: 'was begun with other rows than the file has now: remove the folder to begin anew, under new keys',
    zh: '开始时的数据与当前文件不同：请删除该目录，以新密钥重新开始',
  },
  'rows-rejected': { en: 'too many rows are rejected; nothing was written', zh: '被拒的行过多，未写出任何内容' },
};

function stoppedFailure({ reason, result }: EncryptingStopped, out: string, cli: Cli): CliFailure {
  const { en, zh } = STOPPED[reason];
  if (reason !== 'rows-rejected')
    return new CliFailure('ENCRYPT_STOPPED', { en: `\`${out}.encrypting\` ${en}`, zh: `\`${out}.encrypting\` ${zh}` });
  const lines = rejectedLines(result?.rejected ?? [], result?.rejectedRows ?? 0, cli).join('\n');
  return new CliFailure('UPLOAD_ROWS_REJECTED', { en: `${en}\n${lines}`, zh: `${zh}\n${lines}` }, 1, { result });
}

/** What is wrong with a file as a whole comes as a word of a closed list. */
async function inWords(error: unknown): Promise<unknown> {
  if (!(error instanceof AppError) || error.code !== 'UPLOAD_FORMAT') return error;
  const { UPLOAD_PROBLEMS } = await import('#sandbox');
  const listed = Object.entries(UPLOAD_PROBLEMS).find(([problem]) => problem === error.facts['problem'])?.[1];
  if (listed === undefined) return error;
  return new AppError(error.code, { ...error.facts, problem: listed.en, problemZh: listed.zh }, null, error);
}

function doneText(id: string, done: EncryptedTable, out: string, cli: Cli): string {
  const { words } = cli;
  const head = words({
    en: `${done.rows} rows encrypted, ${done.rejectedRows} rejected${done.resumed ? ', resumed' : ''}`,
    zh: `已加密 ${done.rows} 行，拒绝 ${done.rejectedRows} 行${done.resumed ? '，接续完成' : ''}`,
  });
  const next = words({
    en: `next: sluice upload ${id} ${out}; and give the custodian ${out}.custodian`,
    zh: `下一步：sluice upload ${id} ${out}；并把 ${out}.custodian 交给托管方`,
  });
  const empty = done.rows + done.rejectedRows === 0 ? [words(NO_ROWS)] : [];
  return [head, ...empty, ...rejectedLines(done.rejected, done.rejectedRows, cli), next].join('\n');
}
