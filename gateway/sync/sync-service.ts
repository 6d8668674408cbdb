import {
  confirmPeer,
  contentHash,
  type Db,
  decideMismatch,
  declarePeer,
  findEnvelope,
  getConfirmedPeer,
  lastSequence,
  type Reconciled,
  reconcile,
  type Store,
  type StoredEnvelope,
  type SyncMismatch,
  type SyncPeer,
  signingKeysOf,
  storeEnvelope,
} from '#catalog';
import { AppError, judgeEnvelope, type MismatchVerdict, type SyncSide, shanghaiDay } from '#policies';
import type { Caller } from '../identity/index.ts';
import { appendChange, knowOrganisation } from '../log-change.ts';
import { type CarriedOut, carryOut, type ToCarryOut } from './carry-out.ts';
import { type Envelope, readEnvelope, readList, type Signed } from './envelope.ts';

/** What came in, and whether it was here before: then nothing changed. */
export interface Delivered {
  readonly envelope: StoredEnvelope;
  readonly isRepeat: boolean;
}

/** What other platforms hand over, each change in one transaction with its log entry. Authorization is the routes' part. */
export interface SyncService {
  /** Errors: SYNC_STATE. */
  declare(caller: Caller, peer: string, side: SyncSide): Promise<SyncPeer>;
  /** By another person. Errors: SYNC_NOT_FOUND, SYNC_STATE. */
  confirm(caller: Caller, peer: string): Promise<SyncPeer>;
  /**
   * Errors: SYNC_NOT_FOUND, SYNC_STATE (not confirmed), SIGNATURE_INVALID, SYNC_REFUSED, SYNC_CONFLICT, SYNC_SEQUENCE, and what the catalogue
   * says to its payload. Each of them is in the log.
   */
  deliver(
    caller: Caller,
    peer: string,
    sent: { readonly envelope: string; readonly payload: object },
  ): Promise<Delivered>;
  /** Errors: SYNC_NOT_FOUND, SYNC_STATE, SIGNATURE_INVALID, SYNC_CONFLICT. */
  reconcile(caller: Caller, peer: string, list: string): Promise<Reconciled & { readonly day: string }>;
  /** Errors: SYNC_NOT_FOUND, SYNC_STATE, POLICY_ACCESS_DENIED (who carried it). */
  decide(
    caller: Caller,
    peer: string,
    key: string,
    decision: { readonly verdict: MismatchVerdict; readonly reason: string },
  ): Promise<SyncMismatch>;
}

export interface SyncDeps {
  readonly store: Store;
  /** Whom envelopes are for: the verifier key of the home's log. */
  readonly home: string;
  readonly now: () => Date;
  readonly declarationOf: ToCarryOut['declarationOf'];
  /** Ends every job that reads the table; resolves when they are ended. */
  readonly stopJobs: (resource: string) => Promise<unknown>;
  /** Ends the running jobs whose standing has ended. */
  readonly stopFallen: () => Promise<unknown>;
}

export function createSyncService(deps: SyncDeps): SyncService {
  const { store, stopJobs, stopFallen } = deps;
  return {
    declare: (caller, id, side) =>
      store.commit((tx) => {
        knowOrganisation(tx, caller);
        const peer = declarePeer(tx, { id, side, org: caller.org, declaredBy: personOf(caller) });
        return logged(tx, caller, `peer ${id} declared, ${side}`, peer);
      }),
    confirm: (caller, id) =>
      store.commit((tx) => logged(tx, caller, `peer ${id} confirmed`, confirmPeer(tx, id, personOf(caller)))),
    async deliver(caller, peer, { envelope: jws, payload }) {
      const signed = await readEnvelope(jws);
      try {
        const { done, ...delivered } = await store.commit((tx) =>
          take(tx, { caller, peer, jws, signed, payload }, deps),
        );
        if (done?.revised != null) await stopJobs(done.revised);
        return delivered;
      } catch (error) {
        if (error instanceof AppError) await recordRefusal(store, caller, peer, error);
        throw error;
      }
    },
    async reconcile(caller, peer, jws) {
      const signed = await readList(jws);
      const found = await store.commit((tx) => {
        const { said, digest } = requirePeer(tx, peer, signed, deps.home);
        const { day, envelopes: items } = said;
        const list = { peer, day, digest, items, jws, listedBy: personOf(caller) };
        const reconciled = { day, ...reconcile(tx, list) };
        const words = `${peer}: list of ${day}, sha-256 ${digest}, ${items.length} envelopes, ${reconciled.mismatches.length} mismatches`;
        return reconciled.isNew ? logged(tx, caller, words, reconciled) : reconciled;
      });
      if (found.mismatches.length > 0) await stopFallen();
      return found;
    },
    async decide(caller, peer, key, { verdict, reason }) {
      const decided = await store.commit((tx) => {
        const mismatch = decideMismatch(tx, peer, key, { verdict, reason, decidedBy: personOf(caller) });
        return logged(tx, caller, `${peer}/${key}: ${mismatch.kind}, ${verdict}: ${reason}`, mismatch);
      });
      return decided;
    },
  };
}

