import { findResource, isGrantable, putOrganisation } from '../../../catalog/index.ts';
import type { Gateway } from '../../../gateway/assemble.ts';
import { establishGrant, type TrialKeys, trialKeys } from '../../../gateway/grants/establish-grants.ts';
import type { Caller } from '../../../gateway/identity/index.ts';
import { establishAgreement } from '../../../gateway/operators/establish-agreement.ts';
import { establishPlan } from '../../../gateway/plan-life/establish-plan.ts';
import type { RunningGateway } from './running-gateway.ts';

const BUREAU: Caller = { sub: 'gina', org: 'data-bureau', role: 'bureau' };
const PEOPLE = { author: { ...BUREAU, sub: 'hugo' }, signer: BUREAU };
/** Who serves the plans of tests: the only operator, so that plans need not name it. */
export const OPERATOR = 'operator';

const KEYS = new WeakMap<Gateway, TrialKeys>();

/** What parties go their steps with; each organisation has one key in a gateway. */
function establishing(gateway: Gateway) {
  const { store, partyKeys, grants, operators, planLife, log } = gateway.deps;
  const keyOf = KEYS.get(gateway) ?? trialKeys(partyKeys);
  KEYS.set(gateway, keyOf);
  return { store, keyOf, grants, operators, planLife, home: log.verifierKey };
}

/**
 * What a city has to have done before any plan can be used: an operator, and grants of all that the providers have, proposed and signed
 * by those whose it is to. The one way in which tests come by it; done twice it does nothing.
 */
export async function authorise({ gateway }: RunningGateway, providers: readonly string[]): Promise<void> {
  const deps = establishing(gateway);
  await deps.store.commit((tx) => {
    putOrganisation(tx, { id: OPERATOR, title: { zh: '运营机构', en: 'operator' }, kind: 'operator' });
  });
  const operator: Caller = { sub: 'olga', org: OPERATOR, role: 'operator' };
  // Of today, so that the term is one of five years around it.
  const validFrom = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  await establishAgreement(deps, { id: 'agreement-test', operator, validFrom }, PEOPLE);
  for (const provider of providers) {
    await establishGrant(
      deps,
      {
        id: `whole-${provider}`,
        kind: 'whole',
        operator: OPERATOR,
        providers: [provider],
        tables: [],
        classes: ['governance', 'welfare', 'industry'],
        purpose: 'test',
        validFrom: '2020-01-01',
        validUntil: '2099-12-31',
      },
      PEOPLE,
    );
  }
}

/** What follows the approval of a plan, so that jobs may run: onboarding, agreement, filing, supplies. */
export async function readyPlan({ gateway }: RunningGateway, id: string): Promise<void> {
  await establishPlan(establishing(gateway), id, PEOPLE);
}

/** Proposed by one person of the bureau, signed by another and by the table's provider. */
export async function putOnList({ gateway: { deps } }: RunningGateway, id: string): Promise<void> {
  const { store, catalogue } = deps;
  const provider = store.read((db) => (isGrantable(db, id) ? undefined : findResource(db, id)?.provider));
  if (provider === undefined) return;
  const { batch } = await catalogue.propose({ ...BUREAU, sub: 'hugo' }, { comment: 'test', add: [id], remove: [] });
  await catalogue.sign(BUREAU, batch, 'approve');
  await catalogue.sign({ sub: 'gina', org: provider, role: 'provider' }, batch, 'approve');
}
