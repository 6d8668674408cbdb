import { AppError, closedGates, type EntryDocument, type Gate, type GateDecision, missingFields } from '#policies';
import type { Db } from '../db.ts';
import { and, asc, eq } from '../orm.ts';
import { listingGates } from '../schema.ts';
import { lastRevision } from './entry-revisions.ts';

/** Decisions about the entry as it stands, the earliest first. A change that is material leaves none. */
export function gateDecisions(db: Db, resource: string): readonly GateDecision[] {
  const basis = lastRevision(db, resource)?.basis ?? 0;
  const ofBasis = and(eq(listingGates.resource, resource), eq(listingGates.basis, basis));
  const rows = db.orm.select().from(listingGates).where(ofBasis).orderBy(asc(listingGates.at), asc(listingGates.gate));
  return rows.all().map((found) => {
    const { resource: _resource, basis: _basis, ...decision } = db.sealed('listing_gates', found);
    return decision;
  });
}

/** Gates that the entry as it stands has not passed. */
export function gatesLeft(db: Db, resource: string): readonly Gate[] {
  return closedGates(gateDecisions(db, resource));
}

/**
 * INVARIANT: nothing is listed that lacks one of its seven fields, or that three people have not let through.
 *
 * @throws AppError `ENTRY_INCOMPLETE` (id, missing), `GATE_CLOSED` (id, missing).
 */
export function requireListable(db: Db, id: string, document: EntryDocument): void {
  const fields = missingFields(document);
  if (fields.length > 0) throw new AppError('ENTRY_INCOMPLETE', { id, missing: fields });
  const gates = gatesLeft(db, id);
  if (gates.length > 0) throw new AppError('GATE_CLOSED', { id, missing: gates });
}
