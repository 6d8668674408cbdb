import { describe, expect, test } from 'vitest';
import { createAuthorizer, type Target } from '../../../gateway/identity/authorizer.ts';
import { type Caller, ROLES, type Role } from '../../../gateway/identity/caller.ts';
import {
  ACCESS_POLICIES,
  ACCESS_POLICIES_HASH,
  ACTIONS,
  type Action,
} from '../../../policies/access/access-policies.ts';
import { STANDING_REQUIREMENTS } from '../../../policies/authorization/requirements.ts';

/**
 * Goal: every role may do exactly what the table says.
 * Method: all roles × all actions × own, involved and foreign targets, so that a policy that is too wide shows as well
 * as one that is too narrow.
 */

const authorize = createAuthorizer();
const caller = (role: Role): Caller => ({ sub: 'alice', org: 'own', role });

/** Every requirement met. */
const STANDING = Object.fromEntries(STANDING_REQUIREMENTS.map(({ attribute }) => [attribute, true]));
const plan = (org: string, more: Target['attrs'] = {}): Target => ({
  type: 'Plan',
  id: 'S1',
  attrs: { org, state: 'approved', inTerm: true, providers: ['tax'], ...STANDING, staff: ['alice'], ...more },
});
const grant = (operator: string, providers: readonly string[], org = 'data-bureau'): Target => ({
  type: 'Grant',
  id: 'g1',
  attrs: { operator, providers, org, author: 'alice' },
});
const operator = (org: string, step?: string): Target => ({
  type: 'Operator',
  id: org,
  attrs: { operator: org, ...(step === undefined ? {} : { step }) },
});
const key = (org: string, registeredBy = 'zoe'): Target => ({
  type: 'PartyKey',
  id: 'k1',
  attrs: { org, registeredBy },
});
const job = (org: string, sub: string): Target => ({ type: 'Job', id: 'j1', attrs: { org, sub } });
const resource = (provider: string, state: string): Target => ({
  type: 'Resource',
  id: 'water',
  attrs: { provider, state },
});
const gate = (name: string): Target => ({
  type: 'Resource',
  id: 'water',
  attrs: { provider: 'other', state: 'draft', gate: name },
});
const batchOf = (providers: readonly string[]): Target => ({ type: 'ListBatch', id: '1', attrs: { providers } });
const demandOf = (org: string, provider: string): Target => ({ type: 'Demand', id: 'd', attrs: { org, provider } });
const dossierOf = (org: string): Target => ({ type: 'Developer', id: org, attrs: { org } });
const log: Target = { type: 'AccessLog', id: 'log', attrs: {} };
const erased = (org: string): Target => ({ ...log, attrs: { erased: org } });
const register: Target = { type: 'PrivacyRegistry', id: 'register', attrs: {} };
const platform: Target = { type: 'Platform', id: 'platform', attrs: {} };

const product = (org: string, more: Target['attrs'] = {}): Target => ({
  type: 'Product',
  id: 'q1',
  attrs: { org, author: 'ann', state: 'submitted', providers: ['tax'], ...more },
});
const consents: Target = { type: 'ConsentRegister', id: 'consents', attrs: {} };

const peer = (org: string): Target => ({ type: 'SyncPeer', id: org, attrs: { org } });
const intake = (org: string, createdBy = 'ann'): Target => ({ type: 'Intake', id: 'own', attrs: { org, createdBy } });

const rolesWho = (action: Action, target: Target) =>
  ROLES.filter((role) => authorize(caller(role), action, target).permitted);

