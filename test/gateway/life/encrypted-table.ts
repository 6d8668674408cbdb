import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CustodianDeps } from '../../../gateway/custodian/custodian.ts';
import {
  addTrust,
  type CustodianParts,
  createCustodianServer,
  openCustodianHome,
} from '../../../gateway/custodian/index.ts';
import { gatewayKeyFile, loadOrCreateSigningKey } from '../../../gateway/custodian/signing-key.ts';
import type { ColumnSchema, TableSchema } from '../../../policies/table-schema.ts';
import { encryptTable, thumbprintOf } from '../../../sandbox/homomorphic/index.ts';
import { SIGNER } from '../../sandbox/homomorphic/encrypting-fixture.ts';
import { authorise } from './authorise.ts';
import { ask, must, type RunningGateway, startGateway } from './running-gateway.ts';

/** What 600 people were paid, by industry: encrypted where the provider is; and where they live, in a table of its own. */
export interface PaidPerson {
  readonly person: string;
  readonly industry: string;
  readonly age: number;
  /** In hundredths. */
  readonly paid: bigint;
  readonly bonus: bigint;
}
export const INDUSTRIES = ['A', 'B', 'C'];
const title = { zh: '题', en: 'title' };

export const PEOPLE: readonly PaidPerson[] = Array.from({ length: 600 }, (_, at) => {
  const bytes = createHash('sha256').update(`person ${at}`).digest();
  return {
    person: `P${at}`,
    // Of industry C there are too few.
    industry: at < 4 ? 'C' : INDUSTRIES[at % 2]!,
    age: 20 + (bytes[0]! % 50),
    paid: bytes.readBigUInt64LE(1) % 1_000_001n,
    bonus: bytes.readBigUInt64LE(9) % 101n,
  };
});

const column = (name: string, type: ColumnSchema['type'], more: Partial<ColumnSchema>): ColumnSchema => ({
  name,
  title,
  type,
  level: 'general-2',
  role: 'attribute',
  ...more,
});

export async function paidSchema(key: string): Promise<TableSchema> {
  const encryption = { scheme: 'ashe-v1', key, signer: await thumbprintOf(SIGNER.publicKey) } as const;
  const secret = { level: 'important', role: 'measure', nullable: false } as const;
  return {
    table: 'pay',
    level: 'general-2',
    columns: [
      column('person_id', 'text', {
        role: 'identifier',
        unit: 'person',
        level: 'general-3',
        rowsPerUnitMax: 1,
        nullable: false,
      }),
      column('industry_code', 'text', { role: 'dimension', values: INDUSTRIES, nullable: false }),
      column('age', 'integer', { role: 'measure', bounds: { min: 0, max: 120 }, nullable: false }),
      column('paid_amt', 'decimal', {
        ...secret,
        bounds: { min: 0, max: 10_000 },
        encryption: { ...encryption, squares: true },
      }),
      column('bonus', 'integer', { ...secret, bounds: { min: 0, max: 100 }, encryption }),
    ],
  };
}

export const HOMES: TableSchema = {
  table: 'homes',
  level: 'general-2',
  columns: [
    column('person_id', 'text', {
      role: 'identifier',
      unit: 'person',
      level: 'general-3',
      rowsPerUnitMax: 1,
      nullable: false,
    }),
    column('town', 'text', { role: 'dimension', values: ['north', 'south'], nullable: false }),
  ],
};
export const townOf = (at: number): string => (at % 3 === 0 ? 'north' : 'south');

export interface EncryptedCity {
  readonly running: RunningGateway;
  readonly custodian: CustodianParts;
  readonly signer: string;
  readonly developer: string;
  readonly ask: (sql: string, options?: object) => ReturnType<typeof ask>;
  /** Ends the custodian, and nothing else. */
  stopCustodian(): Promise<void>;
  destroy(): Promise<void>;
}

