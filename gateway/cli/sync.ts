import type { Command } from 'commander';
import { z } from 'zod';
import { SYNC_KINDS } from '#policies/vocabulary';
import type { Cli } from './cli.ts';
import { CliFailure } from './failure.ts';
import { type Client, type ClientOptions, readJsonFile } from './http-client.ts';
import { readKeyFile } from './key-file.ts';
import { get, group, part, post, request } from './request-command.ts';

interface SealOptions extends ClientOptions {
  readonly key: string;
  readonly sequence?: string;
}

/** `sluice sync`: what other platforms hand over, and what the bureau makes of it. Answers are JSON. */
export function register(program: Command, cli: Cli): void {
  const sync = group(program.command('sync'), cli, { en: 'sync with other platforms', zh: '平台间同步与对账' });
  registerPeers(sync, cli);
  registerPeersSide(sync, cli);
  registerMismatches(sync, cli);
}

function registerPeers(sync: Command, cli: Cli): void {
  request(
    sync,
    cli,
    ['declare <peer> <side>', { en: 'declare a platform: outside or inside', zh: '登记对接平台：outside 或 inside' }],
    (client, [id, side]) => post(client, '/v1/sync-peers', { id, side }),
  );
  request(sync, cli, ['confirm <peer>', { en: 'as another person', zh: '由另一人确认' }], (client, [id]) =>
    post(client, `/v1/sync-peers/${part(id!)}/confirmation`),
  );
  request(sync, cli, ['peers', { en: 'platforms and their next number', zh: '对接平台及下一报文号' }], (client) =>
    get(client, '/v1/sync-peers'),
  );
}

const peersSchema = z.object({ items: z.array(z.object({ id: z.string(), home: z.string(), next: z.number() })) });

const sentSchema = z.looseObject({ envelope: z.string() });

/** What a platform does on its side. WHY a file between: what is sent again has to be what was sent. */
function registerPeersSide(sync: Command, cli: Cli): void {
  const keyOption = ['--key <file>', cli.words({ en: 'the platform’s key (PEM)', zh: '平台密钥（PEM）' })] as const;
  request<SealOptions>(
    sync,
    cli,
    ['seal <peer> <id> <kind> <file>', { en: 'sign a payload (JSON) as an envelope', zh: '将内容（JSON）封签为报文' }],
    async (client, [from, id, kind, file], { key, sequence }) => {
      const { sealEnvelope } = await import('../sync/envelope.ts');
      const peer = await findPeer(client, from!);
      const payload = await readJsonFile(file!);
      const envelope = {
        ...{ from: peer.id, to: peer.home, key: id!, kind: kindOf(kind!) },
        sequence: sequence === undefined ? peer.next : Number(sequence),
        at: new Date().toISOString(),
      };
      return {
        envelope: await sealEnvelope(await signingKey(key), envelope, z.looseObject({}).parse(payload)),
        payload,
      };
    },
  )
    .requiredOption(...keyOption)
    .option('--sequence <n>', cli.words({ en: 'its number; else the next', zh: '报文号；缺省为下一号' }));
  request(
    sync,
    cli,
    ['send <peer> <file>', { en: 'hand over an envelope', zh: '报送报文' }],
    async (client, [id, file]) => post(client, `/v1/sync-peers/${part(id!)}/envelopes`, await readJsonFile(file!)),
  );
  request<SealOptions>(
    sync,
    cli,
    [
      'reconcile <peer> <day> [envelopes...]',
      { en: 'sign and send the list of a day’s envelopes', zh: '封签并报送当日报文清单' },
    ],
    async (client, [from, day, files = ''], { key }) => {
      const { listedOf, sealList } = await import('../sync/envelope.ts');
      const { id, home } = await findPeer(client, from!);
      const names = files.split(',').filter((name) => name !== '');
      const sent = await Promise.all(names.map(async (name) => sentSchema.parse(await readJsonFile(name))));
      const envelopes = sent.map(({ envelope }) => listedOf(envelope));
      const list = await sealList(await signingKey(key), { from: id, to: home, day: day!, envelopes });
      return post(client, `/v1/sync-peers/${part(id)}/reconciliations`, { list });
    },
  ).requiredOption(...keyOption);
}

function registerMismatches(sync: Command, cli: Cli): void {
  request(sync, cli, ['mismatches', { en: 'what does not agree', zh: '未处理的差异' }], (client) =>
    get(client, '/v1/sync-mismatches'),
  );
  request(
    sync,
    cli,
    ['decide <peer> <id> <verdict> <reason>', { en: 'accept or discard', zh: '处理差异：accept 或 discard' }],
    (client, [peer, id, verdict, reason]) =>
      post(client, `/v1/sync-peers/${part(peer!)}/mismatches/${part(id!)}/decision`, {
        verdict,
        reason,
      }),
  );
}

async function findPeer(client: Client, id: string) {
  const peer = peersSchema.parse(await get(client, '/v1/sync-peers')).items.find((one) => one.id === id);
  if (peer !== undefined) return peer;
  throw new CliFailure('USAGE', { en: `no such platform: ${id}`, zh: `没有这个平台：${id}` });
}

async function signingKey(file: string) {
  const { signingKeyOf } = await import('../custodian/signing-key.ts');
  return signingKeyOf((await readKeyFile(file, 'ed25519')).privateKey);
}

function kindOf(given: string) {
  const kind = SYNC_KINDS.find((one) => one === given);
  if (kind !== undefined) return kind;
  throw new CliFailure('USAGE', {
    en: `a kind is one of ${SYNC_KINDS.join(', ')}`,
    zh: `种类：${SYNC_KINDS.join('、')}`,
  });
}