const TABLE: readonly [Action, string, Target, readonly Role[]][] = [
  ['submitJob', 'own plan', plan('own'), ['developer', 'operator']],
  ['submitJob', 'foreign plan', plan('other'), []],
  ['submitJob', 'own plan out of term', plan('own', { inTerm: false }), []],
  ['submitJob', 'own plan not approved', plan('own', { state: 'submitted' }), []],
  ['submitJob', 'by an account outside the dossier', plan('own', { staff: ['ann'] }), []],
  ['submitJob', 'by any account of the issuer', plan('own', { staff: ['*'] }), ['developer', 'operator']],
  ['submitJob', 'plan of which nothing is known', { type: 'Plan', id: 'S1', attrs: { org: 'own' } }, []],
  ...STANDING_REQUIREMENTS.map(
    ({ attribute }) =>
      ['submitJob', `without ${attribute}`, plan('own', { [attribute]: false }), []] as [
        Action,
        string,
        Target,
        Role[],
      ],
  ),
  ['explain', 'own plan', plan('own'), ['developer', 'operator']],
  ['explain', 'foreign plan', plan('other'), []],
  ['lookup', 'own plan', plan('own'), ['developer', 'operator']],
  ['lookup', 'foreign plan', plan('other'), []],
  ['job:list', 'own jobs', job('own', 'alice'), ROLES],
  ['job:list', 'jobs of a colleague', job('own', 'bob'), []],
  ['job:read', 'own job', job('own', 'alice'), ['developer', 'operator']],
  ['job:read', 'job of a colleague', job('own', 'bob'), []],
  ['job:read', 'job of a namesake elsewhere', job('other', 'alice'), []],
  ['job:cancel', 'own job', job('own', 'alice'), ['developer', 'operator']],
  ['job:cancel', 'job of a colleague', job('own', 'bob'), []],
  ['resource:register', 'for itself', resource('own', 'draft'), ['provider']],
  ['resource:register', 'for another', resource('other', 'draft'), []],
  ['resource:read', 'listed', resource('other', 'listed'), ROLES],
  ['resource:read', 'foreign draft', resource('other', 'draft'), ['bureau', 'security']],
  ['resource:read', 'own draft', resource('own', 'draft'), ['provider', 'bureau', 'security']],
  ['resource:read-report', 'own', resource('own', 'listed'), ['provider', 'bureau', 'security']],
  ['resource:read-report', 'foreign', resource('other', 'listed'), ['bureau', 'security']],
  ['resource:upload', 'own', resource('own', 'draft'), ['provider']],
  ['resource:upload', 'foreign', resource('other', 'listed'), []],
  ['resource:list', 'own', resource('own', 'draft'), ['bureau']],
  ['resource:gate', 'of secrecy', gate('secrecy'), ['security']],
  ['resource:gate', 'of security', gate('security'), ['security']],
  ['resource:gate', 'of personal information', gate('personal-information'), ['bureau']],
  ['resource:gate', 'of which nothing is known', resource('other', 'draft'), []],
  ['resource:withdraw', 'own', resource('own', 'listed'), ['provider', 'bureau']],
  ['resource:withdraw', 'foreign', resource('other', 'listed'), ['bureau']],
  ['resource:destroy', 'own', resource('own', 'withdrawn'), ['provider', 'bureau']],
  ['resource:destroy', 'foreign', resource('other', 'listed'), ['bureau']],
  ['plan:sign', 'own', plan('own'), ['developer', 'operator']],
  ['plan:sign', 'for another', plan('other'), ['operator']],
  ['plan:file', 'any', plan('other'), ['bureau']],
  ['plan:supply', 'of own tables', plan('other', { providers: ['own'] }), ['provider']],
  ['plan:supply', 'of others', plan('own'), []],
  ['plan:assess', 'of own tables', plan('other', { providers: ['own'] }), ['provider', 'bureau']],
  ['plan:assess', 'own', plan('own'), ['bureau']],
  ['plan:read-late', 'all', platform, ['bureau', 'security']],
  ['list:propose', 'a batch', platform, ['bureau']],
  ['list:sign', 'of own tables', batchOf(['own']), ['provider', 'bureau']],
  ['list:sign', 'of others', batchOf(['tax']), ['bureau']],
  ['rules:keep', 'any', platform, ['bureau']],
  ['time-limits:keep', 'any', platform, ['bureau']],
  ['demand:file', 'own', demandOf('own', ''), ['developer', 'operator']],
  ['demand:file', 'for another', demandOf('other', ''), []],
  ['demand:read', 'own', demandOf('own', 'tax'), ['developer', 'operator', 'bureau', 'security']],
  ['demand:read', 'addressed to it', demandOf('other', 'own'), ['provider', 'bureau', 'security']],
  ['demand:read', 'foreign', demandOf('other', 'tax'), ['bureau', 'security']],
  ['demand:answer', 'addressed to it', demandOf('other', 'own'), ['provider']],
  ['demand:answer', 'own', demandOf('own', 'tax'), []],
  ['onboarding:apply', 'own', dossierOf('own'), ['developer', 'operator']],
  ['onboarding:apply', 'for another', dossierOf('other'), []],
  ['onboarding:read', 'foreign', dossierOf('other'), ['bureau']],
  ['onboarding:decide', 'own', dossierOf('own'), ['bureau']],
  ['plan:submit', 'own', plan('own'), ['developer', 'operator']],
  ['plan:submit', 'for another', plan('other'), ['operator']],
  ['plan:read', 'own', plan('own'), ['developer', 'operator', 'bureau', 'security']],
  ['plan:read', 'foreign', plan('other'), ['operator', 'bureau', 'security']],
  [
    'plan:read',
    'involved',
    plan('other', { providers: ['tax', 'own'] }),
    ['provider', 'operator', 'bureau', 'security'],
  ],
  ['plan:decide', 'foreign', plan('other'), ['bureau']],
  ['plan:decide', 'involved', plan('other', { providers: ['own'] }), ['provider', 'bureau']],
  ['plan:decide', 'own, although involved', plan('own', { providers: ['own'] }), []],
  ['plan:revoke', 'involved', plan('other', { providers: ['own'] }), ['provider', 'bureau']],
  ['plan:revoke', 'foreign', plan('other'), ['bureau']],
  ['operator:open', 'any', operator('other'), ['bureau']],
  ['operator:step', 'the bureau’s', operator('own', 'review'), ['bureau']],
  ['operator:step', 'the operator’s own signature', operator('own', 'operator-signature'), ['operator']],
  ['operator:step', 'another operator’s signature', operator('other', 'operator-signature'), []],
  ['operator:read', 'another', operator('other'), ['bureau', 'security']],
  ['operator:incident', 'of any', operator('other'), ['bureau', 'security']],
  ['operator:incident-decide', 'of any', operator('other'), ['bureau']],
  ['affiliation:declare', 'its own', operator('own'), ['operator', 'developer', 'bureau']],
  ['affiliation:declare', 'of others', operator('other'), ['bureau']],
  ['affiliation:withdraw', 'its own', operator('own'), ['bureau']],
  ['exit:order', 'of any', operator('other'), ['bureau']],
  ['exit:destroy', 'of any', operator('own'), ['bureau']],
  ['grant:propose', 'for another operator', grant('other', ['tax']), ['bureau']],
  ['grant:propose', 'for itself', grant('own', ['tax']), ['bureau', 'operator']],
  ['grant:read', 'of others', grant('other', ['tax']), ['bureau', 'security']],
  ['grant:read', 'of its own data', grant('other', ['own']), ['provider', 'bureau', 'security']],
  ['grant:sign', 'of others', grant('other', ['tax']), ['bureau']],
  ['grant:sign', 'of its own data', grant('other', ['own']), ['provider', 'bureau']],
  ['grant:sign', 'to its own organisation', grant('own', ['own']), []],
  ['grant:sign', 'that one wrote', grant('other', ['own'], 'own'), []],
  ['grant:revoke', 'of its own data', grant('other', ['own'], 'own'), ['provider', 'bureau']],
  ['grant:revoke', 'of others', grant('other', ['tax']), ['bureau']],
  ['key:register', 'its own', key('own'), ['developer', 'provider', 'operator', 'bureau', 'platform']],
  ['key:register', 'of others', key('other'), []],
  ['key:confirm', 'of others', key('other'), ['bureau']],
  ['key:confirm', 'its own, registered by a colleague', key('own', 'bob'), ['bureau']],
  ['key:confirm', 'registered by the same person', key('own', 'alice'), []],
  ['key:read', 'of others', key('other'), ['bureau', 'security']],
  ['key:read', 'its own', key('own'), ROLES],
  ['audit:read', 'the log', log, ['developer', 'provider', 'operator', 'bureau', 'security']],
  ['audit:read-all', 'the log', log, ['bureau', 'security']],
  ['audit:erase', 'the log', log, []],
  ['audit:erase', 'of another office', erased('other'), ['security']],
  ['audit:erase', 'of its own office', erased('own'), []],
  ['privacy:read', 'the register', register, ['developer', 'provider', 'operator', 'bureau', 'security']],
  ['freeze:set', 'the platform', platform, ['security']],
  ['canary:manage', 'the platform', platform, ['security']],
  ['drill:run', 'the platform', platform, ['security']],
  ['freeze:thaw', 'the platform', platform, ['security']],
  ['freeze:read', 'the platform', platform, ['bureau', 'security']],
  ['product:submit', 'own', product('own'), ['developer', 'operator']],
  ['product:submit', 'for another', product('other'), []],
  ['product:read', 'own', product('own'), ['developer', 'operator', 'bureau', 'security']],
  ['product:read', 'foreign', product('other'), ['bureau', 'security']],
  ['product:read', 'published', product('other', { state: 'published' }), ROLES],
  ['product:receive', 'own, held', product('own'), ['bureau']],
  ['product:receive', 'involved, held', product('other', { providers: ['own'] }), ['provider', 'bureau']],
  ['product:receive', 'published', product('other', { state: 'published' }), ROLES],
  ['product:decide', 'foreign', product('other'), ['bureau']],
  ['product:decide', 'involved', product('other', { providers: ['own'] }), ['provider', 'bureau']],
  ['product:decide', 'own', product('own', { providers: ['own'] }), []],
  ['product:decide', 'by its author', product('other', { author: 'alice' }), []],
  ['product:publish', 'own', product('own'), ['developer', 'operator']],
  ['product:publish', 'foreign', product('other'), []],
  ['product:withdraw', 'foreign', product('other'), ['bureau', 'security']],
  ['intake:open', 'own', intake('own'), ['developer', 'operator']],
  ['intake:read', 'foreign', intake('other'), ['bureau', 'security']],
  ['intake:upload', 'own', intake('own'), ['developer', 'operator']],
  ['intake:upload', 'foreign', intake('other'), []],
  ['intake:decide', 'foreign', intake('other'), ['bureau']],
  ['intake:decide', 'own', intake('own'), []],
  ['intake:decide', 'by who opened it', intake('other', 'alice'), []],
  ['intake:end', 'foreign', intake('other'), ['bureau']],
  ['consent:manage', 'the register', consents, ['bureau']],
  ['consent:withdraw', 'the register', consents, ROLES],
  ['sync:declare', 'a peer', peer('own'), ['bureau']],
  ['sync:deliver', 'as itself', peer('own'), ['bureau', 'platform']],
  ['sync:deliver', 'as another', peer('other'), ['bureau']],
  ['sync:read', 'of itself', peer('own'), ['bureau', 'security', 'platform']],
  ['sync:read', 'of another', peer('other'), ['bureau', 'security']],
  ['sync:decide', 'of itself', peer('own'), ['bureau']],
];

