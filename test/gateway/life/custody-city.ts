import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addTrust,
  type CustodianParts,
  createCustodianServer,
  openCustodianHome,
} from '../../../gateway/custodian/index.ts';
import { gatewayKeyFile, loadOrCreateSigningKey } from '../../../gateway/custodian/signing-key.ts';
import type { CipherScheme, ColumnEncryption } from '../../../policies/encrypted-columns.ts';
import type { TableSchema } from '../../../policies/table-schema.ts';
import {
  type BgvEncrypting,
  encryptTable,
  openBgvProcesses,
  thumbprintOf,
} from '../../../sandbox/homomorphic/index.ts';
import { SIGNER } from '../../sandbox/homomorphic/encrypting-fixture.ts';
import { authorise, readyPlan } from './authorise.ts';
import { ask, listTable, must, type RunningGateway, startGateway } from './running-gateway.ts';

const title = { zh: '题', en: 'title' };

/** Tables of a provider, some of them with encrypted columns; a gateway that serves them, a custodian that opens sums, a plan over all. */
export interface CustodyCity {
  readonly running: RunningGateway;
  /** The custodian that runs now, and its directory. */
  readonly custodian: CustodianParts;
  readonly dir: string;
  readonly url: string;
  readonly signer: string;
  readonly developer: string;
  readonly ask: (sql: string) => ReturnType<typeof ask>;
  /** Ends the custodian, and nothing else. */
  stopCustodian(): Promise<void>;
  /** Another one starts on its directory, after what happens between. */
  restartCustodian(between: () => Promise<void>): Promise<void>;
  destroy(): Promise<void>;
}

export interface CityTable {
  readonly schema: TableSchema;
  /** As the provider has it: in the clear. */
  readonly csv: string;
}

export interface CityOptions extends Pick<Parameters<typeof openCustodianHome>[0], 'instead' | 'policy' | 'tier'> {
  /** Default: `ashe-v1`. */
  readonly scheme?: CipherScheme;
  readonly tables: (encryption: ColumnEncryption) => readonly CityTable[];
  /** Who stands between gateway and custodian: where the gateway finds it. */
  readonly through?: (url: string, signer: string) => Promise<string>;
}

