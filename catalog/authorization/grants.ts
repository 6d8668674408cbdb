import * as z from 'zod';
import { AppError, type GrantKind, type GrantScope, type PlanClass } from '#policies';
import { contentHash } from '../canonical.ts';
import type { Db } from '../db.ts';
import { readJson } from '../json-column.ts';
import { and, asc, eq, gt, sql } from '../orm.ts';
import type { Page } from '../page.ts';
import { boundedLimit } from '../page.ts';
import type { PlanTable } from '../plans.ts';
import { prepared } from '../prepared.ts';
import { checkGrant } from './check-grant.ts';
import { grantRevocations, grantSignatures, grants, grantTables, type SIGNING_ROLES } from './tables.ts';

export type SigningRole = (typeof SIGNING_ROLES)[number];

export interface GrantSignature {
  readonly org: string;
  readonly role: SigningRole;
  readonly by: string;
  readonly thumbprint: string;
  /** Compact JWS over the grant's statement: anyone who knows the key can check it. */
  readonly jws: string;
  readonly at: string;
}

export interface GrantRevocation {
  readonly org: string;
  readonly role: SigningRole;
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

/** What an operator is authorised to use (授权), by whom. Its content never changes; signatures and revocations come to it. */
export interface Grant {
  readonly id: string;
  readonly kind: GrantKind;
  readonly operator: string;
  /** Whose data it is about: each signs for its own. */
  readonly providers: readonly string[];
  /** Of an individual grant; empty where it is whole. */
  readonly tables: readonly PlanTable[];
  readonly classes: readonly PlanClass[];
  readonly purpose: string;
  /** Days in Asia/Shanghai, both inclusive. */
  readonly validFrom: string;
  readonly validUntil: string;
  readonly org: string;
  readonly author: string;
  /** SHA-256 of the canonical JSON of all of the above, hex. */
  readonly hash: string;
  readonly proposedAt: string;
  readonly signatures: readonly GrantSignature[];
  readonly revocations: readonly GrantRevocation[];
}

export type NewGrant = Omit<Grant, 'hash' | 'proposedAt' | 'signatures' | 'revocations'>;

const tablesSchema = z.array(z.strictObject({ resource: z.string(), columns: z.array(z.string()) }));
const classesSchema = z.array(z.enum(['governance', 'welfare', 'industry']));
const namesSchema = z.array(z.string());
/** Stands for every table in the index of grants. */
const EVERY_TABLE = '*';

const grantById = prepared((db) =>
  db.orm
    .select()
    .from(grants)
    .where(eq(grants.id, sql.placeholder('id')))
    .prepare(),
);
const signaturesOf = prepared((db) =>
  db.orm
    .select()
    .from(grantSignatures)
    .where(eq(grantSignatures.grant, sql.placeholder('id')))
    .prepare(),
);
const revocationsOf = prepared((db) =>
  db.orm
    .select()
    .from(grantRevocations)
    .where(eq(grantRevocations.grant, sql.placeholder('id')))
    .prepare(),
);

const grantIdsNaming = prepared((db) =>
  db.client
    .prepare<[string, string], string>('SELECT grant_id FROM grant_tables WHERE operator = ? AND resource = ?')
    .pluck(),
);

/** What is signed: everything that the grant says, and nothing that happened since. */
export function grantHash(grant: NewGrant): string {
  const { id, kind, operator, providers, tables, classes, purpose, validFrom, validUntil, org, author } = grant;
  return contentHash({
    id,
    kind,
    operator,
    providers,
    tables,
    classes,
    purpose,
    validFrom,
    validUntil,
    org,
    author,
  });
}

/**
 * Files a grant for signature. It gives nobody anything until bureau and providers have signed.
 *
 * @throws AppError `GRANT_INVALID` (path, problem).
 */
export function proposeGrant(tx: Db, grant: NewGrant): Grant {
  checkGrant(tx, grant);
  if (findGrant(tx, grant.id) !== null) throw new AppError('GRANT_INVALID', { path: 'id', problem: 'the id is taken' });
  tx.orm
    .insert(grants)
    .values({
      ...grant,
      providers: JSON.stringify(grant.providers),
      tables: JSON.stringify(grant.tables),
      classes: JSON.stringify(grant.classes),
      hash: grantHash(grant),
      proposedAt: tx.now(),
    })
    .run();
  const resources = grant.kind === 'whole' ? [EVERY_TABLE] : grant.tables.map(({ resource }) => resource);
  for (const resource of resources)
    tx.orm.insert(grantTables).values({ operator: grant.operator, resource, grant: grant.id }).run();
  return getGrant(tx, grant.id);
}

export function findGrant(db: Db, id: string): Grant | null {
  const found = db.sealed('grants', grantById(db).get({ id }));
  if (found === undefined) return null;
  const signatures = signaturesOf(db).all({ id });
  const revocations = revocationsOf(db).all({ id });
  return {
    ...found,
    providers: readJson(namesSchema, found.providers),
    tables: readJson(tablesSchema, found.tables),
    classes: readJson(classesSchema, found.classes),
    signatures: signatures.map((row) => withoutGrant(db.sealed('grant_signatures', row))),
    revocations: db.sealedChosen('grant_revocations', revocations).map(withoutGrant),
  };
}

function withoutGrant<T extends { readonly grant: string }>({ grant: _grant, ...rest }: T): Omit<T, 'grant'> {
  return rest;
}

/** @throws AppError `GRANT_NOT_FOUND`. */
export function getGrant(db: Db, id: string): Grant {
  const grant = findGrant(db, id);
  if (grant === null) throw new AppError('GRANT_NOT_FOUND', { id });
  return grant;
}

/** By id; `after` is a grant's id. */
export function listGrants(db: Db, filters: Page & { readonly operator?: string | undefined } = {}): readonly Grant[] {
  const { after, operator } = filters;
  const where = and(
    after === undefined ? undefined : gt(grants.id, after),
    operator === undefined ? undefined : eq(grants.operator, operator),
  );
  const query = db.orm.select({ id: grants.id }).from(grants).where(where).orderBy(asc(grants.id));
  return query
    .limit(boundedLimit(filters.limit))
    .all()
    .map(({ id }) => getGrant(db, id));
}

/** The ids of grants that may cover a table for an operator; whether they do is `coverageOf`'s to say. */
export function grantsNaming(db: Db, operator: string, resource: string): readonly string[] {
  return [resource, EVERY_TABLE].flatMap((name) => grantIdsNaming(db).all(operator, name));
}

/** What counts of a grant: who has signed and not revoked. */
export function scopeOf(grant: Grant): GrantScope {
  const revoked = new Set(grant.revocations.map(({ org }) => org));
  const standing = grant.signatures.filter(({ org }) => !revoked.has(org));
  const { id, kind, operator, tables, classes, validFrom, validUntil, revocations } = grant;
  return {
    id,
    kind,
    operator,
    tables,
    classes,
    validFrom,
    validUntil,
    bureau: standing.some(({ role }) => role === 'bureau') && !revocations.some(({ role }) => role === 'bureau'),
    providers: standing.filter(({ role }) => role === 'provider').map(({ org }) => org),
  };
}

/**
 * Puts a signature to a grant, each organisation once and for good. That it is one, by a key of the organisation, is for the caller
 * to have checked.
 *
 * @throws AppError `GRANT_NOT_FOUND`; `GRANT_STATE` when this organisation has signed or revoked, or the bureau has revoked;
 *   `POLICY_ACCESS_DENIED` when the signer wrote the grant, is its operator, or is not asked.
 */
export function signGrant(tx: Db, id: string, signature: Omit<GrantSignature, 'at'>): Grant {
  const grant = getGrant(tx, id);
  const { org, role, by } = signature;
  const isAsked = role === 'bureau' || grant.providers.includes(org);
  const wroteIt = grant.operator === org || (grant.org === org && grant.author === by);
  if (!isAsked || wroteIt) throw new AppError('POLICY_ACCESS_DENIED', { action: 'grant:sign' });
  const isRevoked = grant.revocations.some((one) => one.org === org || one.role === 'bureau');
  if (isRevoked) throw new AppError('GRANT_STATE', { id, state: 'revoked', accepted: ['proposed'] });
  const hasSigned = grant.signatures.some((one) => one.org === org);
  if (hasSigned)
    throw new AppError('GRANT_STATE', { id, state: 'signed', accepted: ['one signature of each organisation'] });
  tx.orm
    .insert(grantSignatures)
    .values({ grant: id, ...signature, at: tx.now() })
    .run();
  return getGrant(tx, id);
}

/**
 * Ends a grant, at once and for good: the bureau for everybody, a provider for its own tables. Other grants stand as they did.
 *
 * @throws AppError `GRANT_NOT_FOUND`, `GRANT_STATE`, `POLICY_ACCESS_DENIED`.
 */
export function revokeGrant(tx: Db, id: string, revocation: Omit<GrantRevocation, 'at'>): Grant {
  const grant = getGrant(tx, id);
  const { org, role } = revocation;
  if (role === 'provider' && !grant.providers.includes(org))
    throw new AppError('POLICY_ACCESS_DENIED', { action: 'grant:revoke' });
  if (grant.revocations.some((one) => one.org === org || one.role === 'bureau'))
    throw new AppError('GRANT_STATE', { id, state: 'revoked', accepted: ['proposed', 'signed'] });
  tx.orm
    .insert(grantRevocations)
    .values({ grant: id, ...revocation, at: tx.now() })
    .run();
  return getGrant(tx, id);
}
