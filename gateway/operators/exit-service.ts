import {
  appendEntry,
  canonicalJson,
  certifyExit,
  type Db,
  findExit,
  getExit,
  heldMaterials,
  heldResults,
  isInResultsOfOthers,
  keepHandOver,
  listResources,
  type OperatorExit,
  orderExit,
  orgsServedBy,
  removeResults,
  type Store,
  sha256Hex,
  versionsWithData,
} from '#catalog';
import { AppError } from '#policies';
import { type CopyScan, type HeldWorker, piecesOf } from '#sandbox';
import type { Caller } from '../identity/index.ts';
import { appendChange, knowOrganisation } from '../log-change.ts';
import type { DestructionService } from '../resources/destruction-service.ts';
import type { ExitRegister } from './exit-register.ts';
import { handOverHash, handOverNote, handOverOf } from './hand-over.ts';

export interface ExitOrder {
  readonly operator: string;
  readonly cause: OperatorExit['cause'];
  readonly reason: string;
}

/** What an exit closed. */
export interface ExitEffect {
  readonly exit: OperatorExit;
  readonly jobsStopped: number;
  readonly workersStopped: number;
  /** From the order until no token is taken, no job runs, no worker holds data and no release waits, milliseconds. */
  readonly closureMs: number;
}

/** The end of operators (T7). Authorization is the routes' part. */
export interface ExitService {
  /** At once: tokens, jobs, releases; then the package to hand over. Errors: EXIT_STATE. */
  order(caller: Caller, order: ExitOrder): Promise<ExitEffect>;
  /**
   * Once the receiver has the package, by its hash: results and tables of the operator are destroyed, the home is searched.
   * Errors: EXIT_NOT_FOUND, EXIT_STATE (another package; destroyed), DESTRUCTION_INCOMPLETE.
   */
  destroy(caller: Caller, operator: string, packageSha256: string): Promise<OperatorExit>;
}

export interface ExitDeps {
  readonly store: Store;
  readonly register: ExitRegister;
  readonly jobs: { stopFallen(): Promise<number> };
  readonly sandbox: { expel(isMeant: (worker: HeldWorker) => boolean): Promise<number> };
  readonly destructions: Pick<DestructionService, 'destroy'>;
  /** Of the home and the run folder: all files, or those beside the store. */
  readonly scan: (pieces: readonly Buffer[], part: 'all' | 'beside-store') => Promise<CopyScan>;
}

export function createExitService(deps: ExitDeps): ExitService {
  const { store, register, jobs, sandbox } = deps;
  return {
    async order(caller, { operator, cause, reason }) {
      const startedMs = performance.now();
      // INVARIANT: nobody of it is let in from here on, whatever fails below.
      register.put(operator);
      const ordered = await store.commit((tx) => {
        knowOrganisation(tx, caller);
        const earlier = findExit(tx, operator);
        if (earlier !== null && earlier.packageSha256 === null) return earlier; // cut off before its package was made
        const exit = orderExit(tx, { operator, cause, reason, orderedBy: `${caller.org}/${caller.sub}` });
        appendChange(tx, { kind: 'operator', caller, note: `exit of ${operator} for ${cause}: ${reason}` });
        return exit;
      });
      const served = store.read((db) => orgsServedBy(db, operator));
      const isHeld = ({ analyst }: HeldWorker) => served.has(analyst.split('/')[0] ?? '');
      const [jobsStopped, workersStopped] = await Promise.all([jobs.stopFallen(), sandbox.expel(isHeld)]);
      const closureMs = performance.now() - startedMs;
      await store.commit((tx) => packUp(tx, ordered));
      return { exit: store.read((db) => getExit(db, operator)), jobsStopped, workersStopped, closureMs };
    },
    async destroy(caller, operator, packageSha256) {
      const exit = store.read((db) => getExit(db, operator));
      if (exit.destroyedAt !== null) return exit;
      if (exit.packageSha256 !== packageSha256)
        throw new AppError('EXIT_STATE', {
          id: operator,
          state: 'another package',
          accepted: 'the hash of the package',
        });
      // INVARIANT: a search that knows no more what a copy looks like never stands in for one that did.
      if (exit.package === null)
        throw new AppError('EXIT_STATE', {
          id: operator,
          state: 'its results were removed, and the search that followed did not end',
          accepted: 'nothing: no certificate can be given any more, the log has the removal',
        });
      return await destroyAll(deps, caller, exit);
    },
  };
}

function packUp(tx: Db, exit: OperatorExit): void {
  const handed = handOverOf(tx, exit);
  const sha256 = handOverHash(handed);
  const note = handOverNote(exit.operator, sha256);
  const { index } = appendEntry(tx, { v: 1, kind: 'operator', at: tx.now(), decision: 'permit', note });
  keepHandOver(tx, exit.operator, { text: canonicalJson(handed), sha256, entry: index });
}

/** Tables first, by the shredding of their keys; then the answers that it was given, and the gateway's own copy of the package. */
async function destroyAll(
  deps: ExitDeps,
  caller: Caller,
  { operator, orderedAt }: OperatorExit,
): Promise<OperatorExit> {
  const { store, destructions } = deps;
  const versions = store.read((db) => versionsOf(db, operator));
  for (const { resource, version } of versions) await destructions.destroy(caller, resource, version);
  const results = store.read((db) => heldResults(db, operator));
  const isShared = (piece: Buffer) => store.read((db) => isInResultsOfOthers(db, operator, piece));
  const materials = store.read((db) => heldMaterials(db, operator));
  const pieces = [...results, ...materials].flatMap(({ json }) => piecesOf(json, isShared));
  // WHY before they are removed: once they are, nobody knows any more what a copy of them looks like.
  requireNoCopy(operator, await deps.scan(pieces, 'beside-store'));
  await store.commit((tx) => {
    removeResults(tx, operator);
    appendChange(tx, { kind: 'operator', caller, note: `results of ${operator} removed: ${results.length}` });
  });
  await store.purge();
  const scan = await deps.scan(pieces, 'all');
  requireNoCopy(operator, scan);
  const certificate = {
    v: 1,
    kind: 'operator-destruction-certificate',
    operator,
    orderedAt,
    tables: versions.map(({ resource, version }) => `${resource}@${version}`),
    results: results.map(({ job, sha256 }) => ({ job, sha256 })),
    products: materials.map(({ product, version }) => `${product}@${version}`),
    scan: { ...scan, piecesKnown: pieces.length },
  };
  await store.commit((tx) => {
    const text = canonicalJson(certificate);
    const note = `copies of ${operator} destroyed, certificate sha-256 ${sha256Hex(text)}`;
    const index = appendChange(tx, { kind: 'operator', caller, note });
    certifyExit(tx, operator, text, index);
  });
  return store.read((db) => getExit(db, operator));
}

/** @throws AppError `DESTRUCTION_INCOMPLETE`. */
function requireNoCopy(operator: string, { copiesLeft }: CopyScan): void {
  if (copiesLeft > 0) throw new AppError('DESTRUCTION_INCOMPLETE', { id: operator, found: [`copies: ${copiesLeft}`] });
}

/** Versions of tables that the operator delivered, still there. */
function versionsOf(db: Db, operator: string): readonly { readonly resource: string; readonly version: number }[] {
  const delivered = listResources(db, { provider: operator });
  return delivered.flatMap(({ id }) => versionsWithData(db, id).map(({ version }) => ({ resource: id, version })));
}
