import { checkParsePolicySet, isAuthorized, validate } from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, test } from 'vitest';
import { ACCESS_POLICIES, ACCESS_SCHEMA, ACTIONS, TARGET_TYPES } from '../../../policies/access/access-policies.ts';
import {
  ACCOUNT_POLICY_ID,
  EVERY_ACCOUNT,
  perAttribute,
  STANDING_REQUIREMENTS,
  standingPolicyId,
} from '../../../policies/authorization/requirements.ts';

/**
 * Goal: the policies say what they seem to say. Who may do what is tabulated where the engine is
 * (test/gateway/identity/authorizer.test.ts); here the texts themselves are held to their schema, and each prohibition
 * is attacked by a permit that lets everything through.
 */

type Caller = { readonly sub: string; readonly org: string; readonly role: string };
type Attributes = Record<string, string | boolean | string[]>;

/** Cedar itself, without the gateway's denial of errors. */
function verdict(
  policies: Readonly<Record<string, string>>,
  caller: Caller,
  action: string,
  type: string,
  attrs: Attributes,
): { decision: string; reason: readonly string[] } {
  const principal = { type: 'Caller', id: caller.sub };
  const resource = { type, id: 'x' };
  const answer = isAuthorized({
    principal,
    action: { type: 'Action', id: action },
    resource,
    context: {},
    schema: ACCESS_SCHEMA,
    validateRequest: true,
    policies: { staticPolicies: { ...policies } },
    entities: [
      { uid: principal, attrs: { ...caller }, parents: [] },
      { uid: resource, attrs, parents: [] },
    ],
  });
  if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join());
  return { decision: answer.response.decision, reason: answer.response.diagnostics.reason };
}

const PERMIT_ALL = { 'permit-all': 'permit (principal, action, resource);' };
/** Approved, and every requirement met. */
const PLAN: Attributes = {
  org: 'dev',
  author: 'olga',
  state: 'approved',
  inTerm: true,
  providers: ['tax'],
  staff: [EVERY_ACCOUNT],
  ...perAttribute(() => true),
};

describe('the texts', () => {
  test('type-check strictly against the schema, without a warning', () => {
    const answer = validate({ schema: ACCESS_SCHEMA, policies: { staticPolicies: { ...ACCESS_POLICIES } } });
    expect(answer).toMatchObject({
      type: 'success',
      validationErrors: [],
      validationWarnings: [],
      otherWarnings: [],
    });
  });

  test('control: a policy with a misspelt attribute does not', () => {
    const misspelt = {
      x: 'permit (principal, action == Action::"plan:read", resource) when { resource.orgs == "a" };',
    };
    const answer = validate({ schema: ACCESS_SCHEMA, policies: { staticPolicies: misspelt } });
    expect(answer.type === 'success' && answer.validationErrors.length).toBe(1);
  });

  test.each(Object.entries(ACCESS_POLICIES))('%s is one policy with a telling id', (id, text) => {
    expect(id).toMatch(/^[a-z]+(?:-[a-z]+)+$/);
    expect(checkParsePolicySet({ staticPolicies: { [id]: text } }).type).toBe('success');
    expect(text.match(/\b(?:permit|forbid)\b/g)).toHaveLength(1);
  });

  test('every action and target type of the closed lists is in the schema', () => {
    for (const action of ACTIONS) expect(ACCESS_SCHEMA).toContain(`"${action}"`);
    for (const type of TARGET_TYPES) expect(ACCESS_SCHEMA).toMatch(new RegExp(`^entity ${type}\\b`, 'm'));
  });
});

describe('prohibitions hold whatever is permitted beside them', () => {
  const withPermit = { ...ACCESS_POLICIES, ...PERMIT_ALL };

  test.each(['provider', 'bureau', 'security', 'custodian'])('a %s never asks a question', (role) => {
    const caller = { sub: 'eve', org: 'dev', role };
    for (const action of ['submitJob', 'explain']) {
      const decided = verdict(withPermit, caller, action, 'Plan', PLAN);
      expect(decided).toEqual({ decision: 'deny', reason: ['providers-and-officers-never-ask'] });
      expect(verdict(PERMIT_ALL, caller, action, 'Plan', PLAN).decision, 'control').toBe('allow');
    }
  });

  test.each([
    ['its author', { sub: 'olga', org: 'data-bureau', role: 'bureau' }],
    ['the organisation that asked', { sub: 'eve', org: 'dev', role: 'bureau' }],
  ])('nobody decides on a plan who is %s', (_, caller) => {
    const decided = verdict(withPermit, caller, 'plan:decide', 'Plan', PLAN);
    expect(decided).toEqual({ decision: 'deny', reason: ['nobody-decides-own-plans'] });
    expect(verdict(PERMIT_ALL, caller, 'plan:decide', 'Plan', PLAN).decision, 'control').toBe('allow');
    const other = verdict(
      ACCESS_POLICIES,
      { sub: 'bea', org: 'data-bureau', role: 'bureau' },
      'plan:decide',
      'Plan',
      PLAN,
    );
    expect(other.decision, 'control').toBe('allow');
  });

  test('no job for an account that is in no dossier', () => {
    const caller = { sub: 'ann', org: 'dev', role: 'developer' };
    const { staff: _, ...unknown } = PLAN;
    for (const plan of [{ ...PLAN, staff: ['bob'] }, unknown])
      expect(verdict(withPermit, caller, 'submitJob', 'Plan', plan).reason).toEqual([ACCOUNT_POLICY_ID]);
    const named = verdict(ACCESS_POLICIES, caller, 'submitJob', 'Plan', { ...PLAN, staff: ['ann'] });
    expect(named.decision, 'control').toBe('allow');
  });

  test.each(STANDING_REQUIREMENTS)(
    'no job without $attribute ($paragraph), be it false or not known',
    (requirement) => {
      const caller = { sub: 'ann', org: 'dev', role: 'developer' };
      const { [requirement.attribute]: _, ...unknown } = PLAN as Record<string, string | boolean | string[]>;
      for (const plan of [{ ...PLAN, [requirement.attribute]: false }, unknown]) {
        const decided = verdict(withPermit, caller, 'submitJob', 'Plan', plan);
        expect(decided).toEqual({ decision: 'deny', reason: [standingPolicyId(requirement)] });
      }
      expect(verdict(ACCESS_POLICIES, caller, 'submitJob', 'Plan', PLAN).decision, 'control').toBe('allow');
    },
  );

  test('a provider outside the plan has no say in it', () => {
    const outside = { sub: 'pat', org: 'water', role: 'provider' };
    for (const action of ['plan:read', 'plan:decide', 'plan:revoke']) {
      expect(verdict(ACCESS_POLICIES, outside, action, 'Plan', PLAN).decision).toBe('deny');
      expect(verdict(ACCESS_POLICIES, { ...outside, org: 'tax' }, action, 'Plan', PLAN).decision, 'control').toBe(
        'allow',
      );
    }
  });
});
