import {
  createResource,
  type Db,
  decideGate,
  findIntake,
  getResource,
  lastRevision,
  type NewResource,
  type Resource,
  reviseResource,
  type Store,
  setResourceState,
  versionsWithData,
} from '#catalog';
import { AppError, type GateDecision, type TableSchema } from '#policies';
import type { Caller } from '../identity/index.ts';
import { appendChange, knowOrganisation } from '../log-change.ts';
import { order } from './destruction-service.ts';
import { logRevision } from './log-revision.ts';
import { tableEntry } from './table-entry.ts';

/** What a provider declares; the provider itself comes from its token. */
export type ResourceDeclaration = Omit<NewResource, 'provider' | 'createdBy'>;

/** Changes of the catalogue, each in one transaction with its log entry. Authorization is the routes' part. */
export interface ResourceService {
  /** Errors: RESOURCE_EXISTS, RESOURCE_INVALID. */
  register(caller: Caller, declaration: ResourceDeclaration): Promise<Resource>;
  /**
   * Another version of the entry; plans over it rest at once where it changes what reviewers judged by, and jobs that run are stopped.
   * Errors: RESOURCE_NOT_FOUND, RESOURCE_STATE, RESOURCE_INVALID.
   */
  revise(caller: Caller, id: string, declaration: ResourceDeclaration): Promise<Resource>;
  /** Errors: RESOURCE_NOT_FOUND, RESOURCE_STATE, POLICY_ACCESS_DENIED (its own author or provider; the same person twice). */
  decideGate(caller: Caller, id: string, decision: Pick<GateDecision, 'gate' | 'verdict' | 'comment'>): Promise<void>;
  /** draft → listed. Errors: RESOURCE_NOT_FOUND, RESOURCE_STATE, ENTRY_INCOMPLETE, GATE_CLOSED. */
  list(caller: Caller, id: string): Promise<Resource>;
  /** For good: its versions are destroyed, each with a certificate of its own. Errors: RESOURCE_NOT_FOUND. */
  withdraw(caller: Caller, id: string): Promise<Resource>;
}

export function createResourceService(deps: {
  readonly store: Store;
  /** Begins to destroy what a withdrawal has ordered; nobody waits for it. */
  readonly carryOut: () => void;
  /** Ends every job that reads the table; resolves when they are ended. */
  readonly stopJobs: (resource: string) => Promise<unknown>;
}): ResourceService {
  return {
    register: (caller, declaration) =>
      deps.store.commit((tx) => {
        knowOrganisation(tx, caller);
        const resource = createResource(tx, { ...declaration, provider: caller.org, createdBy: caller.sub });
        logRevision(tx, caller, resource, lastRevision(tx, resource.id), 'registered');
        return resource;
      }),
    async revise(caller, id, declaration) {
      const { resource, revision } = await deps.store.commit((tx) => {
        const revised = reviseResource(tx, id, declaration, `${caller.org}/${caller.sub}`);
        logRevision(tx, caller, revised.resource, revised.revision, 'revised');
        return revised;
      });
      if (revision !== null && revision.basis === revision.revision) await deps.stopJobs(id);
      return resource;
    },
    decideGate: (caller, id, decision) =>
      deps.store.commit((tx) => {
        knowOrganisation(tx, caller);
        const { org, sub: by } = caller;
        decideGate(tx, id, { ...decision, org, by });
        const note = `gate ${decision.gate}: ${decision.verdict}`;
        appendChange(tx, { kind: 'resource', caller, tables: [tableEntry(getResource(tx, id))], note });
      }),
    list: (caller, id) => deps.store.commit((tx) => move(tx, caller, id, 'listed')),
    async withdraw(caller, id) {
      const orderedBy = `${caller.org}/${caller.sub}`;
      const withdrawn = await deps.store.commit((tx) => {
        move(tx, caller, id, 'withdrawn');
        for (const { version } of versionsWithData(tx, id)) {
          order(tx, caller, { resource: id, version, reason: 'withdrawn', orderedBy });
        }
        return getResource(tx, id);
      });
      deps.carryOut();
      return withdrawn;
    },
  };
}

/** A request for the state that it is in changes nothing and leaves no entry. */
function move(tx: Db, caller: Caller, id: string, state: 'listed' | 'withdrawn'): Resource {
  const before = getResource(tx, id);
  // A developer's own table is none of the catalogue's, whoever asks.
  const isIntake = findIntake(tx, id) !== null;
  if (isIntake) throw new AppError('RESOURCE_STATE', { id, state: 'intake', accepted: ['a table of the catalogue'] });
  const after = setResourceState(tx, id, state);
  if (before.state !== after.state) {
    appendChange(tx, { kind: 'resource', caller, tables: [tableEntry(after)], note: state });
  }
  return after;
}

/** The level of a row's existence where the provider names none (the contract of `TableSchema.level`). */
export function defaultTableLevel(columns: TableSchema['columns']): TableSchema['level'] {
  return columns.some(({ unit }) => unit !== undefined) ? 'general-2' : 'general-1';
}
