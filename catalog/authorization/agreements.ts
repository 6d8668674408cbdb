import {
  type AgreementStep,
  AppError,
  decidableFrom,
  isInForce,
  isWithinLookBack,
  nextStep,
  shanghaiDay,
  type Term,
  termFrom,
} from '#policies';
import { contentHash } from '../canonical.ts';
import type { Db } from '../db.ts';
import { findOrganisation } from '../organisations.ts';
import { asc, eq, sql } from '../orm.ts';
import { cityCalendar } from '../plan-life/time-limits.ts';
import { prepared } from '../prepared.ts';
import { findExit } from './exits.ts';
import { incidentsOf } from './incidents.ts';
import { type AGREEMENT_KINDS, operatorAgreements, operatorSteps } from './operator-tables.ts';

export type AgreementKind = (typeof AGREEMENT_KINDS)[number];

/** A step as it was taken. People are named `sub`, of organisation `org`. */
export interface AgreementStepTaken {
  readonly step: AgreementStep;
  readonly org: string;
  readonly by: string;
  readonly note: string;
  /** Of the two signatures: compact JWS over the agreement's statement. */
  readonly jws: string | null;
  /** Day in Asia/Shanghai. */
  readonly day: string;
  readonly at: string;
}

/** How an operator was, or is being, chosen, and the term that it is for. */
export interface OperatorAgreement {
  readonly id: string;
  readonly operator: string;
  readonly kind: AgreementKind;
  /** First day, in Asia/Shanghai. */
  readonly validFrom: string;
  /** The first day after the last: five years later. */
  readonly validEnd: string;
  /** 公示期: working days. */
  readonly publicityDays: number;
  /** SHA-256 of the canonical JSON of all of the above, hex. */
  readonly hash: string;
  readonly openedBy: string;
  readonly openedAt: string;
  readonly steps: readonly AgreementStepTaken[];
}

export type NewAgreement = Pick<OperatorAgreement, 'id' | 'operator' | 'kind' | 'validFrom' | 'publicityDays'>;
type NewStep = Pick<AgreementStepTaken, 'step' | 'org' | 'by' | 'note' | 'jws'>;

const agreementsByOperator = prepared((db) =>
  db.orm
    .select()
    .from(operatorAgreements)
    .where(eq(operatorAgreements.operator, sql.placeholder('operator')))
    .prepare(),
);
const stepsOf = prepared((db) =>
  db.orm
    .select()
    .from(operatorSteps)
    .where(eq(operatorSteps.agreement, sql.placeholder('id')))
    .orderBy(asc(operatorSteps.position))
    .prepare(),
);

/**
 * Opens the choice of an operator, with its selection as the first step. The term follows from the first day: nobody sets an end.
 *
 * @throws AppError `AGREEMENT_INVALID` (path, problem); `OPERATOR_INCIDENT` where an incident of the last three years stands against it.
 */
export function openAgreement(
  tx: Db,
  agreement: NewAgreement,
  selection: Omit<NewStep, 'step' | 'jws'>,
): OperatorAgreement {
  const { id, operator, kind, validFrom, publicityDays } = agreement;
  const term = termFrom(validFrom);
  need(findAgreement(tx, id) === null, 'id', 'the id is taken');
  need(findOrganisation(tx, operator)?.kind === 'operator', 'operator', 'not a registered operator');
  need(findExit(tx, operator) === null, 'operator', 'an operator that has left');
  requireNoIncident(tx, operator);
  const hash = contentHash({ id, operator, kind, validFrom, validEnd: term.end, publicityDays });
  const openedBy = `${selection.org}/${selection.by}`;
  tx.orm
    .insert(operatorAgreements)
    .values({ ...agreement, validEnd: term.end, hash, openedBy, openedAt: tx.now() })
    .run();
  return insertStep(tx, id, { ...selection, step: 'selection', jws: null });
}

/**
 * Takes the next step. WHY people are compared: who chose does not review, who reviewed does not decide (O1: no self-approval).
 *
 * @throws AppError `AGREEMENT_NOT_FOUND`; `AGREEMENT_STATE` where another step is due, the publicity has not elapsed, or the same person took
 *   the step before; `OPERATOR_INCIDENT` at the decision, as at the opening.
 */
