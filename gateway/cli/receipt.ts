import { type Command, Option } from 'commander';
import type { AuditEntry } from '#catalog';
import { type Cli, printJson } from './cli.ts';
import { CliFailure } from './failure.ts';
import { readTextFile } from './http-client.ts';
import { addLogOptions, type LogOptions, storePath, verifierKey } from './log-place.ts';

interface ReceiptOptions extends LogOptions {
  readonly entry?: string;
  readonly witness?: string;
}

/** `sluice receipt verify`: that an entry is in the signed log, from the receipt alone. */
export function register(program: Command, cli: Cli): void {
  const { words } = cli;
  const receipt = program.command('receipt').description(words({ en: 'check receipts, offline', zh: '离线核验回执' }));
  const verify = receipt
    .command('verify')
    .description(
      words({
        en: 'check a .tlog-proof against the entry that it vouches for',
        zh: '核验 .tlog-proof 与其所证明的记录',
      }),
    )
    .argument('<file>', words({ en: 'the receipt', zh: '回执文件' }))
    .addOption(
      new Option(
        '--entry <file>',
        words({ en: 'the log entry as JSON; else it is read from the home', zh: '日志记录（JSON）；缺省从主目录读取' }),
      ),
    )
    .addOption(
      new Option(
        '--witness <vkey>',
        words({ en: 'the key of a witness that must have cosigned', zh: '须已作见证签名的见证者的验证密钥' }),
      ),
    );
  addLogOptions(verify, cli).action(async (file: string, options: ReceiptOptions) => {
    const { checkReceipt, parseVkey } = await import('../audit/index.ts');
    const text = await readTextFile(file);
    const verifier = parseVkey(await verifierKey(options, cli));
    if (verifier === null) throw new CliFailure('USAGE', { en: '--key is no verifier key', zh: '--key 不是验证密钥' });
    const inLog = checkReceipt(text, await entryOf(text, options, cli), verifier);
    const checked = inLog !== null && (await isCosigned(text, options, cli)) ? inLog : null;
    cli.exitCode = checked === null ? 1 : 0;
    if (cli.json)
      printJson(cli, { ok: checked !== null, index: checked?.index ?? null, size: checked?.checkpoint.size ?? null });
    else cli.out(`${words(checked === null ? REFUSED : vouched(checked.index, checked.checkpoint.size))}\n`);
  });
}

const REFUSED = {
  en: 'the receipt does not verify: entry, proof or signature do not fit together',
  zh: '回执核验不通过：记录、证明与签名不相符',
};

const vouched = (index: number, size: number) => ({
  en: `the receipt is good: entry ${index} stands in the signed log of ${size} entries`,
  zh: `回执有效：第 ${index} 条记录位于已签名的 ${size} 条日志中`,
});

/** True where no witness is asked for. */
async function isCosigned(receipt: string, options: ReceiptOptions, cli: Cli): Promise<boolean> {
  if (options.witness === undefined) return true;
  const { cosignedAt, parseCosignerVkey } = await import('../witness/index.ts');
  const witness = parseCosignerVkey(options.witness);
  if (witness === null) {
    throw new CliFailure('USAGE', { en: '--witness is no key of a witness', zh: '--witness 不是见证者的密钥' });
  }
  const note = receipt.slice(receipt.indexOf('\n\n') + 2);
  return cosignedAt(note, await verifierKey(options, cli), witness) !== null;
}

async function entryOf(receipt: string, options: ReceiptOptions, cli: Cli): Promise<Uint8Array> {
  if (options.entry !== undefined) return await entryBytes(await readTextFile(options.entry), options.entry);
  const { openStoreReader, readEntryBytes } = await import('#catalog');
  const index = Number(/^index (\d{1,15})$/m.exec(receipt)?.[1] ?? Number.NaN);
  const store = openStoreReader(storePath(options, cli));
  try {
    const entry = Number.isSafeInteger(index) ? store.read((db) => readEntryBytes(db, index, index + 1))[0] : undefined;
    return entry ?? new Uint8Array();
  } finally {
    store.close();
  }
}

/**
 * The entry's canonical bytes, from any spelling of its JSON; `index` and names are what a search adds and the log has not. None where a name
 * is not the logged one: the receipt would be good for a stranger's access.
 */
async function entryBytes(text: string, file: string): Promise<Uint8Array> {
  const { canonicalJson, closeEntry, namesFit } = await import('#catalog');
  try {
    const { index: _, ...entry } = JSON.parse(text) as AuditEntry & { readonly index?: number };
    return namesFit(entry) ? Buffer.from(canonicalJson(closeEntry(entry))) : new Uint8Array();
  } catch {
    throw new CliFailure('FILE', { en: `\`${file}\` is not the JSON of an entry`, zh: `\`${file}\` 不是记录的 JSON` });
  }
}
