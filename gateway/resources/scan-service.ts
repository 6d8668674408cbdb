import {
  type Db,
  decideScanFinding,
  disputeScanFinding,
  type FindingKey,
  getResource,
  type ScanFinding,
  type Store,
} from '#catalog';
import type { Caller } from '../identity/index.ts';
import { appendChange, knowOrganisation } from '../log-change.ts';
import { tableEntry } from './table-entry.ts';

/**
 * Four eyes over what a scan refused: each step in one transaction with its log entry. Authorization is the routes' part.
 */
export interface ScanService {
  /** Errors: SCAN_FINDING_NOT_FOUND, SCAN_FINDING_STATE. */
  dispute(caller: Caller, key: FindingKey, reason: string): Promise<ScanFinding>;
  /** Errors: SCAN_FINDING_NOT_FOUND; SCAN_FINDING_STATE, where the caller disputed it too. */
  decide(caller: Caller, key: FindingKey, decision: Parameters<typeof decideScanFinding>[3]): Promise<ScanFinding>;
}

export function createScanService({ store }: { readonly store: Store }): ScanService {
  return {
    dispute: (caller, key, reason) =>
      store.commit((tx) => logged(tx, caller, disputeScanFinding(tx, key, personOf(caller), reason))),
    decide: (caller, key, decision) =>
      store.commit((tx) => logged(tx, caller, decideScanFinding(tx, key, personOf(caller), decision))),
  };
}

const personOf = ({ org, sub }: Caller): string => `${org}/${sub}`;

/** WHY without the words: whoever disputes values may quote them, and the log is for good. */
function logged(tx: Db, caller: Caller, finding: ScanFinding): ScanFinding {
  const { resource, columnName, kind, share, state } = finding;
  knowOrganisation(tx, caller);
  const table = { ...tableEntry(getResource(tx, resource)), columns: [columnName] };
  const note = `scan: ${kind} in ${Math.round(share * 100)}% of the values, ${state}`;
  appendChange(tx, { kind: 'resource', caller, tables: [table], note });
  return finding;
}