export function takeStep(tx: Db, id: string, step: NewStep): OperatorAgreement {
  const agreement = getAgreement(tx, id);
  const due = nextStep(agreement.steps);
  if (step.step !== due) throw state(id, agreement.steps.at(-1)?.step ?? '', due ?? 'nothing: it is signed');
  const before = agreement.steps.at(-1);
  const isSamePerson = before?.org === step.org && before.by === step.by;
  if (isSamePerson && step.step !== 'publicity')
    throw state(id, before.step, 'another person than took the step before');
  if (step.step === 'decision') requireDecidable(tx, agreement);
  return insertStep(tx, id, step);
}

function requireDecidable(tx: Db, agreement: OperatorAgreement): void {
  requireNoIncident(tx, agreement.operator);
  const from = decidableFrom(agreement.steps, agreement.publicityDays, cityCalendar(tx));
  if (from === null || shanghaiDay(tx.now()) < from)
    throw state(agreement.id, 'publicity', `a decision from ${from} on`);
}

/** T5. @throws AppError `OPERATOR_INCIDENT`. */
function requireNoIncident(tx: Db, operator: string): void {
  const today = shanghaiDay(tx.now());
  const against = incidentsOf(tx, operator).filter(
    ({ verdict, day }) => verdict !== 'dismissed' && isWithinLookBack(day, today),
  );
  if (against.length === 0) return;
  const names = against.map(({ id }) => id).join(', ');
  const missing = {
    en: `incidents of the last three years stand against ${operator}: ${names}`,
    zh: `${operator} 近三年有安全事件：${names}`,
  };
  throw new AppError('OPERATOR_INCIDENT', {
    plan: '',
    requirement: '13',
    paragraph: 'T5',
    missing: missing.en,
    missingZh: missing.zh,
    also: [],
  });
}

function insertStep(tx: Db, agreement: string, step: NewStep): OperatorAgreement {
  const position = getAgreement(tx, agreement).steps.length;
  const at = tx.now();
  tx.orm
    .insert(operatorSteps)
    .values({ agreement, position, ...step, day: shanghaiDay(at), at })
    .run();
  return getAgreement(tx, agreement);
}

export function findAgreement(db: Db, id: string): OperatorAgreement | null {
  const row = db.orm.select().from(operatorAgreements).where(eq(operatorAgreements.id, id)).get();
  return row === undefined ? null : fromRow(db, row);
}

/** @throws AppError `AGREEMENT_NOT_FOUND`. */
export function getAgreement(db: Db, id: string): OperatorAgreement {
  const agreement = findAgreement(db, id);
  if (agreement === null) throw new AppError('AGREEMENT_NOT_FOUND', { id });
  return agreement;
}

export function agreementsOf(db: Db, operator: string): readonly OperatorAgreement[] {
  return agreementsByOperator(db)
    .all({ operator })
    .map((row) => fromRow(db, row));
}

/** At most 1,000, by id. */
export function listAgreements(db: Db): readonly OperatorAgreement[] {
  const rows = db.orm.select().from(operatorAgreements).orderBy(asc(operatorAgreements.id)).limit(1_000).all();
  return rows.map((row) => fromRow(db, row));
}

export const termOf = ({ validFrom, validEnd }: OperatorAgreement): Term => ({ from: validFrom, end: validEnd });

/** The agreements under which an operator may operate on a day. */
export function agreementsInForce(db: Db, operator: string, today: string): readonly OperatorAgreement[] {
  return agreementsOf(db, operator).filter((agreement) => isInForce(agreement.steps, termOf(agreement), today));
}

function fromRow(db: Db, row: typeof operatorAgreements.$inferSelect): OperatorAgreement {
  const found = db.sealed('operator_agreements', row);
  const steps = stepsOf(db).all({ id: found.id });
  return { ...found, steps: steps.map((step) => toStep(db.sealed('operator_steps', step))) };
}

function toStep({
  agreement: _agreement,
  position: _position,
  ...step
}: typeof operatorSteps.$inferSelect): AgreementStepTaken {
  return step;
}

const state = (id: string, now: string, accepted: string) =>
  new AppError('AGREEMENT_STATE', { id, state: now, accepted });

function need(condition: boolean, path: string, problem: string): void {
  if (!condition) throw new AppError('AGREEMENT_INVALID', { path, problem });
}
