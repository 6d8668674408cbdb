import { deepStrictEqual } from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { putOrganisation } from '../../catalog/index.ts';
import { type SigningKey, signingKeyOf } from '../../gateway/custodian/signing-key.ts';
import { type StatementKind, signatureType, statementOf } from '../../gateway/grants/statement.ts';
import type { Role } from '../../gateway/identity/index.ts';
import { readyPlan } from '../gateway/life/authorise.ts';
import { PEOPLE_CSV, PEOPLE_SCHEMA } from '../gateway/life/people.ts';
import { ask, must, publish, type RunningGateway, startGateway } from '../gateway/life/running-gateway.ts';

type Json = Readonly<Record<string, unknown>>;

/** One gateway with a table, an operator in its term and a plan; requests as anybody. */
export interface Ground {
  readonly running: RunningGateway;
  /** The body of an answer that has to be a success. */
  permitted(who: Who, method: string, path: string, body?: object): Promise<Json>;
  /** Fails unless the answer is a problem of that code. */
  refused(code: string, who: Who, method: string, path: string, body?: object): Promise<Json>;
  /** Rows of a job's answer, or the code that it ended with. */
  ask(
    who: Who,
    plan: string,
    sql: string,
  ): Promise<{ readonly code: string | null; readonly rows: unknown; readonly id: string | undefined }>;
  /** The newest log entry with these members, as evidence; fails where there is none. */
  logged(kind: string, words: string): Promise<string>;
  /** A key of an organisation, registered by it and confirmed by the bureau. */
  key(who: Who): Promise<SigningKey>;
  sign(
    key: SigningKey,
    kind: StatementKind,
    of: { readonly id: string; readonly hash: string },
    who: Who,
    home?: string,
  ): Promise<string>;
  /** A plan over `people`, approved by everybody who is asked; its developer is onboarded, its agreement filed, its tables supplied. */
  approve(plan: string, more?: object, who?: Who): Promise<void>;
  /** The same, and nothing of what follows an approval. */
  review(plan: string, more?: object, who?: Who): Promise<void>;
  /** An operator with an agreement in its term, and no grant. */
  operator(org: string): Promise<void>;
}

export interface Who {
  readonly role: Role;
  readonly sub: string;
  readonly org: string;
}
export const DEVELOPER: Who = { role: 'developer', sub: 'alice', org: 'linkong-data' };
export const PROVIDER: Who = { role: 'provider', sub: 'bob', org: 'census-office' };
export const BUREAU: Who = { role: 'bureau', sub: 'dan', org: 'data-bureau' };
export const BUREAU_AUTHOR: Who = { ...BUREAU, sub: 'eve' };
export const SECURITY: Who = { role: 'security', sub: 'carol', org: 'security-office' };
export const OPERATOR: Who = { role: 'operator', sub: 'olga', org: 'operator' };
export const COUNT = 'SELECT count(*) FROM people';

const PLAN_TERMS = { title: 't', purpose: 'p', class: 'governance', validFrom: '2020-01-01', validUntil: '2099-12-31' };
export const GRANT_TERMS = { purpose: 'p', classes: ['governance'], validFrom: '2020-01-01', validUntil: '2099-12-31' };

