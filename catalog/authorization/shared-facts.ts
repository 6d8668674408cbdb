import type { GrantScope } from '#policies';
import type { Finding } from './standing.ts';

/**
 * What many plans lean on, read once from one state of the catalogue on one day: whoever keeps it lets it go with either. WHY: of the rows
 * behind a standing, each held against its seal, two thirds are of tables, grants and organisations that other plans lean on too.
 */
export interface SharedFacts {
  readonly scopes: Map<string, GrantScope>;
  /** Whether a table stands on the list of authorised operation. */
  readonly grantable: Map<string, boolean>;
  /** By attribute and whom it is about. */
  readonly findings: Map<string, Finding>;
}

export const newSharedFacts = (): SharedFacts => ({ scopes: new Map(), grantable: new Map(), findings: new Map() });

export function once<T>(known: Map<string, T>, key: string, read: () => T): T {
  const before = known.get(key);
  if (before !== undefined) return before;
  const found = read();
  known.set(key, found);
  return found;
}