interface Sent {
  readonly caller: Caller;
  readonly peer: string;
  readonly jws: string;
  readonly signed: Signed<Envelope> | null;
  readonly payload: object;
}

/** Takes an envelope in, or answers for one that is here. */
function take(tx: Db, sent: Sent, deps: SyncDeps): Delivered & { readonly done: CarriedOut | null } {
  const { caller, peer: id, jws, payload } = sent;
  const { said, digest } = requirePeer(tx, id, sent.signed, deps.home);
  const peer = getConfirmedPeer(tx, id);
  const { key, kind, sequence, at } = said;
  const before = findEnvelope(tx, id, key);
  const last = lastSequence(tx, id);
  const known = before?.digest ?? null;
  const verdict = judgeEnvelope({ ...said, digest }, { side: peer.side, known, last, now: deps.now() });
  if (verdict === 'repeat' && before !== null) return { envelope: before, isRepeat: true, done: null };
  if (verdict === 'other-content') throw new AppError('SYNC_CONFLICT', { id: key });
  if (verdict === 'sequence') throw new AppError('SYNC_SEQUENCE', { sequence, expected: last + 1 });
  if (verdict !== 'new') throw new AppError('SYNC_REFUSED', { problem: PROBLEM[verdict] });
  if (contentHash(payload) !== said.payloadSha256)
    throw new AppError('SYNC_REFUSED', { problem: 'the payload is not the one that was signed' });
  const done = carryOut(tx, kind, { peer, key, payload, caller, declarationOf: deps.declarationOf });
  const { subject, announces } = done;
  const words = `${id}/${key}: ${kind} ${subject}, number ${sequence}, sha-256 ${digest}`;
  const entryIndex = appendChange(tx, { kind: 'sync', caller, note: words });
  const day = shanghaiDay(at);
  const row = {
    peer: id,
    key,
    sequence,
    kind,
    day,
    digest,
    subject,
    announces,
    jws,
    receivedBy: personOf(caller),
    entryIndex,
  };
  return { envelope: storeEnvelope(tx, row), isRepeat: false, done };
}

const PROBLEM = {
  kind: 'a peer of this side hands over no such thing',
  stale: 'it was signed too long ago',
  ahead: 'it was signed in the future',
  repeat: 'it was received before',
} as const;

/** INVARIANT: signed by a key that is the peer's now, in its own name, for this home. Errors: SYNC_NOT_FOUND, SYNC_STATE, SIGNATURE_INVALID. */
function requirePeer<T extends { readonly from: string; readonly to: string }>(
  tx: Db,
  peer: string,
  signed: Signed<T> | null,
  home: string,
): Signed<T> {
  getConfirmedPeer(tx, peer);
  if (signed === null || !signingKeysOf(tx, peer).has(signed.signer))
    throw new AppError('SIGNATURE_INVALID', { problem: 'not signed by a key in use' });
  if (signed.said.from !== peer || signed.said.to !== home)
    throw new AppError('SIGNATURE_INVALID', { problem: 'signed, but not by this peer for this gateway' });
  return signed;
}

const personOf = ({ org, sub }: Caller): string => `${org}/${sub}`;

function logged<T>(tx: Db, caller: Caller, note: string, value: T): T {
  appendChange(tx, { kind: 'sync', caller, note });
  return value;
}

async function recordRefusal(store: Store, caller: Caller, peer: string, { code }: AppError): Promise<void> {
  await store.commit((tx) => appendChange(tx, { kind: 'refusal', caller, code, note: `envelope of ${peer}` }));
}