test.each(TABLE)('%s: %s', (action, _, target, roles) => {
  expect(rolesWho(action, target)).toEqual(ROLES.filter((role) => roles.includes(role)));
});

test('every action is in the table', () => {
  expect(new Set(TABLE.map(([action]) => action))).toEqual(new Set(ACTIONS));
});

test('a decision names its policies and the hash of the set', () => {
  const { policies } = authorize(caller('developer'), 'submitJob', plan('own'));
  expect(policies).toBe(`analysts-use-their-approved-plan@${ACCESS_POLICIES_HASH}`);
  expect(authorize(caller('public'), 'submitJob', plan('own')).policies).toBe(`none@${ACCESS_POLICIES_HASH}`);
});

describe('what cannot be decided is denied', () => {
  const developer = caller('developer');

  test('control: the same questions in order are permitted', () => {
    expect(authorize(developer, 'submitJob', plan('own')).permitted).toBe(true);
  });

  test.each<[string, Action, Target]>([
    ['an attribute of another type', 'submitJob', plan('own', { inTerm: 'yes' })],
    ['an attribute that the schema does not know', 'submitJob', plan('own', { admin: true })],
    ['a missing attribute', 'submitJob', { type: 'Plan', id: 'S1', attrs: { state: 'approved', inTerm: true } }],
    ['a target of another type', 'submitJob', { ...plan('own'), type: 'Job' }],
    ['an unknown action', 'job:delete' as Action, job('own', 'alice')],
    ['an action that is a prototype name', 'constructor' as Action, plan('own')],
  ])('%s', (_, action, target) => {
    expect(authorize(developer, action, target).permitted).toBe(false);
  });

  test('a policy that errors denies, although another permits: Cedar would pass over it', () => {
    const forbids = `forbid (principal, action, resource) when { 9223372036854775807 * 2 == 1 };`;
    const broken = createAuthorizer({ ...ACCESS_POLICIES, 'broken-forbid': forbids });
    const decision = broken(developer, 'submitJob', plan('own'));
    expect(decision.permitted).toBe(false);
    expect(decision.policies).toContain('broken-forbid');
  });

  test('a policy that asks for what the schema does not know ends the start', () => {
    const wrong = `forbid (principal, action == Action::"submitJob", resource) unless { resource.grantd };`;
    expect(() => createAuthorizer({ ...ACCESS_POLICIES, wrong })).toThrow('fit their schema');
  });

  test('names that look like Cedar are names', () => {
    const injected: Caller = { sub: 'x"]) || true //', org: 'other" || "a"=="a', role: 'developer' };
    expect(authorize(injected, 'submitJob', plan('own')).permitted).toBe(false);
  });

  test('a remembered decision is one of the same question only', () => {
    expect(authorize(developer, 'job:read', job('own', 'alice')).permitted).toBe(true);
    expect(authorize(developer, 'job:read', job('own', 'alice2')).permitted).toBe(false);
    expect(authorize({ ...developer, org: 'own2' }, 'job:read', job('own', 'alice')).permitted).toBe(false);
  });
});
