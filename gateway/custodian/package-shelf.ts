import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  addCustodyPackage,
  appendEntry,
  custodyPackages,
  type Db,
  destroyCustodyKey,
  findCustodyPackage,
  type Store,
} from '#catalog';
import { AppError } from '#policies';
import {
  type BlockSource,
  blocksInMemory,
  type CustodianPackage,
  openCustodianPackage,
  openHeldBlocks,
} from '#sandbox';
import type { BgvCustody } from './bgv-custody.ts';
import type { CustodianKey } from './custodian-key.ts';
import type { HeldPackage } from './held-package.ts';
import { openedByKey, openedByPads } from './opened-sums.ts';
import { custodyRefused } from './opening-checks.ts';

export interface PackageShelf {
  /**
   * Takes in what a provider sends: whole, sealed for a key of this custodian, signed by the provider. The first signer of a dataset is its
   * signer for good, and a version is taken in once.
   * @throws AppError CUSTODIAN_REFUSED
   */
  accept(bytes: Uint8Array, signer: string): Promise<{ readonly dataset: string; readonly version: string }>;
  find(dataset: string, version: string): Promise<HeldPackage | null>;
}

export interface ShelfDeps {
  readonly store: Store;
  /** Of the packages as they came: sealed. */
  readonly dir: string;
  /** The custodian's keys, the current one first; former ones open what was sealed for them. */
  readonly keys: () => readonly CustodianKey[];
  readonly bgv: BgvCustody;
  readonly isProvider: (thumbprint: string) => boolean;
  /** Whether the custodian's records are as it wrote them. */
  readonly isIntact: () => boolean;
  /** Called when a former key holds no data key any more: it is of no use but to a thief. */
  readonly destroyIdleKeys: () => Promise<void>;
}

const OPENED_MAX = 4;

export function openPackageShelf({
  store,
  dir,
  keys,
  bgv,
  isProvider,
  isIntact,
  destroyIdleKeys,
}: ShelfDeps): PackageShelf {
  const opened = new Map<string, Promise<HeldPackage | null>>();
  const filesOf = (dataset: string, version: string) => {
    const name = createHash('sha256')
      .update(JSON.stringify([dataset, version]))
      .digest('hex');
    return { file: join(dir, `${name}.package`), blocks: join(dir, `${name}.blocks`) };
  };
  const load = async (dataset: string, version: string): Promise<HeldPackage | null> => {
    const row = store.read((db) => findCustodyPackage(db, { dataset, version }));
    if (row === null || row.header === null) return null;
    const key = keys().find(({ id }) => id === row.keyId);
    const { file, blocks } = filesOf(dataset, version);
    const rest = await readFile(file).catch(() => null);
    if (key === undefined || rest === null) return null;
    const whole = await openCustodianPackage(withHead(row.header, rest), key.privateKey, row.signer);
    return whole === null ? null : heldPackage(whole, key, await blocksInFile(blocks), bgv);
  };
  const accept: PackageShelf['accept'] = async (bytes, signer) => {
    if (!isProvider(signer)) throw custodyRefused('package');
    const { whole, key } = await openedBy(keys(), bytes, signer);
    const { dataset, version } = whole.manifest;
    const ciphertext = bytes.subarray(whole.blocksAt);
    if ((await heldPackage(whole, key, blocksInMemory(ciphertext), bgv)) === null) throw custodyRefused('package');
    const declared = whole.columns[0]?.encryption.scheme === 'bgv-v1' ? (await bgv.publicKeyOf(key)).id : key.id;
    if (!whole.columns.every(({ encryption }) => encryption.key === declared)) throw custodyRefused('package');
    const { head, rest } = splitHead(bytes.subarray(0, whole.blocksAt));
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const { file, blocks } = filesOf(dataset, version);
    const parts = [...(ciphertext.byteLength > 0 ? [[blocks, ciphertext] as const] : []), [file, rest] as const];
    for (const [path, part] of parts) await writeFile(`${path}.new`, part, { mode: 0o600, flush: true });
    const destroyed = await store
      .commit((tx) => {
        if (!isIntact()) throw custodyRefused('records');
        return take(tx, whole, { signer, keyId: key.id, header: head });
      })
      .catch(async (error: unknown) => {
        for (const [path] of parts) await rm(`${path}.new`, { force: true });
        throw error;
      });
    for (const [path] of parts) await rename(`${path}.new`, path);
    for (const gone of destroyed) {
      opened.delete(JSON.stringify([dataset, gone]));
      for (const one of Object.values(filesOf(dataset, gone))) await rm(one, { force: true });
    }
    if (destroyed.length > 0) await destroyIdleKeys();
    return { dataset, version };
  };
  return {
    async accept(bytes, signer) {
      try {
        return await accept(bytes, signer);
      } catch (error) {
        if (error instanceof AppError) await store.commit((tx) => recordRefused(tx, error));
        throw error;
      }
    },
    find(dataset, version) {
      const name = JSON.stringify([dataset, version]);
      const known = opened.get(name) ?? load(dataset, version);
      opened.delete(name);
      opened.set(name, known);
      if (opened.size > OPENED_MAX) opened.delete(opened.keys().next().value!);
      void known.then((held) => held === null && opened.delete(name)).catch(() => opened.delete(name));
      return known;
    },
  };
}

