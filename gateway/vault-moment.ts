import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { appendEntry, type Db, findVersion, type Store, storedVersions } from '#catalog';
import { AppError } from '#policies';
import type { Vault } from '#sandbox';
import { type AccessLog, type Checkpoint, isConsistent, type NoteVerifier, openCheckpoint } from './audit/index.ts';

/**
 * Whether the store and the vault of a home are of one moment. WHY: a store from an older backup knows nothing of the versions that came
 * since, and a start removes from the vault what the store does not know. So the vault keeps the head of the log that it was last used under.
 */
export interface MomentDeps {
  readonly store: Store;
  readonly log: AccessLog;
  /** That may have signed the head. */
  readonly keys: { readonly key: NoteVerifier; readonly former: NoteVerifier | null };
  readonly vault: Pick<Vault, 'list'>;
  /** The folder of the vault. */
  readonly dir: string;
}

const HEAD_FILE = 'log-head';
const NAMED_MAX = 10;
const KEEP_EVERY_MS = 1_000;

/**
 * Before anything is swept. The reverse, a vault that lacks versions, loses nothing: it goes into the log, and jobs over them are refused.
 *
 * @throws AppError HOME_MIXED (versions, marked, entries) where the vault is newer than the store.
 */
export async function requireOneMoment(deps: MomentDeps): Promise<void> {
  const { store, log, vault } = deps;
  const there = await vault.list();
  const unknown = store.read((db) => unknownVersions(db, there));
  const marked = await readHead(deps);
  const isOlder = marked !== null && !isBeginningOf(marked, log);
  const mixed = mixedHome(unknown, isOlder ? { marked: marked.size, entries: log.checkpoint().size } : null);
  if (mixed !== null) throw mixed;
  const labels = new Set(there.map(labelOf));
  const lacking = store.read(storedVersions).filter((name) => !labels.has(labelOf(name)));
  if (lacking.length === 0) return;
  const note = `the vault lacks ${lacking.length} versions that the catalogue has: ${namesOf(lacking)}`;
  await store.commit((tx) =>
    appendEntry(tx, { v: 1, kind: 'integrity', at: tx.now(), decision: 'deny', code: 'VAULT_CORRUPT', note }),
  );
}

/** Of the versions that a vault has, those of which the store knows nothing. */
export function unknownVersions(db: Db, there: readonly Name[]): readonly Name[] {
  return there.filter(({ resource, version }) => findVersion(db, resource, version) === null);
}

/** Null where nothing tells that store and vault are of two moments. */
export function mixedHome(
  unknown: readonly Name[],
  older: { readonly marked: number; readonly entries: number } | null,
): AppError | null {
  if (unknown.length === 0 && older === null) return null;
  return new AppError('HOME_MIXED', { ...(unknown.length > 0 ? { versions: namesOf(unknown) } : {}), ...older });
}

/** Keeps the newest head in the vault from now on; `close` does so for the last time. */
export function keepMoment({ log, dir }: Pick<MomentDeps, 'log' | 'dir'>): { readonly close: () => Promise<void> } {
  let keptSize = -1;
  const keep = async (): Promise<void> => {
    const { size, note } = log.checkpoint();
    if (size === keptSize) return;
    // SAD PATH: a full disk. The head before it is as true, and the next try is soon.
    await writeHead(dir, note).then(
      () => {
        keptSize = size;
      },
      () => undefined,
    );
  };
  let turn = keep();
  const next = () => {
    turn = turn.then(keep);
    return turn;
  };
  const timer = setInterval(() => void next(), KEEP_EVERY_MS).unref();
  return {
    close() {
      clearInterval(timer);
      return next();
    },
  };
}

/** Null where there is none, or one that was damaged: it is written again. */
async function readHead({ dir, keys }: MomentDeps): Promise<Pick<Checkpoint, 'size' | 'root'> | null> {
  const note = await readFile(join(dir, HEAD_FILE), 'utf8').catch(() => '');
  for (const verifier of [keys.key, keys.former]) {
    const head = verifier === null ? null : openCheckpoint(note, verifier);
    if (head !== null) return head;
  }
  return null;
}

function isBeginningOf(head: Pick<Checkpoint, 'size' | 'root'>, log: AccessLog): boolean {
  const proof = log.consistency(head.size);
  return proof !== null && isConsistent(head, log.checkpoint(), proof);
}

async function writeHead(dir: string, note: string): Promise<void> {
  const draft = join(dir, `${HEAD_FILE}.next`);
  // WHY not synced: what a loss of power makes of it bears no signature, and is passed over.
  await writeFile(draft, note, { mode: 0o600 });
  await rename(draft, join(dir, HEAD_FILE));
}

interface Name {
  readonly resource: string;
  readonly version: number;
}
const labelOf = ({ resource, version }: Name): string => `${resource}@${version}`;

function namesOf(all: readonly Name[]): string {
  const named = all.slice(0, NAMED_MAX).map(labelOf).join(', ');
  return all.length > NAMED_MAX ? `${named}, …` : named;
}
