import type { GrantScope } from '#policies';
import type { Onboarding } from '../plan-life/onboarding.ts';
import type { TableReconciled } from '../sync/find-reconciled.ts';
import type { findAffiliates } from './affiliations.ts';
import type { Finding } from './standing.ts';

/**
 * What many plans lean on, read once from one state of the catalogue on one day: whoever keeps it lets it go with either. WHY: of the rows
 * behind a standing, each held against its seal, two thirds are of tables, grants and organisations that other plans lean on too.
 */
export interface SharedFacts {
  readonly scopes: Map<string, GrantScope>;
  /** Grants that may cover a table, by operator and table. */
  readonly naming: Map<string, readonly GrantScope[]>;
  /** Whether a table stands on the list of authorised operation. */
  readonly grantable: Map<string, boolean>;
  /** By developer. */
  readonly dossiers: Map<string, Onboarding | null>;
  /** The hash of the rules in force; by nothing. */
  readonly rules: Map<'', string | null>;
  /** By attribute and whom it is about. */
  readonly findings: Map<string, Finding>;
  /** By table. */
  readonly reconciled: Map<string, TableReconciled>;
  /** By organisation. */
  readonly affiliates: Map<string, ReturnType<typeof findAffiliates>>;
  /** Whether an organisation is an operator. */
  readonly operators: Map<string, boolean>;
}

export const newSharedFacts = (): SharedFacts => ({
  scopes: new Map(),
  naming: new Map(),
  grantable: new Map(),
  dossiers: new Map(),
  rules: new Map(),
  findings: new Map(),
  reconciled: new Map(),
  affiliates: new Map(),
  operators: new Map(),
});

export function once<K, T>(known: Map<K, T>, key: K, read: () => T): T {
  const before = known.get(key);
  if (before !== undefined) return before;
  const found = read();
  known.set(key, found);
  return found;
}
