import {
  type Affiliation,
  type Db,
  decideIncident,
  declareAffiliation,
  getAgreement,
  type NewAgreement,
  type OperatorAgreement,
  type OperatorIncident,
  openAgreement,
  recordIncident,
  type Store,
  takeStep,
  withdrawAffiliation,
} from '#catalog';
import type { AffiliationFact, AgreementStep } from '#policies';
import { readSignature, requireSigned, statementOf } from '../grants/statement.ts';
import type { Caller } from '../identity/index.ts';
import { appendChange, knowOrganisation } from '../log-change.ts';

export interface StepOrder {
  readonly step: AgreementStep;
  readonly note: string;
  /** Of the two signatures: compact JWS. */
  readonly jws: string | null;
}

/** How operators come to operate and what speaks against them, each change in one transaction with its log entry. */
export interface OperatorService {
  /** 遴选. Errors: AGREEMENT_INVALID, OPERATOR_INCIDENT. */
  open(caller: Caller, agreement: NewAgreement, note: string): Promise<OperatorAgreement>;
  /** Errors: AGREEMENT_NOT_FOUND, AGREEMENT_STATE, OPERATOR_INCIDENT, SIGNATURE_INVALID. */
  step(caller: Caller, id: string, order: StepOrder): Promise<OperatorAgreement>;
  /** Nothing runs under the operator's plans until it is decided. Resolves when what ran is stopped. */
  recordIncident(
    caller: Caller,
    incident: Pick<OperatorIncident, 'id' | 'operator' | 'day' | 'note'>,
  ): Promise<OperatorIncident>;
  /** Errors: INCIDENT_NOT_FOUND, INCIDENT_STATE. */
  decideIncident(
    caller: Caller,
    id: string,
    verdict: NonNullable<OperatorIncident['verdict']>,
  ): Promise<OperatorIncident>;
  /** Resolves when what ran and no longer may is stopped. */
  declare(caller: Caller, fact: Omit<Affiliation, 'declaredBy' | 'declaredAt'>): Promise<void>;
  withdraw(caller: Caller, fact: AffiliationFact): Promise<boolean>;
}

export interface OperatorDeps {
  readonly store: Store;
  /** Which home signatures are for: the verifier key of its log. */
  readonly home: string;
  readonly jobs: { stopFallen(): Promise<number> };
}

export function createOperatorService({ store, home, jobs }: OperatorDeps): OperatorService {
  const change = <T>(caller: Caller, work: (tx: Db) => T): Promise<T> =>
    store.commit((tx) => {
      knowOrganisation(tx, caller);
      return work(tx);
    });
  return {
    open: (caller, agreement, note) =>
      change(caller, (tx) => {
        const opened = openAgreement(tx, agreement, { org: caller.org, by: caller.sub, note });
        return noted(tx, caller, opened, `agreement ${opened.id} with ${opened.operator}: selection`);
      }),
    async step(caller, id, { step, note, jws }) {
      const signed = jws === null ? null : await readSignature(jws, 'agreement');
      return change(caller, (tx) => {
        const { org, sub: by } = caller;
        const expected = statementOf('agreement', getAgreement(tx, id), { org, role: caller.role }, home);
        const isSignature = step === 'bureau-signature' || step === 'operator-signature';
        if (isSignature) requireSigned(tx, signed, expected, org);
        const taken = takeStep(tx, id, { step, org, by, note, jws: isSignature ? jws : null });
        return noted(tx, caller, taken, `agreement ${id} (${taken.hash}) with ${taken.operator}: ${step}`);
      });
    },
    async recordIncident(caller, incident) {
      const recordedBy = `${caller.org}/${caller.sub}`;
      const recorded = await change(caller, (tx) => {
        const found = recordIncident(tx, { ...incident, recordedBy });
        return noted(tx, caller, found, `incident ${found.id} of ${found.operator} on ${found.day} recorded`);
      });
      await jobs.stopFallen();
      return recorded;
    },
    decideIncident: (caller, id, verdict) =>
      change(caller, (tx) => {
        const decided = decideIncident(tx, id, verdict, `${caller.org}/${caller.sub}`);
        return noted(tx, caller, decided, `incident ${id} of ${decided.operator} ${verdict}`);
      }),
    async declare(caller, fact) {
      await change(caller, (tx) => {
        declareAffiliation(tx, { ...fact, declaredBy: `${caller.org}/${caller.sub}` });
        noted(tx, caller, null, `affiliation of ${fact.org} by ${fact.kind} declared, source ${fact.source}`);
      });
      await jobs.stopFallen();
    },
    withdraw: (caller, fact) =>
      change(caller, (tx) =>
        noted(tx, caller, withdrawAffiliation(tx, fact), `affiliation of ${fact.org} by ${fact.kind} withdrawn`),
      ),
  };
}

function noted<T>(tx: Db, caller: Caller, result: T, note: string): T {
  appendChange(tx, { kind: 'operator', caller, note });
  return result;
}