export async function custodyCity({
  tables,
  through,
  scheme = 'ashe-v1',
  ...options
}: CityOptions): Promise<CustodyCity> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-custody-'));
  const fatal = (cause: unknown) => {
    throw cause;
  };
  const start = () => openCustodianHome({ dir, fatal, ...options });
  let custodian = await start();
  let server = await listening(custodian, 0);
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const signer = custodian.signing.thumbprint;
  const running = await startGateway(undefined, () => Promise.resolve(), {
    SLUICE_CUSTODIAN_URL: (await through?.(url, signer)) ?? url,
    SLUICE_CUSTODIAN_KEY: signer,
    SLUICE_TIER: options.tier ?? 'auto',
  });
  const { thumbprint } = await loadOrCreateSigningKey(gatewayKeyFile(running.home), 'test');
  const provider = await thumbprintOf(SIGNER.publicKey);
  await addTrust(dir, { gateways: [thumbprint], providers: [provider] });
  const key = scheme === 'ashe-v1' ? custodian.keys[0]!.id : (await custodian.bgv.publicKeyOf(custodian.keys[0]!)).id;
  const encryption = { scheme, key, signer: provider };
  const all = tables(encryption);
  for (const table of all) await publish(running, await uploadOf(table, custodian, dir), url);
  const developer = await approvedPlan(running, all);
  const stopCustodian = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    running,
    get custodian() {
      return custodian;
    },
    dir,
    url,
    signer,
    developer,
    ask: (sql) => ask(running, developer, 'p1', sql),
    stopCustodian,
    async restartCustodian(between) {
      await stopCustodian();
      await custodian.close();
      await between();
      custodian = await start();
      server = await listening(custodian, port);
    },
    async destroy() {
      await running.destroy();
      await stopCustodian().catch(() => undefined);
      await custodian.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function listening(custodian: CustodianParts, port: number): Promise<Server> {
  const server = createCustodianServer({ ...custodian, key: custodian.keys[0]!, packageBytesMax: 2 ** 26 });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

interface Upload {
  readonly schema: TableSchema;
  readonly body: string;
  /** Of encrypted columns. */
  readonly signed: { readonly manifest: string; readonly package: Uint8Array<ArrayBuffer> } | null;
}

async function uploadOf({ schema, csv }: CityTable, custodian: CustodianParts, dir: string): Promise<Upload> {
  if (schema.columns.every(({ encryption }) => encryption === undefined)) return { schema, body: csv, signed: null };
  const [plain, target] = [join(dir, `${schema.table}.csv`), join(dir, `${schema.table}-upload.csv`)];
  await writeFile(plain, csv);
  await encryptTable({
    source: { path: plain, bytes: Buffer.byteLength(csv), format: 'csv', encoding: 'auto' },
    dataset: schema.table,
    schema,
    custodian: custodian.keys[0]!.publicJwk,
    bgv: await bgvOf(schema, custodian),
    signer: SIGNER,
    target,
    rejectShareMax: 0,
  });
  const manifest = (await readFile(`${target}.manifest`, 'utf8')).trim();
  const sealed = new Uint8Array(await readFile(`${target}.custodian`));
  return { schema, body: await readFile(target, 'utf8'), signed: { manifest, package: sealed } };
}

/** What a provider needs for `bgv-v1`: the custodian's public key. */
async function bgvOf(schema: TableSchema, { bgv, keys }: CustodianParts): Promise<BgvEncrypting | null> {
  if (schema.columns.every(({ encryption }) => encryption?.scheme !== 'bgv-v1')) return null;
  const { publicKey } = await bgv.publicKeyOf(keys[0]!);
  return { publicKey, processes: openBgvProcesses('none') };
}

async function publish(running: RunningGateway, { schema, body, signed }: Upload, url: string): Promise<void> {
  const provider = await running.token('provider', 'bob', 'census-office');
  await must(
    running.request(provider, 'POST', '/v1/resources', { title, frequency: 'yearly', conditions: 'test', schema }),
  );
  const headers = { 'content-type': 'text/csv', ...(signed === null ? {} : { 'sluice-manifest': signed.manifest }) };
  await must(running.request(provider, 'PUT', `/v1/resources/${schema.table}/data`, body, headers));
  await listTable(running, schema.table);
  if (signed !== null) await sendPackage(signed.package, url);
}

/** The table again, under the key that the custodian has now: ciphertext, manifest and package. */
export async function encryptAgain({ running, custodian, dir, url }: CustodyCity, table: CityTable): Promise<void> {
  const { schema, body, signed } = await uploadOf(table, custodian, dir);
  const provider = await running.token('provider', 'bob', 'census-office');
  const headers = { 'content-type': 'text/csv', 'sluice-manifest': signed!.manifest };
  await must(running.request(provider, 'PUT', `/v1/resources/${schema.table}/data`, body, headers));
  await sendPackage(signed!.package, url);
}

async function sendPackage(sealed: Uint8Array<ArrayBuffer>, url: string): Promise<void> {
  const from = { 'sluice-signer': await thumbprintOf(SIGNER.publicKey) };
  await until(async () => {
    const sent = await fetch(`${url}/v1/packages`, { method: 'POST', body: sealed, headers: from });
    return sent.ok;
  });
}

/** A running custodian reads within a second whom it trusts. */
async function until(done: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await done()); tries += 1) {
    if (tries === 50) throw new Error('the custodian refuses the package');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function approvedPlan(running: RunningGateway, tables: readonly CityTable[]): Promise<string> {
  const developer = await running.token('developer', 'alice', 'linkong-data');
  await authorise(running, ['census-office']);
  await must(
    running.request(developer, 'POST', '/v1/plans', {
      id: 'p1',
      title: 'test',
      purpose: 'test',
      class: 'governance',
      tables: tables.map(({ schema }) => ({ resource: schema.table, columns: schema.columns.map(({ name }) => name) })),
      validFrom: '2020-01-01',
      validUntil: '2099-12-31',
    }),
  );
  for (const [role, sub, org] of REVIEWERS) {
    const reviewer = await running.token(role, sub, org);
    await must(running.request(reviewer, 'POST', '/v1/plans/p1/decisions', { verdict: 'approve', comment: 'ok' }));
  }
  await readyPlan(running, 'p1');
  return developer;
}

const REVIEWERS = [
  ['provider', 'bob', 'census-office'],
  ['bureau', 'dan', 'data-bureau'],
] as const;