function recordRefused(tx: Db, { code, facts }: AppError): void {
  appendEntry(tx, { v: 1, kind: 'refusal', at: tx.now(), decision: 'deny', code, note: String(facts['why'] ?? code) });
}

interface Taken {
  readonly signer: string;
  readonly keyId: string;
  readonly header: string;
}

/**
 * One transaction: the package, the end of data keys that an older key of the custodian holds, and what the log says of both. Data that were
 * encrypted anew under the current key need the former ones no more.
 */
function take(
  tx: Db,
  { manifest, columns, units }: CustodianPackage,
  { signer, keyId, header }: Taken,
): readonly string[] {
  const { dataset, version } = manifest;
  const before = custodyPackages(tx, dataset);
  if (before.some((one) => one.signer !== signer || one.version === version)) throw custodyRefused('package');
  const facts = {
    rows: manifest.rows,
    columns: columns.map(({ name }) => name),
    units: units.map(({ column }) => column.name),
  };
  addCustodyPackage(tx, { dataset, version, keyId, signer, facts: JSON.stringify(facts), header });
  const about = {
    v: 1 as const,
    at: tx.now(),
    who: { sub: signer, org: dataset, role: 'provider' },
    decision: 'permit' as const,
  };
  appendEntry(tx, { ...about, kind: 'upload', note: `package of ${dataset} ${version} for key ${keyId}` });
  const old = before.filter((one) => one.header !== null && one.keyId !== keyId);
  for (const one of old) {
    destroyCustodyKey(tx, one);
    appendEntry(tx, {
      ...about,
      kind: 'log-key',
      note: `data key of ${dataset} ${one.version} under key ${one.keyId} destroyed`,
    });
  }
  return old.map((one) => one.version);
}

async function openedBy(keys: readonly CustodianKey[], bytes: Uint8Array, signer: string) {
  const [key] = keys; // WHY the current one alone: what is sealed for a former key comes too late
  const whole = key === undefined ? null : await openCustodianPackage(bytes, key.privateKey, signer);
  if (key === undefined || whole === null) throw custodyRefused('package');
  return { whole, key };
}

/** The line of the wrapped data key apart from the rest, so that the key can be destroyed by itself. */
function splitHead(bytes: Uint8Array): { readonly head: string; readonly rest: Uint8Array } {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = file.indexOf('\n', file.indexOf('\n') + 1) + 1;
  return { head: file.toString('latin1', 0, end), rest: file.subarray(end) };
}

const withHead = (head: string, rest: Uint8Array): Uint8Array => Buffer.concat([Buffer.from(head, 'latin1'), rest]);

/** Null where the ciphertext beside it is not what its provider signed; of `ashe-v1` there is none. */
async function heldPackage(
  { manifest, columns, units, dataKey }: CustodianPackage,
  { bgvSeed }: CustodianKey,
  source: BlockSource,
  bgv: BgvCustody,
): Promise<HeldPackage | null> {
  const { dataset, version, rows } = manifest;
  const isOfPads = dataKey !== null && columns.every(({ encryption }) => encryption.scheme === 'ashe-v1');
  const blocks = isOfPads ? null : await openHeldBlocks(source, manifest, columns);
  if (isOfPads ? source.bytes > 0 : blocks === null) return null;
  return {
    dataset,
    version,
    rows,
    columns,
    units: units.map(({ column, distinct, numbers }) => ({ column: column.name, count: distinct, numbers })),
    open: isOfPads ? openedByPads(dataKey, manifest) : openedByKey(columns, blocks!, bgvSeed, bgv),
  };
}

/** Of a file that may be missing: a package of `ashe-v1` has none. */
async function blocksInFile(path: string): Promise<BlockSource> {
  const bytes = await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
  return {
    bytes,
    async read(offset, length) {
      const file = await open(path, 'r');
      try {
        const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
        return buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    },
  };
}
