import { createHash, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { exportJWK, generateKeyPair } from 'jose';
import { readEntries } from '#catalog';
import {
  AppError,
  type CipherScheme,
  type EncryptedColumn,
  encryptedRange,
  type Functional,
  isEncrypted,
} from '#policies';
import { packageHead, rowSetFrom, type Signer, sealChunk, signManifest, thumbprintOf } from '#sandbox';
import type { CustodianDeps } from '../../gateway/custodian/custodian.ts';
import { addTrust, type CustodianParts, openCustodianHome } from '../../gateway/custodian/custodian-home.ts';
import { type CustodianPolicy, DEFAULT_CUSTODIAN_POLICY } from '../../gateway/custodian/custodian-policy.ts';
import { createCustodianServer } from '../../gateway/custodian/custodian-server.ts';
import { type OpeningRequest, packRows, REQUEST_TYPE } from '../../gateway/custodian/opening-request.ts';
import { loadOrCreateSigningKey, type SigningKey } from '../../gateway/custodian/signing-key.ts';
import type { ColumnSchema } from '../../policies/table-schema.ts';
import { rootOf } from '../../sandbox/homomorphic/block-digests.ts';
import { BLOCKS_FORMAT } from '../../sandbox/homomorphic/block-manifest.ts';
import { asheGround, bgvGround } from './ground-ciphertext.ts';
import { decompose } from './sealed-answer.ts';

/**
 * A custodian in its own directory and on its own port, with one provider's data: 240 people, of whom the first has 40 rows and all others
 * one; what each was paid is the secret.
 */
export const ROWS = 279;
export const BIG = 40;
export const personOf = (row: number): number => (row < BIG ? 0 : row - BIG + 1);
const title = { zh: '题', en: 'title' };

export interface Ground {
  readonly parts: CustodianParts;
  readonly url: string;
  readonly gateway: SigningKey;
  readonly provider: Signer;
  readonly columns: readonly EncryptedColumn[];
  /** What nobody but the provider knows: values by column. */
  readonly secret: Readonly<Record<string, readonly bigint[]>>;
  readonly version: string;
  readonly scheme: CipherScheme;
  /** Ciphertext blocks of `bgv-v1`, as the package has them. */
  readonly blocks: readonly Uint8Array[];
  /** Sums of ciphertext over rows, as a gateway says them: of words, or the digest of one of blocks. */
  cipherSum(column: string, of: 'value' | 'square', rows: readonly number[]): string;
  /** A request that an honest gateway would make: one group of rows each, one part. */
  request(groups: readonly (readonly number[])[], change?: Partial<OpeningRequest>): OpeningRequest;
  ask(request: unknown, how?: AskHow): Promise<Told>;
  packageFor(change?: PackageChange): Promise<Buffer>;
  send(bytes: Uint8Array, signer?: string): Promise<Told>;
  /** What the custodian's log says of refusals. */
  refusals(): readonly string[];
  /** Its directory. */
  readonly dir: string;
  /** As somebody with the custodian's file in hand. */
  edit(sql: string): void;
  /** Ends the custodian and leaves its directory. */
  leave(): Promise<void>;
  close(): Promise<void>;
}
export interface AskHow {
  readonly key?: SigningKey;
  readonly nonce?: string;
  readonly iat?: number;
  readonly sent?: (body: Buffer) => Buffer;
}
export interface Told {
  /** null: it answered. */
  readonly why: string | null;
  readonly cells: readonly (readonly (bigint | null)[])[];
}
export interface PackageChange {
  readonly signer?: Signer;
  readonly version?: string;
  readonly keyId?: string;
  readonly custodian?: CustodianParts['keys'][number];
  /** Blocks that are sent in the place of those that were signed. */
  readonly sentBlocks?: readonly Uint8Array[];
}
export interface GroundOptions {
  readonly policy?: Partial<CustodianPolicy>;
  /** Default: `ashe-v1`. */
  readonly scheme?: CipherScheme;
  readonly instead?: Partial<Pick<CustodianDeps, 'checks' | 'setChecks' | 'noise' | 'isGateway' | 'isIntact'>>;
  /** The directory of a ground that was closed with `leave`: its custodian goes on. */
  readonly at?: string;
}

/** WHY the noise is off unless an attack is about it: the rules have to stand without it. */
const SILENT: CustodianDeps['noise'] = { take: (_, count) => Array.from({ length: count }, () => 0n) };
/** Nothing of the budget where an attack is not about it. */
const AMPLE = { datasetRho: 1e5, planRho: 1e5, openingRho: 1e5, openingsPerMinute: 10_000 };

export async function plantGround({
  policy = {},
  instead = {},
  at,
  scheme = 'ashe-v1',
}: GroundOptions = {}): Promise<Ground> {
  const dir = at ?? (await mkdtemp(join(tmpdir(), 'sluice-custodian-')));
  const provider = generateKeyPairSync('ed25519');
  const gateway = await loadOrCreateSigningKey(join(dir, 'gateway.key'), 'test');
  await addTrust(dir, { gateways: [gateway.thumbprint], providers: [await thumbprintOf(provider.publicKey)] });
  const parts = await openCustodianHome({
    dir,
    policy: { ...DEFAULT_CUSTODIAN_POLICY, ...AMPLE, ...policy },
    instead: { noise: SILENT, ...instead },
    fatal: (cause) => {
      throw cause;
    },
  });
  const server = createCustodianServer({ ...parts, key: parts.keys[0]!, packageBytesMax: 2 ** 26 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const signer = await thumbprintOf(provider.publicKey);
  const columnsFor = (keyId: string) => declared(keyId, signer, scheme);
  const version = '0123456789abcdef'.repeat(2);
  const dataKey = createHash('sha256').update('data key').digest();
  const secret = { paid: values('paid', 1001n), bonus: values('bonus', 101n) };
  const keyId = scheme === 'ashe-v1' ? parts.keys[0]!.id : (await parts.bgv.publicKeyOf(parts.keys[0]!)).id;
  const columns = columnsFor(keyId).filter(isEncrypted);
  const cipher =
    scheme === 'ashe-v1'
      ? await asheGround({ dataKey, version, secret })
      : await bgvGround(columns, secret, (await parts.bgv.publicKeyOf(parts.keys[0]!)).publicKey);
  const ground: Ground = {
    parts,
    url,
    gateway,
    provider,
    columns,
    secret,
    version,
    scheme,
    blocks: cipher.blocks,
    cipherSum: cipher.sum,
    request: (groups, change = {}) => ({ ...honest(ground, groups), ...change }),
    ask: (request, how = {}) => ask(ground, request, how),
    packageFor: (change = {}) =>
      packageOf({
        ...change,
        parts,
        provider,
        version: change.version ?? version,
        dataKey,
        columnsFor,
        keyId: change.keyId ?? keyId,
        scheme,
        blocks: cipher.blocks,
      }),
    send: (bytes, named = signer) => send(`${url}/v1/packages`, Buffer.from(bytes), { 'sluice-signer': named }),
    refusals: () =>
      parts.store
        .read((db) => readEntries(db, 0, 100_000))
        .flatMap(({ kind, note = '' }) => (kind === 'refusal' ? [note] : [])),
    dir,
    edit: (sql) => {
      const file = new Database(join(dir, 'custodian.db'));
      file.pragma('foreign_keys = OFF');
      file.exec(sql);
      file.close();
    },
    async leave() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await parts.close();
    },
    async close() {
      await ground.leave();
      await rm(dir, { recursive: true, force: true });
    },
  };
  if (at !== undefined) return ground;
  const taken = await ground.send(await ground.packageFor());
  if (taken.why !== null) throw new Error(`the custodian refuses an honest package: ${taken.why}`);
  return ground;
}

function declared(keyId: string, signer: string, scheme: CipherScheme): readonly ColumnSchema[] {
  const encryption = { scheme, key: keyId, signer };
  const measure = { title, type: 'integer', level: 'important', role: 'measure', nullable: false } as const;
  return [
    {
      name: 'person_id',
      title,
      type: 'text',
      level: 'general-3',
      role: 'identifier',
      unit: 'person',
      rowsPerUnitMax: BIG,
    },
    { ...measure, name: 'paid', bounds: { min: 0, max: 1000 }, encryption: { ...encryption, squares: true } },
    { ...measure, name: 'bonus', bounds: { min: 0, max: 100 }, encryption },
  ];
}

/** The same in every run: what is not known cannot be told from chance. */
function values(name: string, range: bigint): readonly bigint[] {
  return Array.from({ length: ROWS }, (_, row) => {
    return createHash('sha256').update(`${name} ${row}`).digest().readBigUInt64LE() % range;
  });
}

export const PAID: Functional = { constant: '0', weights: [{ column: 'paid', of: 'value', weight: '1' }] };
export const COUNT: Functional = { constant: '1', weights: [] };
const VARIANCE = { top: '1048576', bottom: '1' };

function honest(ground: Ground, groups: readonly (readonly number[])[]): OpeningRequest {
  return {
    v: 1,
    dataset: 'wages',
    version: ground.version,
    columns: ground.columns.map((column) => {
      const { min, max } = encryptedRange(column);
      return { name: column.name, scheme: column.encryption.scheme, scale: 0, min: String(min), max: String(max) };
    }),
    job: 'job_1',
    plan: 'plan-1',
    planHash: 'a'.repeat(64),
    organisation: 'dev',
    query: 'b'.repeat(64),
    unitsMin: 1,
    share: [{ unit: 'person_id', groupsMax: null, rowsMax: BIG }],
    statistics: [
      { part: 0, functional: PAID as OpeningRequest['statistics'][number]['functional'], variance: VARIANCE },
    ],
    groups: groups.map((rows) => [setOf(ground, rows)]),
    sealFor: { kty: 'OKP', crv: 'X25519', x: '' },
  };
}

export function setOf(ground: Ground, rows: readonly number[]): NonNullable<OpeningRequest['groups'][number][number]> {
  const sums = [
    { column: 'paid', of: 'value' },
    { column: 'bonus', of: 'value' },
    { column: 'paid', of: 'square' },
  ] as const;
  return {
    rows: packRows(rowSetFrom(rows, ROWS)),
    size: rows.length,
    sums: sums.map((one) => ({ ...one, sum: ground.cipherSum(one.column, one.of, rows) })),
  };
}

async function ask(ground: Ground, asked: unknown, how: AskHow): Promise<Told> {
  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { crv: 'X25519', extractable: true });
  const sealFor = await exportJWK(publicKey);
  const body = Buffer.from(JSON.stringify({ ...(asked as object), sealFor }));
  const { key = ground.gateway, nonce = randomUUID(), iat = Math.floor(Date.now() / 1000), sent = (one) => one } = how;
  const digest = createHash('sha256').update(body).digest('hex');
  const claims = { jti: nonce, iat, aud: ground.parts.signing.thumbprint, body: digest };
  const signature = await key.sign(Buffer.from(JSON.stringify(claims)), REQUEST_TYPE);
  const told = await send(`${ground.url}/v1/openings`, sent(body), { 'sluice-signature': signature });
  if (told.why !== null) return told;
  return { why: null, cells: await decompose(told.json, privateKey, ground.parts.signing.thumbprint) };
}

async function send(url: string, body: Buffer, headers: Record<string, string>) {
  const response = await fetch(url, { method: 'POST', body: new Uint8Array(body), headers });
  const json = (await response.json()) as { readonly code?: string; readonly why?: string };
  if (response.ok) return { why: null, cells: [], json };
  if (json.code !== 'CUSTODIAN_REFUSED') throw new AppError('CUSTODIAN_AWAY');
  return { why: json.why ?? 'unknown', cells: [], json };
}

interface PackageParts extends PackageChange {
  readonly parts: CustodianParts;
  readonly provider: Signer;
  readonly version: string;
  readonly dataKey: Uint8Array;
  readonly columnsFor: (keyId: string) => readonly ColumnSchema[];
  readonly keyId: string;
  readonly scheme: CipherScheme;
  readonly blocks: readonly Uint8Array[];
}

async function packageOf(made: PackageParts): Promise<Buffer> {
  const { parts, version, dataKey, signer = made.provider, custodian = parts.keys[0]!, keyId, scheme, blocks } = made;
  const chunkKey = randomBytes(32);
  const manifest = await signManifest(
    {
      format: BLOCKS_FORMAT[scheme],
      dataset: 'wages',
      version,
      rows: ROWS,
      words: ['paid'],
      blocksSha256: rootOf(blocks.map((block) => createHash('sha256').update(block).digest())),
    },
    signer,
  );
  const head = await packageHead(
    {
      format: 'sluice-custodian-1',
      manifest,
      columns: [...made.columnsFor(keyId)],
      units: [{ column: 'person_id', distinct: personOf(ROWS - 1) + 1 }],
      dataKey: scheme === 'ashe-v1' ? Buffer.from(dataKey).toString('base64url') : null,
      chunkKey: chunkKey.toString('base64url'),
      chunks: 1,
    },
    signer,
    custodian.publicJwk,
  );
  const numbers = Uint32Array.from({ length: ROWS }, (_, row) => personOf(row));
  const sent = made.sentBlocks ?? blocks;
  return Buffer.concat([head, sealChunk(chunkKey, { chunk: 0, column: 0, firstRow: 0, numbers }), ...sent]);
}
