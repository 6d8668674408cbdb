import {
  contentHash,
  findOnboarding,
  findPlanAgreement,
  getPlan,
  partiesLeft,
  planAgreementHash,
  providersOfPlan,
  rulesInForce,
  sha256Hex,
  suppliesOfPlan,
} from '#catalog';
import { CREDIT_CODE_ALPHABET, creditCodeCheck, EVERY_ACCOUNT } from '#policies';
import type { BureauPeople, EstablishDeps } from '../grants/establish-grants.ts';
import { signatureType, statementOf } from '../grants/statement.ts';
import type { Caller } from '../identity/index.ts';
import type { PlanLifeService } from './plan-life-service.ts';

export interface EstablishPlanDeps extends Pick<EstablishDeps, 'store' | 'keyOf' | 'home'> {
  readonly planLife: PlanLifeService;
}

/**
 * Takes an approved plan through what follows its approval, going every step that the parties would go, log included: rules, onboarding of
 * the developer, agreement and filing, supply of each table. For homes that are made for trial; what is done already is left as it is.
 */
export async function establishPlan(deps: EstablishPlanDeps, id: string, people: BureauPeople): Promise<void> {
  const { store, planLife } = deps;
  const { plan, providers } = store.read((db) => ({ plan: getPlan(db, id), providers: providersOfPlan(db, id) }));
  await establishDeveloper(deps, plan.org, people);
  const agreement = store.read((db) => findPlanAgreement(db, plan));
  const document = { planHash: plan.hash, sha256: sha256Hex(`trial agreement over ${plan.hash}`) };
  const terms = { id, hash: planAgreementHash({ plan: id, ...document }) };
  for (const org of partiesLeft(plan, agreement)) {
    const party: Caller = { sub: people.signer.sub, org, role: org === plan.operator ? 'operator' : 'developer' };
    const key = await deps.keyOf(party, people.author);
    const jws = await key.sign(statementOf('plan-agreement', terms, party, deps.home), signatureType('plan-agreement'));
    await planLife.sign(party, id, { ...document, jws });
  }
  if (agreement?.filedAt == null) await planLife.file(people.signer, id, `trial-${id}`);
  const supplied = new Set(store.read((db) => suppliesOfPlan(db, plan)).map(({ resource }) => resource));
  for (const { resource } of plan.tables.filter((table) => !supplied.has(table.resource))) {
    const provider: Caller = { sub: people.signer.sub, org: providers.get(resource) ?? '', role: 'provider' };
    await planLife.supply(provider, id, resource);
  }
}

/** All of its accounts may ask: a trial does not know who comes. */
async function establishDeveloper(deps: EstablishPlanDeps, org: string, people: BureauPeople): Promise<void> {
  const { store, planLife } = deps;
  const rules = await establishRules(deps, people);
  const dossier = store.read((db) => findOnboarding(db, org));
  if (dossier?.verdict === 'approve' && dossier.rules === rules) return;
  const applicant: Caller = { sub: people.signer.sub, org, role: 'developer' };
  const creditCode = dossier?.creditCode ?? trialCreditCode(org);
  await planLife.apply(applicant, { creditCode, rules, staff: dossier?.staff ?? [EVERY_ACCOUNT] });
  await planLife.decide(people.signer, org, 'approve');
}

/** @returns the hash of the rules in force. */
async function establishRules(
  { store, planLife }: EstablishPlanDeps,
  { author, signer }: BureauPeople,
): Promise<string> {
  const inForce = store.read(rulesInForce);
  if (inForce !== null) return inForce.hash;
  const { hash } = await planLife.proposeRules(author, { title: '开发主体准入规则', text: '试用' });
  await planLife.approveRules(signer, hash);
  return hash;
}

/** A code that passes its check and is nobody's: of the division 000000, which there is not. */
function trialCreditCode(org: string): string {
  const digits = [...contentHash({ org }).slice(0, 18)].map((digit, place, all) =>
    place % 2 === 0 ? CREDIT_CODE_ALPHABET.charAt(Number.parseInt(digit + (all[place + 1] ?? ''), 16) % 31) : '',
  );
  const first17 = `91000000${digits.join('')}`;
  return first17 + (creditCodeCheck(first17) ?? '');
}
