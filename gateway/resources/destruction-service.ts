import {
  appendEntry,
  canonicalJson,
  certifyDestruction,
  type Db,
  type Destruction,
  findDestruction,
  getResource,
  orderDestruction,
  pendingDestructions,
  requireVersion,
  type Store,
} from '#catalog';
import { AppError, assert, isDrillOrganisation } from '#policies';
import type { Caller } from '../identity/index.ts';
import { appendChange } from '../log-change.ts';
import { certificateNote, certificateOf } from './certificate.ts';
import { type DataEraser, type Erasure, remainsWords } from './erase-data.ts';
import { storedSegments } from './shared-segments.ts';
import { tableEntry } from './table-entry.ts';

/** The end of table versions: ordered in one transaction, carried out, certified in another. Authorization is the routes' part. */
export interface DestructionService {
  /**
   * Resolves when the data is gone and the certificate durable; for a version that is destroyed already, with its certificate.
   * Errors: RESOURCE_NOT_FOUND, RESOURCE_STATE, DESTRUCTION_INCOMPLETE (found).
   */
  destroy(caller: Caller, resource: string, version: number): Promise<Destruction>;
  /** Carries out what is ordered and not certified: after a start, a withdrawal, when a version's time is over. Never rejects. */
  carryOut(): Promise<void>;
  /** Ends after the destruction that is being carried out; the rest is for the next start. */
  close(): Promise<void>;
}

export interface DestructionDeps {
  readonly store: Store;
  readonly eraser: DataEraser;
  /** Ends what would build on the version; resolves when nothing of it is left. */
  readonly cutOff: (resource: string, version: number) => Promise<void>;
  /** A bug or a disk that fails, while nobody waits for an answer. */
  readonly failed: (error: unknown) => void;
}

export function createDestructionService(deps: DestructionDeps): DestructionService {
  const { store } = deps;
  let turn: Promise<unknown> = Promise.resolve();
  let isClosing = false;
  /** One at a time: a scan looks at everything, and would take another's half-destroyed version for a remnant. */
  const inTurn = (resource: string, version: number): Promise<Destruction> => {
    const mine = turn.then(() => carryOutOne(deps, resource, version));
    turn = mine.catch(() => undefined);
    return mine;
  };
  return {
    async destroy(caller, resource, version) {
      const orderedBy = `${caller.org}/${caller.sub}`;
      await store.commit((tx) => order(tx, caller, { resource, version, reason: 'ordered', orderedBy }));
      return await inTurn(resource, version);
    },
    async carryOut() {
      for (const { resource, version } of store.read(pendingDestructions)) {
        if (isClosing) return;
        await inTurn(resource, version).catch((error: unknown) => {
          if (!(error instanceof AppError) || error.code !== 'DESTRUCTION_INCOMPLETE') deps.failed(error);
        });
      }
    },
    async close() {
      isClosing = true;
      await turn;
    },
  };
}

/** The order with its log entry; nothing where it was given before. */
export function order(tx: Db, caller: Caller, destruction: Parameters<typeof orderDestruction>[1]): void {
  const { resource, version, reason } = destruction;
  if (!orderDestruction(tx, destruction)) return;
  const tables = [tableEntry(getResource(tx, resource), version)];
  appendChange(tx, { kind: 'destruction', caller, tables, note: `ordered: ${reason}` });
}

async function carryOutOne(deps: DestructionDeps, resource: string, version: number): Promise<Destruction> {
  const { store, eraser } = deps;
  const destruction = store.read((db) => findDestruction(db, resource, version));
  assert(destruction !== null, 'a destruction is ordered before it is carried out');
  if (destruction.certificate === null) {
    await deps.cutOff(resource, version);
    const erasure = await eraser.erase(resource, version);
    await store.commit((tx) => conclude(tx, destruction, erasure));
    if (Object.keys(erasure.found).length > 0) {
      throw new AppError('DESTRUCTION_INCOMPLETE', { id: `${resource}@${version}`, ...remainsWords(erasure.found) });
    }
  }
  await eraser.forget(resource, version);
  const certified = store.read((db) => findDestruction(db, resource, version));
  assert(certified !== null, 'orders of destruction are never deleted');
  return certified;
}

/** The certificate and its entry, or that there is none yet and why. The entries are the gateway's own: the order names who gave it. */
function conclude(tx: Db, destruction: Destruction, erasure: Erasure): void {
  const { resource, version, orderedBy } = destruction;
  const tables = [{ ...tableEntry(getResource(tx, resource), version), columns: [] }];
  const drill = isDrillOrganisation(orderedBy.split('/')[0] ?? '') ? { drill: true as const } : {};
  const entry = { v: 1, kind: 'destruction', at: tx.now(), tables, ...drill } as const;
  const found = remainsWords(erasure.found).found.join(', ');
  if (found !== '') {
    appendEntry(tx, { ...entry, decision: 'deny', code: 'DESTRUCTION_INCOMPLETE', note: `not complete: ${found}` });
    return;
  }
  const destroyed = requireVersion(tx, resource, version);
  const certificate = certificateOf(destruction, destroyed, storedSegments(tx, destroyed), erasure, tx.now());
  const { index } = appendEntry(tx, { ...entry, decision: 'permit', note: certificateNote(certificate) });
  certifyDestruction(tx, destruction, canonicalJson(certificate), index);
}
