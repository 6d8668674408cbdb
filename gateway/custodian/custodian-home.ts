import { randomBytes, randomFillSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { appendEntry, custodyKeysHeld, type Store } from '#catalog';
import { AppError, drawnNoise } from '#policies';
import type { IsolationTier } from '#sandbox';
import { type AccessLog, loadOrCreateNamedKey, openLog } from '../audit/index.ts';
import { readOrCreatePrivate, readPrivate } from '../identity/index.ts';
import { type BgvCustody, openBgvCustody } from './bgv-custody.ts';
import { Custodian, type CustodianDeps } from './custodian.ts';
import { type CustodianKey, custodianKeyOf } from './custodian-key.ts';
import { type CustodianPolicy, DEFAULT_CUSTODIAN_POLICY } from './custodian-policy.ts';
import { keptLog } from './kept-log.ts';
import { openPackageShelf, type PackageShelf } from './package-shelf.ts';
import { openRecords } from './records.ts';
import { joinShares, SECRET_BYTES, splitSecret } from './shares.ts';
import { loadOrCreateSigningKey, type SigningKey } from './signing-key.ts';

/**
 * A custodian's directory: `custodian.db` (its state and its log), `keys/` (its secrets, each readable by its owner alone, and how far its
 * log had come), `packages/` (as providers sent them, sealed), `trust.json` (whom it listens to).
 */
export const CUSTODIAN_LOG_ORIGIN = 'sluice/custodian-log';

/** The current secret, and those before it that still hold data keys. */
const secretFile = (dir: string, generation: number) => join(dir, 'keys', `secret-${generation}.key`);
const keysFile = (dir: string) => join(dir, 'keys', 'generation.json');
const trustFile = (dir: string) => join(dir, 'trust.json');

export interface CustodianParts {
  readonly store: Store;
  /** Whether its records are as it wrote them (records.ts). */
  readonly isIntact: () => boolean;
  readonly log: AccessLog;
  readonly signing: SigningKey;
  /** The current key first. */
  readonly keys: readonly CustodianKey[];
  readonly shelf: PackageShelf;
  readonly bgv: BgvCustody;
  readonly custodian: Custodian;
  close(): Promise<void>;
}

export interface CustodianHomeOptions {
  readonly dir: string;
  readonly policy?: CustodianPolicy;
  /** How processes with SEAL are kept apart; `auto`: the strictest that holds on this machine. */
  readonly tier?: IsolationTier | 'auto';
  readonly now?: () => Date;
  /** Told when log or store can no longer be relied on: the process must stop. */
  readonly fatal: (cause: unknown) => void;
  /** Tests leave rules out, or take the chance out of the noise. */
  readonly instead?: Partial<
    Pick<CustodianDeps, 'checks' | 'setChecks' | 'noise' | 'isGateway' | 'isRecipient' | 'isIntact'>
  >;
}

export async function openCustodianHome(options: CustodianHomeOptions): Promise<CustodianParts> {
  const { dir, policy = DEFAULT_CUSTODIAN_POLICY, tier = 'auto', fatal, instead = {} } = options;
  const { now = () => new Date() } = options;
  await mkdir(join(dir, 'keys'), { recursive: true, mode: 0o700 });
  const records = await openRecords(dir, { now, fatal });
  const { store, isIntact } = records;
  const log = await openOwnLog(store, dir);
  await records.begin();
  const signing = await loadOrCreateSigningKey(join(dir, 'keys', 'signing.key'), '--dir');
  let keys = await custodianKeys(dir);
  let trust = await readTrust(dir);
  const refresh = setInterval(() => void readTrust(dir).then((read) => (trust = read), fatal), TRUST_READ_MS).unref();
  const isProvider = (thumbprint: string) => trust.providers.includes(thumbprint);
  const destroyIdleKeys = async () => {
    const gone = await destroyIdleSecrets(dir, await currentGeneration(dir), { store, isIntact });
    keys = keys.filter(({ id }) => !gone.includes(id));
  };
  await destroyIdleKeys();
  const bgv = openBgvCustody(dir, tier);
  const shelf = openPackageShelf({
    store,
    dir: join(dir, 'packages'),
    keys: () => keys,
    bgv,
    isProvider,
    isIntact,
    destroyIdleKeys,
  });
  const custodian = new Custodian({
    store,
    log,
    signing,
    policy,
    now,
    isIntact,
    noise: drawnNoise((bytes) => randomFillSync(bytes)),
    isGateway: (thumbprint) => trust.gateways.includes(thumbprint),
    isRecipient: (thumbprint) => trust.recipients.length === 0 || trust.recipients.includes(thumbprint),
    packageOf: shelf.find,
    ...instead,
  });
  await custodian.recover();
  await store.commit((tx) =>
    appendEntry(tx, { v: 1, kind: 'start', at: tx.now(), note: `custodian, key ${keys[0]!.id}` }),
  );
  await log.advance();
  return {
    store,
    isIntact,
    log,
    signing,
    keys,
    shelf,
    bgv,
    custodian,
    async close() {
      clearInterval(refresh);
      await log.close();
      store.close();
    },
  };
}

/** @throws AppError `LOG_CORRUPT`; the store is given up then. */
async function openOwnLog(store: Store, dir: string): Promise<AccessLog> {
  try {
    const key = loadOrCreateNamedKey(join(dir, 'keys', 'log.key'), CUSTODIAN_LOG_ORIGIN);
    return keptLog(await openLog({ store, key }), dir);
  } catch (error) {
    store.close();
    throw error;
  }
}

const TRUST_READ_MS = 1_000;

// ── Secrets ──────────────────────────────────────────────────────────────────────────────────────────────────────

const generationSchema = z.strictObject({ current: z.int().min(1) });

async function currentGeneration(dir: string): Promise<number> {
  if (!existsSync(keysFile(dir))) return 1;
  return generationSchema.parse(JSON.parse(await readFile(keysFile(dir), 'utf8'))).current;
}

/** The current key, made on first use, and all former ones whose secret is still there. */
async function custodianKeys(dir: string): Promise<readonly CustodianKey[]> {
  const current = await currentGeneration(dir);
  const made = async () => Buffer.from(`${randomBytes(SECRET_BYTES).toString('hex')}\n`);
  await readOrCreatePrivate(secretFile(dir, current), '--dir', made);
  const keys: CustodianKey[] = [];
  for (let generation = current; generation >= 1; generation -= 1) {
    const secret = await readSecret(dir, generation);
    if (secret !== null) keys.push(await custodianKeyOf(secret));
  }
  return keys;
}

async function readSecret(dir: string, generation: number): Promise<Uint8Array | null> {
  const bytes = await readPrivate(secretFile(dir, generation), '--dir');
  if (bytes === null) return null;
  const secret = Buffer.from(Buffer.from(bytes).toString('latin1').trim(), 'hex');
  if (secret.length !== SECRET_BYTES)
    throw new AppError('CONFIG_INVALID', { variable: '--dir', problem: 'holds no secret' });
  return secret;
}

/** Shares of the current secret, any two of which bring it back. */
export async function currentShares(dir: string): Promise<readonly string[]> {
  const secret = await readSecret(dir, await currentGeneration(dir));
  if (secret === null) throw new AppError('CONFIG_INVALID', { variable: '--dir', problem: 'holds no secret' });
  return splitSecret(secret, randomBytes(SECRET_BYTES));
}

/** Writes a secret back from its shares, where none is. @throws AppError CONFIG_INVALID */
export async function recoverSecret(dir: string, shares: readonly string[]): Promise<CustodianKey> {
  const secret = joinShares(shares);
  const text = async () => Buffer.from(`${Buffer.from(secret).toString('hex')}\n`);
  const { created } = await readOrCreatePrivate(secretFile(dir, await currentGeneration(dir)), '--dir', text);
  if (!created) throw new AppError('CONFIG_INVALID', { variable: '--dir', problem: 'holds a secret already' });
  return custodianKeyOf(secret);
}

/**
 * A new key for what is encrypted from now on. The former secret stays for as long as it holds a data key; secrets that hold none are
 * destroyed, and the log says so. Providers encrypt anew: what they send for the new key ends the keys of what they sent before.
 */
export async function rotateKey(
  dir: string,
  { store, isIntact, log }: Pick<CustodianParts, 'store' | 'isIntact' | 'log'>,
): Promise<CustodianKey> {
  const next = (await currentGeneration(dir)) + 1;
  const { bytes } = await readOrCreatePrivate(secretFile(dir, next), '--dir', async () =>
    Buffer.from(`${randomBytes(SECRET_BYTES).toString('hex')}\n`),
  );
  const key = await custodianKeyOf(Buffer.from(Buffer.from(bytes).toString('latin1').trim(), 'hex'));
  await writeWhole(keysFile(dir), { current: next });
  await store.commit((tx) => appendEntry(tx, { v: 1, kind: 'log-key', at: tx.now(), note: `new key ${key.id}` }));
  await destroyIdleSecrets(dir, next, { store, isIntact });
  await log.advance();
  return key;
}

/** Returns the ids of those that are gone. */
async function destroyIdleSecrets(
  dir: string,
  current: number,
  { store, isIntact }: Pick<CustodianParts, 'store' | 'isIntact'>,
): Promise<readonly string[]> {
  // WHY: from records that others thinned out, a key that is needed looks idle.
  if (!isIntact()) return [];
  const held = store.read(custodyKeysHeld);
  const gone: string[] = [];
  for (let generation = current - 1; generation >= 1; generation -= 1) {
    const secret = await readSecret(dir, generation);
    if (secret === null) continue;
    const { id } = await custodianKeyOf(secret);
    if (held.includes(id)) continue;
    await writeFile(secretFile(dir, generation), randomBytes(2 * SECRET_BYTES), { flush: true });
    await rm(secretFile(dir, generation));
    gone.push(id);
    await store.commit((tx) => appendEntry(tx, { v: 1, kind: 'log-key', at: tx.now(), note: `key ${id} destroyed` }));
  }
  return gone;
}

// ── Whom it listens to ───────────────────────────────────────────────────────────────────────────────────────────

const thumbprint = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const trustSchema = z.strictObject({
  gateways: z.array(thumbprint),
  providers: z.array(thumbprint),
  /** Developers’ keys. From the first one on answers are sealed for these and nobody else: no gateway can have them read by itself. */
  recipients: z.array(thumbprint).default([]),
});
export type Trust = z.output<typeof trustSchema>;

export async function readTrust(dir: string): Promise<Trust> {
  if (!existsSync(trustFile(dir))) return { gateways: [], providers: [], recipients: [] };
  return trustSchema.parse(JSON.parse(await readFile(trustFile(dir), 'utf8')));
}

/** Keys that it listens to from now on, beside those it did; a running custodian takes them in within a second. */
export async function addTrust(dir: string, added: z.input<typeof trustSchema>): Promise<Trust> {
  const before = await readTrust(dir);
  const both = (a: readonly string[], b: readonly string[]) => [...new Set([...a, ...b])];
  const trust = trustSchema.parse({
    gateways: both(before.gateways, added.gateways),
    providers: both(before.providers, added.providers),
    recipients: both(before.recipients, added.recipients ?? []),
  });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writeWhole(trustFile(dir), trust);
  return trust;
}

async function writeWhole(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(value)}\n`, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
}
