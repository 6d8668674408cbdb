import {
  type AgreementTerms,
  applyForOnboarding,
  approveRules,
  approveTimeLimits,
  contentHash,
  type Db,
  decideOnboarding,
  filePlanAgreement,
  getPlan,
  type Onboarding,
  type PlanAgreement,
  type PlanSupply,
  planAgreementHash,
  proposeRules,
  proposeTimeLimits,
  type RuleVersion,
  rulesInForce,
  type Store,
  signPlanAgreement,
  supplyPlan,
  type TimeLimitsVersion,
} from '#catalog';
import { readSignature, requireSigned, statementOf } from '../grants/statement.ts';
import type { Caller } from '../identity/index.ts';
import { appendChange, knowOrganisation } from '../log-change.ts';

/** What stands between an approved plan and its first job, each in one transaction with its log entry. Authorization is the routes' part. */
export interface PlanLifeService {
  /** Errors: RULES_STATE. */
  proposeRules(caller: Caller, rules: Pick<RuleVersion, 'title' | 'text'>): Promise<RuleVersion>;
  /** Errors: RULES_STATE (the same person; approved). */
  approveRules(caller: Caller, hash: string): Promise<RuleVersion>;
  /** Errors: TIME_LIMITS_INVALID. */
  proposeTimeLimits(
    caller: Caller,
    proposal: Pick<TimeLimitsVersion, 'limits' | 'holidays' | 'comment'>,
  ): Promise<TimeLimitsVersion>;
  /** Errors: TIME_LIMITS_STATE (the same person; approved; older). */
  approveTimeLimits(caller: Caller, version: number): Promise<TimeLimitsVersion>;
  /** Errors: ONBOARDING_INVALID. */
  apply(caller: Caller, dossier: Pick<Onboarding, 'creditCode' | 'rules' | 'staff'>): Promise<Onboarding>;
  /** Errors: ONBOARDING_NOT_FOUND, ONBOARDING_STATE. */
  decide(caller: Caller, org: string, verdict: 'approve' | 'refuse'): Promise<Onboarding>;
  /** `jws` is a compact JWS over `statementOf`. Errors: SIGNATURE_INVALID, PLAN_NOT_FOUND, PLAN_STATE, POLICY_ACCESS_DENIED. */
  sign(
    caller: Caller,
    plan: string,
    signature: Omit<AgreementTerms, 'plan'> & { readonly jws: string },
  ): Promise<PlanAgreement>;
  /** Errors: PLAN_NOT_FOUND, PLAN_STATE (not signed, overdue). */
  file(caller: Caller, plan: string, number: string): Promise<PlanAgreement>;
  /** Errors: PLAN_NOT_FOUND, RESOURCE_NOT_FOUND, PLAN_STATE, RESOURCE_STATE, POLICY_ACCESS_DENIED. */
  supply(caller: Caller, plan: string, resource: string): Promise<PlanSupply>;
}

export interface PlanLifeDeps {
  readonly store: Store;
  /** Which home signatures are for: the verifier key of its log. */
  readonly home: string;
}

export function createPlanLifeService({ store, home }: PlanLifeDeps): PlanLifeService {
  const change = <T>(caller: Caller, work: (tx: Db) => T): Promise<T> =>
    store.commit((tx) => {
      knowOrganisation(tx, caller);
      return work(tx);
    });
  return {
    proposeRules: (caller, rules) =>
      change(caller, (tx) => {
        const proposed = proposeRules(tx, { ...rules, proposedBy: personOf(caller) });
        appendChange(tx, { kind: 'plan', caller, note: `rules proposed, ${proposed.hash}` });
        return proposed;
      }),
    approveRules: (caller, hash) =>
      change(caller, (tx) => {
        const approved = approveRules(tx, hash, personOf(caller));
        appendChange(tx, { kind: 'plan', caller, note: `rules in force, ${hash}` });
        return approved;
      }),
    proposeTimeLimits: (caller, proposal) =>
      change(caller, (tx) => {
        const proposed = proposeTimeLimits(tx, { ...proposal, proposedBy: personOf(caller) });
        appendChange(tx, { kind: 'plan', caller, note: `time limits proposed, version ${proposed.version}` });
        return proposed;
      }),
    approveTimeLimits: (caller, version) =>
      change(caller, (tx) => {
        const approved = approveTimeLimits(tx, version, personOf(caller));
        const { limits, holidays } = approved;
        const years = holidays.map(({ year }) => year).join(' ') || 'none';
        appendChange(tx, {
          kind: 'plan',
          caller,
          note: `time limits in force, version ${version}, sha-256 ${contentHash({ limits, holidays })}, holidays of ${years}`,
        });
        return approved;
      }),
    apply: (caller, dossier) =>
      change(caller, (tx) => {
        const applied = applyForOnboarding(tx, { ...dossier, org: caller.org, appliedBy: personOf(caller) });
        appendChange(tx, {
          kind: 'plan',
          caller,
          note: `onboarding of ${caller.org} applied for, ${dossier.staff.length} accounts, rules ${dossier.rules}`,
        });
        return applied;
      }),
    decide: (caller, org, verdict) =>
      change(caller, (tx) => {
        const decided = decideOnboarding(tx, org, { verdict, decidedBy: personOf(caller) });
        appendChange(tx, { kind: 'plan', caller, note: `onboarding of ${org}: ${verdict}, ${cited(tx)}` });
        return decided;
      }),
    async sign(caller, plan, { jws, ...document }) {
      const { org, role, sub: by } = caller;
      const read = await readSignature(jws, 'plan-agreement');
      const hash = planAgreementHash({ plan, ...document });
      return change(caller, (tx) => {
        const key = requireSigned(
          tx,
          read,
          statementOf('plan-agreement', { id: plan, hash }, { org, role }, home),
          org,
        );
        const signed = signPlanAgreement(tx, plan, { ...document, org, by, jws });
        logged(tx, caller, plan, `agreement ${document.sha256} signed by ${org}, key ${key}, ${cited(tx)}`);
        return signed;
      });
    },
    file: (caller, plan, number) =>
      change(caller, (tx) => {
        const filed = filePlanAgreement(tx, plan, { number, by: personOf(caller) });
        logged(tx, caller, plan, `agreement filed under ${number}, ${cited(tx)}`);
        return filed;
      }),
    supply: (caller, plan, resource) =>
      change(caller, (tx) => {
        const receipt = supplyPlan(tx, plan, { resource, org: caller.org, by: caller.sub });
        logged(tx, caller, plan, `supplied ${resource} version ${receipt.version}, sha-256 ${receipt.contentSha256}`);
        return receipt;
      }),
  };
}

const personOf = ({ org, sub }: Caller): string => `${org}/${sub}`;

/** The version of the rules that a decision was made under (domain.md, 19). */
function cited(tx: Db): string {
  return `rules ${rulesInForce(tx)?.hash ?? 'none'}`;
}

function logged(tx: Db, caller: Caller, id: string, note: string): void {
  const { hash, purpose } = getPlan(tx, id);
  appendChange(tx, { kind: 'plan', caller, plan: id, planHash: hash, purpose, note });
}