export async function encryptedCity(instead: Partial<Pick<CustodianDeps, 'noise'>> = {}): Promise<EncryptedCity> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-custody-'));
  const fatal = (cause: unknown) => {
    throw cause;
  };
  const custodian = await openCustodianHome({ dir, fatal, instead });
  const server = createCustodianServer({ ...custodian, key: custodian.keys[0]!, packageBytesMax: 2 ** 26 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const signer = custodian.signing.thumbprint;
  const running = await startGateway(undefined, () => Promise.resolve(), {
    SLUICE_CUSTODIAN_URL: url,
    SLUICE_CUSTODIAN_KEY: signer,
  });
  const { thumbprint } = await loadOrCreateSigningKey(gatewayKeyFile(running.home), 'test');
  await addTrust(dir, { gateways: [thumbprint], providers: [await thumbprintOf(SIGNER.publicKey)] });
  const developer = await publishBoth(running, custodian, url, dir);
  const stopCustodian = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    running,
    custodian,
    signer,
    developer,
    ask: (sql) => ask(running, developer, 'p1', sql),
    stopCustodian,
    async destroy() {
      await running.destroy();
      await stopCustodian().catch(() => undefined);
      await custodian.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function publishBoth(
  running: RunningGateway,
  custodian: CustodianParts,
  url: string,
  dir: string,
): Promise<string> {
  const provider = await running.token('provider', 'bob', 'census-office');
  const bureau = await running.token('bureau', 'dan', 'data-bureau');
  const developer = await running.token('developer', 'alice', 'linkong-data');
  const pay = await paidSchema(custodian.keys[0]!.id);
  const upload = join(dir, 'pay-upload.csv');
  const plain = join(dir, 'pay.csv');
  const lines = PEOPLE.map(({ person, industry, age, paid, bonus }) => {
    return `${person},${industry},${age},${paid / 100n}.${String(paid % 100n).padStart(2, '0')},${bonus}`;
  });
  const text = `person_id,industry_code,age,paid_amt,bonus\n${lines.join('\n')}\n`;
  await writeFile(plain, text);
  await encryptTable({
    source: { path: plain, bytes: text.length, format: 'csv', encoding: 'auto' },
    dataset: 'pay',
    schema: pay,
    custodian: custodian.keys[0]!.publicJwk,
    signer: SIGNER,
    target: upload,
    rejectShareMax: 0,
  });
  const homes = PEOPLE.map(({ person }, at) => `${person},${townOf(at)}`);
  const bodies = [
    {
      schema: pay,
      csv: await readFile(upload, 'utf8'),
      manifest: (await readFile(`${upload}.manifest`, 'utf8')).trim(),
    },
    { schema: HOMES, csv: `person_id,town\n${homes.join('\n')}\n`, manifest: null },
  ];
  for (const { schema, csv, manifest } of bodies) {
    await must(
      running.request(provider, 'POST', '/v1/resources', { title, frequency: 'yearly', conditions: 'test', schema }),
    );
    const headers = { 'content-type': 'text/csv', ...(manifest === null ? {} : { 'sluice-manifest': manifest }) };
    await must(running.request(provider, 'PUT', `/v1/resources/${schema.table}/data`, csv, headers));
    await must(running.request(bureau, 'POST', `/v1/resources/${schema.table}/listing`));
  }
  await until(async () => {
    const sent = await fetch(`${url}/v1/packages`, {
      method: 'POST',
      body: new Uint8Array(await readFile(`${upload}.custodian`)),
      headers: { 'sluice-signer': await thumbprintOf(SIGNER.publicKey) },
    });
    return sent.ok;
  });
  await approvedPlan(running, { provider, bureau, developer }, [pay, HOMES]);
  return developer;
}

/** A running custodian reads within a second whom it trusts. */
async function until(done: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await done()); tries += 1) {
    if (tries === 50) throw new Error('the custodian refuses the package');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function approvedPlan(
  running: RunningGateway,
  { provider, bureau, developer }: Readonly<Record<'provider' | 'bureau' | 'developer', string>>,
  schemas: readonly TableSchema[],
): Promise<void> {
  await authorise(running, ['census-office']);
  await must(
    running.request(developer, 'POST', '/v1/plans', {
      id: 'p1',
      title: 'test',
      purpose: 'test',
      class: 'governance',
      tables: schemas.map(({ table, columns }) => ({ resource: table, columns: columns.map(({ name }) => name) })),
      validFrom: '2020-01-01',
      validUntil: '2099-12-31',
    }),
  );
  for (const reviewer of [provider, bureau]) {
    await must(running.request(reviewer, 'POST', '/v1/plans/p1/decisions', { verdict: 'approve', comment: 'ok' }));
  }
}
