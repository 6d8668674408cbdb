import { AppError } from '#policies';
import type { Db } from '../db.ts';
import { findOrganisation } from '../organisations.ts';
import { asc, eq, sql } from '../orm.ts';
import { prepared } from '../prepared.ts';
import { type INCIDENT_VERDICTS, operatorIncidents } from './operator-tables.ts';

/** Something that speaks against an operator (T5). While nobody has decided on it, nothing runs under the operator's plans. */
export interface OperatorIncident {
  readonly id: string;
  readonly operator: string;
  /** Day of the incident in Asia/Shanghai. */
  readonly day: string;
  readonly note: string;
  /** `org/sub`. */
  readonly recordedBy: string;
  readonly recordedAt: string;
  /** `confirmed`: it counts for three years against an award, and operation goes on; an exit ends that. Null: under review. */
  readonly verdict: (typeof INCIDENT_VERDICTS)[number] | null;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
}

const incidentsByOperator = prepared((db) =>
  db.orm
    .select()
    .from(operatorIncidents)
    .where(eq(operatorIncidents.operator, sql.placeholder('operator')))
    .orderBy(asc(operatorIncidents.id))
    .prepare(),
);

/**
 * WHY only of a registered operator: a slip in the name would stop nobody.
 *
 * @throws AppError `AGREEMENT_INVALID` (path, problem); `INCIDENT_STATE` where the id is taken.
 */
export function recordIncident(
  tx: Db,
  incident: Pick<OperatorIncident, 'id' | 'operator' | 'day' | 'note' | 'recordedBy'>,
): OperatorIncident {
  if (findOrganisation(tx, incident.operator)?.kind !== 'operator')
    throw new AppError('AGREEMENT_INVALID', { path: 'operator', problem: 'not a registered operator' });
  if (incidentById(tx, incident.id) !== undefined)
    throw incidentState(incident.id, 'recorded already', 'an id that is not taken');
  tx.orm
    .insert(operatorIncidents)
    .values({ ...incident, recordedAt: tx.now() })
    .run();
  return getIncident(tx, incident.id);
}

/** By another person than recorded it. @throws AppError `INCIDENT_NOT_FOUND`, `INCIDENT_STATE`. */
export function decideIncident(
  tx: Db,
  id: string,
  verdict: NonNullable<OperatorIncident['verdict']>,
  decidedBy: string,
): OperatorIncident {
  const incident = getIncident(tx, id);
  if (incident.verdict !== null) throw incidentState(id, incident.verdict, 'an incident under review');
  if (incident.recordedBy === decidedBy) throw incidentState(id, 'under review', 'agreement of another person');
  tx.orm
    .update(operatorIncidents)
    .set({ verdict, decidedBy, decidedAt: tx.now() })
    .where(eq(operatorIncidents.id, id))
    .run();
  return getIncident(tx, id);
}

/** @throws AppError `INCIDENT_NOT_FOUND`. */
export function getIncident(db: Db, id: string): OperatorIncident {
  const row = incidentById(db, id);
  if (row === undefined) throw new AppError('INCIDENT_NOT_FOUND', { id });
  return row;
}

const incidentById = (db: Db, id: string): OperatorIncident | undefined =>
  db.sealed('operator_incidents', db.orm.select().from(operatorIncidents).where(eq(operatorIncidents.id, id)).get());

/** By id. */
export function incidentsOf(db: Db, operator: string): readonly OperatorIncident[] {
  return db.sealedChosen('operator_incidents', incidentsByOperator(db).all({ operator }));
}

const incidentState = (id: string, state: string, accepted: string) =>
  new AppError('INCIDENT_STATE', { id, state, accepted });
