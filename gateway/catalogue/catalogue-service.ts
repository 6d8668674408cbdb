import { randomUUID } from 'node:crypto';
import {
  answerDemand,
  type Db,
  type Demand,
  fileDemand,
  getResource,
  type ListBatch,
  type NewDemand,
  proposeBatch,
  proposeForDemand,
  type Store,
  signBatch,
} from '#catalog';
import type { Caller } from '../identity/index.ts';
import { appendChange, knowOrganisation } from '../log-change.ts';
import { tableEntry } from '../resources/table-entry.ts';

/** The list of authorised operation and the demand ledger, each change in one transaction with its log entry. */
export interface CatalogueService {
  /** Errors: LIST_INVALID. */
  propose(
    caller: Caller,
    batch: { readonly comment: string; readonly add: readonly string[]; readonly remove: readonly string[] },
  ): Promise<ListBatch>;
  /** Errors: LIST_NOT_FOUND, LIST_STATE, POLICY_ACCESS_DENIED. */
  sign(caller: Caller, batch: number, verdict: 'approve' | 'refuse'): Promise<ListBatch>;
  /** Errors: DEMAND_STATE. */
  demand(caller: Caller, demand: Omit<NewDemand, 'id' | 'org' | 'by'>): Promise<Demand>;
  /** Errors: DEMAND_NOT_FOUND, DEMAND_STATE. */
  answer(
    caller: Caller,
    id: string,
    answer: { readonly verdict: 'accept' | 'decline'; readonly comment: string },
  ): Promise<Demand>;
  /** Errors: DEMAND_NOT_FOUND, RESOURCE_NOT_FOUND, DEMAND_STATE. */
  proposeDraft(caller: Caller, id: string, resource: string): Promise<Demand>;
}

export function createCatalogueService({ store }: { readonly store: Store }): CatalogueService {
  const change = <T>(caller: Caller, work: (tx: Db) => T): Promise<T> =>
    store.commit((tx) => {
      knowOrganisation(tx, caller);
      return work(tx);
    });
  return {
    propose: (caller, { comment, add, remove }) =>
      change(caller, (tx) =>
        loggedBatch(
          tx,
          caller,
          proposeBatch(tx, { comment, org: caller.org, by: caller.sub, add, remove }),
          'proposed',
        ),
      ),
    sign: (caller, batch, verdict) =>
      change(caller, (tx) => {
        const role = caller.role === 'bureau' ? 'bureau' : 'provider';
        const signed = signBatch(tx, batch, { org: caller.org, role, by: caller.sub, verdict });
        return loggedBatch(
          tx,
          caller,
          signed,
          `${verdict} by ${role}; ${signed.inForceAt === null ? 'open' : 'in force'}`,
        );
      }),
    demand: (caller, demand) =>
      change(caller, (tx) => {
        const filed = fileDemand(tx, { ...demand, id: `demand-${randomUUID()}`, org: caller.org, by: caller.sub });
        return loggedDemand(tx, caller, filed, `filed with ${filed.provider}`);
      }),
    answer: (caller, id, { verdict, comment }) =>
      change(caller, (tx) => {
        const answered = answerDemand(tx, id, { verdict, comment, by: `${caller.org}/${caller.sub}` });
        return loggedDemand(tx, caller, answered, verdict);
      }),
    proposeDraft: (caller, id, resource) =>
      change(caller, (tx) => loggedDemand(tx, caller, proposeForDemand(tx, id, resource), `draft ${resource}`)),
  };
}

function loggedBatch(tx: Db, caller: Caller, batch: ListBatch, what: string): ListBatch {
  const tables = batch.changes.map(({ resource }) => ({ ...tableEntry(getResource(tx, resource)), columns: [] }));
  appendChange(tx, { kind: 'resource', caller, tables, note: `authorized list, batch ${batch.batch}: ${what}` });
  return batch;
}

/** INVARIANT: what is asked for stays in the ledger; the log says who and when. */
function loggedDemand(tx: Db, caller: Caller, demand: Demand, what: string): Demand {
  appendChange(tx, { kind: 'resource', caller, note: `${demand.id}: ${what}` });
  return demand;
}
