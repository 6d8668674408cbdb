import {
  type AuditEntry,
  appendEntry,
  type Db,
  findOrganisation,
  type OrganisationKind,
  putOrganisation,
} from '#catalog';
import type { Caller } from './identity/index.ts';

type LoggedTables = NonNullable<AuditEntry['tables']>;

/** A change of state other than a job's, as the access log tells it. */
export interface Change
  extends Pick<AuditEntry, 'job' | 'grants' | 'plan' | 'planHash' | 'purpose' | 'about' | 'erased' | 'note'> {
  readonly kind: Extract<
    AuditEntry['kind'],
    | 'resource'
    | 'upload'
    | 'plan'
    | 'grant'
    | 'party-key'
    | 'operator'
    | 'log-read'
    | 'refusal'
    | 'freeze'
    | 'canary'
    | 'erasure'
    | 'destruction'
    | 'product'
    | 'consent'
    | 'intake'
    | 'sync'
  >;
  readonly caller: Caller;
  readonly tables?: LoggedTables;
  /** Set when it was refused or failed. */
  readonly code?: string;
}

const COLUMNS_LISTED_MAX = 500;

/** WHY: an entry has 65,535 bytes; a name has at most 63. What is longer stands by the hash of its plan, query or schema. */
export function listedTables(tables: LoggedTables): LoggedTables {
  const columns = tables.reduce((sum, table) => sum + table.columns.length, 0);
  return columns <= COLUMNS_LISTED_MAX ? tables : tables.map((table) => ({ ...table, columns: [] }));
}

/** Appends the entry of a change, in the transaction that makes it. Returns the entry's index. */
export function appendChange(tx: Db, change: Change): number {
  const { caller, code, tables, ...rest } = change;
  const { sub, org, role } = caller;
  const { index } = appendEntry(tx, {
    v: 1,
    at: tx.now(),
    who: { sub, org, role },
    decision: code === undefined ? 'permit' : 'deny',
    ...(code === undefined ? {} : { code }),
    ...(tables === undefined ? {} : { tables: listedTables(tables) }),
    ...rest,
  });
  return index;
}

const KINDS: ReadonlySet<string> = new Set<OrganisationKind>([
  'provider',
  'developer',
  'operator',
  'bureau',
  'security',
  'custodian',
]);

/**
 * Registers the caller's organisation when it acts for the first time, as what its token says it is. WHY: the issuer
 * vouches for the role; an organisation that is known as another kind stays so, and the catalogue holds it to that.
 */
export function knowOrganisation(tx: Db, { org, role }: Caller): void {
  if (!isKind(role) || findOrganisation(tx, org) !== null) return;
  putOrganisation(tx, { id: org, title: { zh: org, en: org }, kind: role });
}

function isKind(role: string): role is OrganisationKind {
  return KINDS.has(role);
}
