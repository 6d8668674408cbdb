import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { z } from 'zod';
import type { TableSchema } from '#policies';
import type { SigningKey } from '../custodian/signing-key.ts';
import type { Role } from '../identity/index.ts';
import type { Cli } from './cli.ts';
import { CliFailure } from './failure.ts';

/** The demo's custodian: a process of its own, in a directory of its own. */
export interface DemoCustodian {
  readonly url: string;
  readonly dir: string;
  /** The key that providers wrap for, the one that it signs with, and that of its log. */
  readonly key: string;
  readonly signer: string;
  readonly log: string;
  stop(): Promise<void>;
}

export async function startCustodian(dir: string, cli: Cli): Promise<DemoCustodian> {
  const script = join(import.meta.dirname, 'sluice.ts');
  const args = [script, 'custodian', 'serve', '--dir', dir, '--port', '0'];
  const child: ChildProcess = spawn(process.execPath, args, {
    env: { ...cli.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { promise, resolve, reject } = Promise.withResolvers<Omit<DemoCustodian, 'dir' | 'stop'>>();
  let said = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    const [, url, key, signer, log] = /custodian (\S+)\nkey (\S+)\nsigner (\S+)\nlog (\S+)\n/.exec(said) ?? [];
    if (url !== undefined) resolve({ url, key: key!, signer: signer!, log: log! });
  });
  void ended.then(() =>
    reject(new CliFailure('CUSTODIAN', { en: 'the custodian did not start', zh: '托管方未能启动' }, 1)),
  );
  const told = await promise;
  return {
    ...told,
    dir,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

export type DemoRequest = (role: Role, org: string, path: string, body?: unknown, person?: string) => Promise<Response>;

const PLAN = 'plan-demo-pay';
const PROVIDER = 'human-resources';
export const PAY_QUESTION = {
  plan: PLAN,
  sql: 'SELECT industry_code, count(*) AS people, sum(paid_amt) AS paid, avg(paid_amt) AS mean\nFROM pay GROUP BY industry_code',
  options: { privacy: { rho: 0.02 } },
} as const;

/** A provider encrypts what 2,000 people were paid, and hands the ciphertext to the gateway and the key to the custodian. */
export async function publishEncrypted(
  home: string,
  gateway: {
    readonly url: string;
    readonly request: DemoRequest;
    readonly token: (role: Role, org: string) => Promise<string>;
  },
  custodian: DemoCustodian,
): Promise<void> {
  const { encryptTable, thumbprintOf } = await import('#sandbox');
  const { addTrust, gatewayKeyFile, loadOrCreateSigningKey } = await import('../custodian/index.ts');
  const signer = generateKeyPairSync('ed25519');
  const thumbprint = await thumbprintOf(signer.publicKey);
  const known = await loadOrCreateSigningKey(gatewayKeyFile(home), 'SLUICE_HOME');
  await addTrust(custodian.dir, { gateways: [known.thumbprint], providers: [thumbprint] });
  const schema = paySchema(custodian.key, thumbprint);
  const [plain, target] = [join(custodian.dir, 'pay.csv'), join(custodian.dir, 'pay-upload.csv')];
  const text = payCsv();
  await writeFile(plain, text);
  const { key } = z.object({ key: z.custom<JWK>() }).parse(await (await fetch(`${custodian.url}/v1/key`)).json());
  const source = { path: plain, bytes: text.length, format: 'csv', encoding: 'auto' } as const;
  await encryptTable({ source, dataset: 'pay', schema, custodian: key, bgv: null, signer, target, rejectShareMax: 0 });
  const registration = { title: schema.columns[0]!.title, frequency: 'monthly', conditions: 'demo', schema };
  await done(gateway.request('provider', PROVIDER, '/v1/resources', registration));
  const headers = {
    authorization: `Bearer ${await gateway.token('provider', PROVIDER)}`,
    'content-type': 'text/csv',
    'sluice-manifest': (await readFile(`${target}.manifest`, 'utf8')).trim(),
  };
  const body = new Uint8Array(await readFile(target));
  await done(fetch(`${gateway.url}/v1/resources/pay/data`, { method: 'PUT', headers, body }));
  await sendPackage(custodian, new Uint8Array(await readFile(`${target}.custodian`)), thumbprint);
  await list(gateway.request);
  await grant(gateway.request);
  await approve(gateway.request);
}

/** A running custodian takes in within a second whom it trusts. */
async function sendPackage({ url }: DemoCustodian, body: Uint8Array<ArrayBuffer>, signer: string): Promise<void> {
  const send = () => fetch(`${url}/v1/packages`, { method: 'POST', body, headers: { 'sluice-signer': signer } });
  for (let tries = 0; tries < 30; tries += 1) {
    if ((await send()).ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await done(send());
}

const PARTIES = [
  ['bureau', 'data-bureau'],
  ['provider', PROVIDER],
] as const;
const COLUMNS = [{ resource: 'pay', columns: ['industry_code', 'paid_amt'] }];
/** A grant or plan as it is signed: what it says, and where. */
const signable = z.object({ id: z.string(), hash: z.string(), home: z.string() });

/** To the operator, signed by bureau and provider with keys that another person of the bureau vouches for. */
async function grant(request: DemoRequest): Promise<void> {
  const { signatureType, statementOf } = await import('../grants/statement.ts');
  const terms = { purpose: 'demo', classes: ['governance'], validFrom: '2020-01-01', validUntil: '2099-12-31' };
  const proposal = { id: 'grant-demo-pay', kind: 'individual', operator: 'operator', providers: [PROVIDER] };
  const proposed = await request('operator', 'operator', '/v1/grants', { ...proposal, tables: COLUMNS, ...terms });
  const { home, ...signed } = signable.parse(await proposed.json());
  for (const [role, org] of PARTIES) {
    const key = await partyKey(request, role, org);
    const jws = await key.sign(statementOf('grant', signed, { org, role }, home), signatureType('grant'));
    await done(request(role, org, `/v1/grants/${signed.id}/signatures`, { jws }));
  }
}

/** Registered by the party, confirmed by another person of the bureau. */
async function partyKey(request: DemoRequest, role: Role, org: string): Promise<SigningKey> {
  const { signingKeyOf } = await import('../custodian/signing-key.ts');
  const key = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
  await done(request(role, org, '/v1/party-keys', { x: key.publicJwk.x }));
  const confirmation = `/v1/party-keys/${org}/${key.thumbprint}/confirmation`;
  await done(request('bureau', 'data-bureau', confirmation, {}, 'demo-confirmer'));
  return key;
}

/** WHY two tokens of the office: a token of the demo is of one person for each role and organisation. */
async function list(request: DemoRequest): Promise<void> {
  for (const [role, org, gate] of [
    ['security', 'security-office', 'secrecy'],
    ['security', 'security-office-2', 'security'],
    ['bureau', 'data-bureau', 'personal-information'],
  ] as const)
    await done(request(role, org, `/v1/resources/pay/gates/${gate}`, { verdict: 'approve', comment: 'demo' }));
  await done(request('bureau', 'data-bureau', '/v1/resources/pay/listing', {}));
  const proposed = await request('bureau', 'data-bureau', '/v1/authorized-list/batches', {
    comment: 'demo',
    add: ['pay'],
  });
  const { batch } = z.object({ batch: z.number() }).parse(await proposed.json());
  for (const [role, org] of [
    ['bureau', 'data-bureau-2'],
    ['provider', PROVIDER],
  ] as const)
    await done(request(role, org, `/v1/authorized-list/batches/${batch}/signatures`, { verdict: 'approve' }));
}

async function approve(request: DemoRequest): Promise<void> {
  const terms = { validFrom: '2020-01-01', validUntil: '2099-12-31', class: 'governance' };
  const plan = { id: PLAN, org: 'chuyun-research', title: 'pay', purpose: 'demo', tables: COLUMNS, ...terms };
  const submitted = await request('operator', 'operator', '/v1/plans', plan);
  const { id, hash, home } = signable.parse(await submitted.json());
  for (const [role, org] of PARTIES)
    await done(request(role, org, `/v1/plans/${PLAN}/decisions`, { verdict: 'approve', comment: 'demo' }));
  const { planAgreementHash } = await import('#catalog');
  const { signatureType, statementOf } = await import('../grants/statement.ts');
  const document = { planHash: hash, sha256: createHash('sha256').update('demo').digest('hex') };
  const agreement = { id, hash: planAgreementHash({ plan: id, ...document }) };
  for (const [role, org] of [
    ['operator', 'operator'],
    ['developer', plan.org],
  ] as const) {
    const key = await partyKey(request, role, org);
    const statement = statementOf('plan-agreement', agreement, { org, role }, home);
    const jws = await key.sign(statement, signatureType('plan-agreement'));
    await done(request(role, org, `/v1/plans/${PLAN}/agreement`, { ...document, jws }));
  }
  await done(request('bureau', 'data-bureau', `/v1/plans/${PLAN}/filing`, { number: 'demo' }));
  await done(request('provider', PROVIDER, `/v1/plans/${PLAN}/supplies`, { resource: 'pay' }));
}

async function done(request: Promise<Response>): Promise<void> {
  const response = await request;
  if (response.ok) return;
  const said = (await response.text()).slice(0, 300);
  throw new CliFailure('DEMO', { en: `not accepted: ${said}`, zh: `未被接受：${said}` }, 1);
}

const INDUSTRIES = ['A', 'B', 'C', 'D'];

function paySchema(key: string, signer: string): TableSchema {
  const title = { zh: '工资', en: 'pay' };
  const column = { title, level: 'general-2', nullable: false } as const;
  return {
    table: 'pay',
    level: 'general-2',
    columns: [
      { ...column, name: 'person_id', type: 'text', role: 'identifier', unit: 'person', rowsPerUnitMax: 1 },
      { ...column, name: 'industry_code', type: 'text', role: 'dimension', values: INDUSTRIES },
      {
        ...column,
        name: 'paid_amt',
        type: 'decimal',
        level: 'important',
        role: 'measure',
        bounds: { min: 0, max: 20_000 },
        encryption: { scheme: 'ashe-v1', key, signer, squares: true },
      },
    ],
  };
}

function payCsv(): string {
  const lines = Array.from({ length: 2_000 }, (_, at) => {
    const chance = createHash('sha256').update(`demo pay ${at}`).digest();
    return `P${at},${INDUSTRIES[chance[0]! % 4]},${3_000 + (chance.readUInt16LE(1) % 12_000)}.50`;
  });
  return `person_id,industry_code,paid_amt\n${lines.join('\n')}\n`;
}
