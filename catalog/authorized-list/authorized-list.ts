import { AppError } from '#policies';
import type { Db } from '../db.ts';
import { findOrganisation } from '../organisations.ts';
import { and, asc, desc, eq, isNotNull, max, sql } from '../orm.ts';
import { prepared } from '../prepared.ts';
import { findResource } from '../resources.ts';
import { authorizedBatches, authorizedChanges, authorizedSignatures } from '../schema.ts';

/** 授权运营目录 (domain.md, 20): only what stands on it can be granted. It changes in batches that bureau and providers sign. */
export interface ListBatch {
  /** 1, 2, 3 … */
  readonly batch: number;
  readonly comment: string;
  /** Who proposed it. */
  readonly org: string;
  readonly by: string;
  readonly proposedAt: string;
  readonly inForceAt: string | null;
  readonly refusedAt: string | null;
  readonly changes: readonly ListChange[];
  readonly signatures: readonly ListSignature[];
}

export interface ListChange {
  readonly resource: string;
  readonly provider: string;
  readonly change: 'add' | 'remove';
}

export interface ListSignature {
  readonly org: string;
  readonly role: 'bureau' | 'provider';
  readonly by: string;
  readonly verdict: 'approve' | 'refuse';
  readonly at: string;
}

export type ListEntry = Pick<ListChange, 'resource' | 'provider'> & { readonly batch: number; readonly since: string };

const newestChangeOf = prepared((db) =>
  db.orm
    .select({ change: authorizedChanges, batch: authorizedBatches })
    .from(authorizedChanges)
    .innerJoin(authorizedBatches, eq(authorizedBatches.batch, authorizedChanges.batch))
    .where(and(eq(authorizedChanges.resource, sql.placeholder('resource')), isNotNull(authorizedBatches.inForceAt)))
    .orderBy(desc(authorizedBatches.inForceAt), desc(authorizedBatches.batch))
    .limit(1)
    .prepare(),
);

/** What the newest batch in force says of a table. */
function newestChange(db: Db, resource: string): (ListChange & { readonly batch: number }) | null {
  const found = newestChangeOf(db).get({ resource });
  if (found === undefined) return null;
  db.sealed('authorized_batches', found.batch);
  return db.sealed('authorized_changes', found.change);
}

/** Whether a table stands on the list today: listed in the catalogue, and added by a batch in force that none since has undone. */
export function isGrantable(db: Db, resource: string): boolean {
  return findResource(db, resource)?.state === 'listed' && newestChange(db, resource)?.change === 'add';
}

/**
 * @throws AppError `LIST_INVALID` (path, problem): nothing to change, a table twice, in another open batch, not listed, or on the list already.
 */
export function proposeBatch(
  tx: Db,
  {
    comment,
    org,
    by,
    add,
    remove,
  }: Pick<ListBatch, 'comment' | 'org' | 'by'> & {
    readonly add: readonly string[];
    readonly remove: readonly string[];
  },
): ListBatch {
  const asked = [
    ...add.map((resource) => ({ resource, change: 'add' as const })),
    ...remove.map((resource) => ({ resource, change: 'remove' as const })),
  ];
  need(asked.length > 0, 'add', 'a batch changes at least one table');
  need(new Set(asked.map(({ resource }) => resource)).size === asked.length, 'add', 'a table is named twice');
  const open = new Set(openBatches(tx).flatMap(({ changes }) => changes.map(({ resource }) => resource)));
  const changes = asked.map(({ resource, change }): ListChange => {
    const found = findResource(tx, resource);
    need(found !== null && (change === 'remove' || found.state === 'listed'), change, 'not in the catalogue');
    need(!open.has(resource), change, 'another batch that is not decided changes the table');
    need((newestChange(tx, resource)?.change === 'add') === (change === 'remove'), change, 'the list says so already');
    return { resource, change, provider: found?.provider ?? '' };
  });
  const last = tx.orm
    .select({ batch: max(authorizedBatches.batch) })
    .from(authorizedBatches)
    .get();
  const batch = (last?.batch ?? 0) + 1;
  tx.orm.insert(authorizedBatches).values({ batch, comment, org, by, proposedAt: tx.now() }).run();
  for (const change of changes)
    tx.orm
      .insert(authorizedChanges)
      .values({ batch, ...change })
      .run();
  return getBatch(tx, batch);
}

/**
 * Signs for the bureau or a provider concerned. The last approval brings the batch into force, one refusal ends it.
 *
 * @throws AppError `LIST_NOT_FOUND`; `LIST_STATE` where it is decided, or signed by this organisation; `POLICY_ACCESS_DENIED` for who is
 *   not asked, and for the person who proposed it.
 */
