import { AppError, type GateDecision, gateObjection } from '#policies';
import type { Db } from '../db.ts';
import { getResource } from '../resources.ts';
import { listingGates } from '../schema.ts';
import { lastRevision } from './entry-revisions.ts';
import { gateDecisions } from './listing-gates.ts';

/**
 * Records what a person says of an entry at one of its gates, for good: another verdict takes another version of the entry.
 *
 * @returns every decision about the entry as it stands.
 * @throws AppError `RESOURCE_NOT_FOUND`; `RESOURCE_STATE` where it is no draft, has no version, or the gate is decided;
 *   `POLICY_ACCESS_DENIED` for its own author, its provider, and whoever decided another gate.
 */
export function decideGate(tx: Db, id: string, decision: Omit<GateDecision, 'at'>): readonly GateDecision[] {
  const { state, provider } = getResource(tx, id);
  const revision = lastRevision(tx, id);
  if (state !== 'draft' || revision === null) {
    throw new AppError('RESOURCE_STATE', { id, state, accepted: ['draft'] });
  }
  const objection = gateObjection(gateDecisions(tx, id), decision, { author: revision.by, provider });
  if (objection === 'decided') {
    throw new AppError('RESOURCE_STATE', { id, state: 'decided', accepted: ['one decision of each gate'] });
  }
  if (objection !== null) throw new AppError('POLICY_ACCESS_DENIED', { action: 'resource:gate' });
  tx.orm
    .insert(listingGates)
    .values({ ...decision, resource: id, basis: revision.basis, at: tx.now() })
    .run();
  return gateDecisions(tx, id);
}