export async function openGround(): Promise<Ground> {
  const running = await startGateway();
  await publish(running, { schema: PEOPLE_SCHEMA, csv: PEOPLE_CSV }, { plan: 'people' });
  const { home } = { home: running.gateway.deps.log.verifierKey };
  const token = ({ role, sub, org }: Who) => running.token(role, sub, org);
  const send = async (who: Who, method: string, path: string, body?: object) =>
    running.request(await token(who), method, path, body);

  const ground: Ground = {
    running,
    async permitted(who, method, path, body) {
      return (await (await must(send(who, method, path, body))).json()) as Json;
    },
    async refused(code, who, method, path, body) {
      const answer = await send(who, method, path, body);
      const problem = (await answer.json()) as Json;
      deepStrictEqual([answer.ok, problem['code']], [false, code], `${method} ${path}: ${JSON.stringify(problem)}`);
      return problem;
    },
    async ask(who, plan, sql) {
      const { body } = await ask(running, await token(who), plan, sql);
      const failed = (body as { readonly problem?: { readonly code: string } | null }).problem?.code;
      return { code: body.code ?? failed ?? null, rows: body.result?.rows ?? null, id: body.id };
    },
    async logged(kind, words) {
      const page = await ground.permitted(SECURITY, 'GET', '/v1/audit/entries?limit=200');
      const entries = page['items'] as readonly (Json & { readonly index?: number })[];
      const found = entries.find((entry) => entry['kind'] === kind && JSON.stringify(entry).includes(words));
      if (found === undefined) throw new Error(`no ${kind} entry in the log says: ${words}`);
      return `log entry ${String(found.index ?? '')} (${kind}): ${words}`;
    },
    async key(who) {
      const key = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
      await ground.permitted(who, 'POST', '/v1/party-keys', { x: key.publicJwk.x });
      const confirmer = who.sub === BUREAU.sub ? BUREAU_AUTHOR : BUREAU;
      await ground.permitted(confirmer, 'POST', `/v1/party-keys/${who.org}/${key.thumbprint}/confirmation`);
      return key;
    },
    sign: (key, kind, of, who, at = home) => key.sign(statementOf(kind, of, who, at), signatureType(kind)),
    async approve(plan, more = {}, who = DEVELOPER) {
      await ground.review(plan, more, who);
      await readyPlan(running, plan);
    },
    async review(plan, more = {}, who = DEVELOPER) {
      const tables = [{ resource: 'people', columns: ['id', 'dept', 'born', 'pay', 'room'] }];
      await ground.permitted(who, 'POST', '/v1/plans', {
        id: plan,
        tables,
        operator: OPERATOR.org,
        ...PLAN_TERMS,
        ...more,
      });
      for (const reviewer of [PROVIDER, BUREAU])
        await ground.permitted(reviewer, 'POST', `/v1/plans/${plan}/decisions`, { verdict: 'approve' });
    },
    async operator(org) {
      await running.gateway.deps.store.commit((tx) =>
        putOrganisation(tx, { id: org, title: { zh: org, en: org }, kind: 'operator' }),
      );
      await agree(ground, org, todayInShanghai());
    },
  };
  return ground;
}

export const todayInShanghai = (): string => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);

/** Every step of an agreement with the operator, from a first day on. */
export async function agree(ground: Ground, org: string, validFrom: string): Promise<void> {
  const id = `agreement-${org}`;
  const who: Who = { ...OPERATOR, org };
  const opening = { id, operator: org, kind: 'award', validFrom, publicityDays: 0, note: 'n' };
  const opened = (await ground.permitted(BUREAU_AUTHOR, 'POST', '/v1/agreements', opening)) as {
    id: string;
    hash: string;
  };
  const step = (by: Who, name: string, jws?: string) =>
    ground.permitted(by, 'POST', `/v1/agreements/${id}/steps`, {
      step: name,
      note: 'n',
      ...(jws === undefined ? {} : { jws }),
    });
  await step(BUREAU, 'review');
  await step(BUREAU_AUTHOR, 'publicity');
  await step(BUREAU, 'decision');
  const signed = async (by: Who) => ground.sign(await ground.key(by), 'agreement', opened, by);
  await step(BUREAU_AUTHOR, 'bureau-signature', await signed(BUREAU_AUTHOR));
  await step(who, 'operator-signature', await signed(who));
}

/** A grant over `people`, or another table, proposed and signed by those given. */
export async function grantPeople(
  ground: Ground,
  grant: {
    readonly id: string;
    readonly operator: string;
    readonly columns: readonly string[];
    readonly resource?: string;
  },
  signers: readonly Who[] = [BUREAU, PROVIDER],
): Promise<void> {
  const { id, operator, columns, resource = 'people' } = grant;
  const tables = [{ resource, columns }];
  const content = { id, kind: 'individual', operator, providers: [PROVIDER.org], tables, ...GRANT_TERMS };
  const proposed = (await ground.permitted(BUREAU_AUTHOR, 'POST', '/v1/grants', content)) as {
    id: string;
    hash: string;
  };
  for (const signer of signers) {
    const jws = await ground.sign(await ground.key(signer), 'grant', proposed, signer);
    await ground.permitted(signer, 'POST', `/v1/grants/${id}/signatures`, { jws });
  }
}