export function signBatch(tx: Db, batch: number, signature: Omit<ListSignature, 'at'>): ListBatch {
  const found = getBatch(tx, batch);
  checkSigner(tx, found, signature);
  if (found.inForceAt !== null || found.refusedAt !== null) throw listState(batch, 'decided', 'a batch that is open');
  if (found.signatures.some(({ org }) => org === signature.org))
    throw listState(batch, 'signed', 'one signature of each party');
  tx.orm
    .insert(authorizedSignatures)
    .values({ ...signature, batch, at: tx.now() })
    .run();
  const signed = getBatch(tx, batch);
  const decided =
    signature.verdict === 'refuse' ? { refusedAt: tx.now() } : { inForceAt: isSigned(signed) ? tx.now() : null };
  tx.orm.update(authorizedBatches).set(decided).where(eq(authorizedBatches.batch, batch)).run();
  return getBatch(tx, batch);
}

function checkSigner(db: Db, { org, by, changes }: ListBatch, signer: Omit<ListSignature, 'at'>): void {
  const kind = findOrganisation(db, signer.org)?.kind;
  const isProvider = kind === 'provider' && changes.some(({ provider }) => provider === signer.org);
  const isAsked = signer.role === 'bureau' ? kind === 'bureau' : isProvider;
  const isProposer = signer.org === org && signer.by === by;
  if (!isAsked || isProposer) throw new AppError('POLICY_ACCESS_DENIED', { action: 'list:sign' });
}

function isSigned({ changes, signatures }: ListBatch): boolean {
  const approving = signatures.filter(({ verdict }) => verdict === 'approve');
  const orgs = new Set(approving.filter(({ role }) => role === 'provider').map(({ org }) => org));
  return approving.some(({ role }) => role === 'bureau') && changes.every(({ provider }) => orgs.has(provider));
}

export function findBatch(db: Db, batch: number): ListBatch | null {
  const row = db.orm.select().from(authorizedBatches).where(eq(authorizedBatches.batch, batch)).get();
  return row === undefined ? null : withParts(db, row);
}

/** @throws AppError `LIST_NOT_FOUND`. */
export function getBatch(db: Db, batch: number): ListBatch {
  const found = findBatch(db, batch);
  if (found === null) throw new AppError('LIST_NOT_FOUND', { id: String(batch) });
  return found;
}

/** Newest first. */
export function listBatches(db: Db): readonly ListBatch[] {
  const rows = db.orm.select().from(authorizedBatches).orderBy(desc(authorizedBatches.batch)).limit(1_000).all();
  return rows.map((row) => withParts(db, row));
}

function openBatches(db: Db): readonly ListBatch[] {
  return listBatches(db).filter(({ inForceAt, refusedAt }) => inForceAt === null && refusedAt === null);
}

function withParts(db: Db, found: typeof authorizedBatches.$inferSelect): ListBatch {
  const row = db.sealed('authorized_batches', found);
  const ofBatch = eq(authorizedChanges.batch, row.batch);
  const changes = db.orm.select().from(authorizedChanges).where(ofBatch).orderBy(asc(authorizedChanges.resource)).all();
  const ofSigned = eq(authorizedSignatures.batch, row.batch);
  const signatures = db.orm
    .select()
    .from(authorizedSignatures)
    .where(ofSigned)
    .orderBy(asc(authorizedSignatures.at))
    .all();
  return {
    ...row,
    changes: changes.map((change) => withoutBatch(db.sealed('authorized_changes', change))),
    signatures: signatures.map((signature) => withoutBatch(db.sealed('authorized_signatures', signature))),
  };
}

function withoutBatch<T extends { readonly batch: number }>({ batch: _batch, ...rest }: T): Omit<T, 'batch'> {
  return rest;
}

/** The list as it is in force, by table. */
export function authorizedList(db: Db): readonly ListEntry[] {
  const inForce = listBatches(db).filter(({ inForceAt }) => inForceAt !== null);
  // WHY by number within an instant: `newestChange` goes by the same order.
  const oldestFirst = inForce.toReversed().toSorted((a, b) => (a.inForceAt ?? '').localeCompare(b.inForceAt ?? ''));
  const entries = new Map<string, ListEntry>();
  for (const { batch, inForceAt, changes } of oldestFirst) {
    for (const { resource, provider, change } of changes) {
      if (change === 'remove') entries.delete(resource);
      else entries.set(resource, { resource, provider, batch, since: inForceAt ?? '' });
    }
  }
  return [...entries.values()].toSorted((a, b) => (a.resource < b.resource ? -1 : 1));
}

function need(condition: boolean, path: string, problem: string): void {
  if (!condition) throw new AppError('LIST_INVALID', { path, problem });
}

function listState(batch: number, state: string, accepted: string): AppError {
  return new AppError('LIST_STATE', { id: String(batch), state, accepted });
}
