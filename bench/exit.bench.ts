/**
 * Goal: from the order of an operator's exit to the last worker dead and the last release stopped, under load: `closure_ms_p99` ≤ 1,000;
 * and after the destruction no copy of what it was given: `copies_left` 0.
 * Non-goals: HTTP to the client; how long search and destruction take, told beside (`destroy_ms_p50`).
 *
 * Each exit is of an operator of its own, with agreement, grants, a plan that it serves and one of its own whose answer it holds. Four
 * developers' endless jobs hold the workers and eight clients ask short ones as fast as they are answered. The answer's time is held
 * against what a look from outside sees: the workers' processes gone, no result after it, the operator's token refused, its results held.
 */
import { existsSync } from 'node:fs';
import { type NewPlan, putOrganisation } from '#catalog';
import type { Gateway } from '../gateway/assemble.ts';
import { establishGrant, trialKeys } from '../gateway/grants/establish-grants.ts';
import type { Caller } from '../gateway/identity/index.ts';
import { establishAgreement } from '../gateway/operators/establish-agreement.ts';
import { establishPlan } from '../gateway/plan-life/establish-plan.ts';
import { batchOfPlan } from '../gateway/seed-home.ts';
import { type Ask, loadUntilClosed, onSeededGateway, openAskers, quantile, SEEDED, SHORT } from './closing-load.ts';
import type { BenchOptions } from './run.ts';

const ORG = 'chuyun-research';
const BUREAU: Caller = { role: 'bureau', sub: 'signer', org: 'data-bureau' };
const AUTHOR: Caller = { ...BUREAU, sub: 'author' };

interface Exit {
  readonly closureMs: number;
  readonly destroyMs: number;
  readonly jobs: number;
  readonly workers: number;
  readonly copiesLeft: number;
}

export default function bench({ tiny, log }: BenchOptions): Promise<Record<string, unknown>> {
  return onSeededGateway(async (gateway, home) => {
    const asker = await openAskers(gateway, home);
    const exits: Exit[] = [];
    for (let n = 0; n < (tiny ? 1 : 20); n += 1) {
      const exit = await runExit(gateway, asker, n);
      exits.push(exit);
      log(`exit ${n}: closed in ${exit.closureMs.toFixed(0)} ms, ${exit.jobs} jobs, ${exit.workers} workers`);
    }
    return figuresOf(exits);
  });
}

function figuresOf(exits: readonly Exit[]): Record<string, unknown> {
  const all = (of: (exit: Exit) => number) => exits.map(of);
  const sum = (of: (exit: Exit) => number) => all(of).reduce((total, one) => total + one, 0);
  const closures = all(({ closureMs }) => closureMs);
  return {
    exits: exits.length,
    closure_ms_p50: quantile(closures, 0.5),
    closure_ms_p99: quantile(closures, 0.99),
    jobs_stopped: sum(({ jobs }) => jobs),
    workers_stopped: sum(({ workers }) => workers),
    late_releases: 0,
    copies_left: sum(({ copiesLeft }) => copiesLeft),
    destroy_ms_p50: quantile(
      all(({ destroyMs }) => destroyMs),
      0.5,
    ),
  };
}

async function runExit(gateway: Gateway, asker: (caller: Caller) => Promise<Ask>, n: number): Promise<Exit> {
  const leaving: Caller = { role: 'operator', sub: 'olga', org: `op-${n}` };
  await establish(gateway, leaving);
  const [own, bureau] = [await asker(leaving), await asker(BUREAU)];
  const developers = await Promise.all(
    [1, 2, 3, 4].map((i) => asker({ role: 'developer', sub: `dev-${i}`, org: ORG })),
  );
  // An answer of its own, unlike any other's: what must not be left anywhere afterwards.
  const held = await answered(
    own,
    `own-${n}`,
    SHORT.replaceAll(' AS kg', ` AS kg_for_the_operator_${n}_and_nobody_else`),
  );
  let answeredAt = Number.POSITIVE_INFINITY;
  const { ended } = await loadUntilClosed(developers, `served-${n}`, () => answeredAt);
  const before = gateway.sandbox.pids();
  const startedMs = performance.now();
  const order = { operator: leaving.org, cause: 'breach', reason: 'bench' };
  const answer = await bureau('POST', '/v1/exits', order);
  answeredAt = performance.now();
  const effect = (await answer.json()) as ExitJson;
  const gone = before.filter((pid) => !existsSync(`/proc/${pid}`)).length;
  if (answer.status !== 201 || gone < effect.workersStopped) throw new Error('workers outlived the answer of the exit');
  await ended;
  for (const path of ['/v1/jobs', `/v1/jobs/${held}/result`]) await requireLeft(await own('GET', path));
  const destroyStartedMs = performance.now();
  const destroyed = await bureau('POST', `/v1/exits/${leaving.org}/destruction`, {
    packageSha256: effect.packageSha256,
  });
  if (!destroyed.ok) throw new Error(`the destruction failed: ${await destroyed.text()}`);
  const { certificate } = (await destroyed.json()) as { certificate: { scan: { copiesLeft: number } } };
  return {
    closureMs: answeredAt - startedMs,
    destroyMs: performance.now() - destroyStartedMs,
    jobs: effect.jobsStopped,
    workers: effect.workersStopped,
    copiesLeft: certificate.scan.copiesLeft,
  };
}

interface ExitJson {
  readonly jobsStopped: number;
  readonly workersStopped: number;
  readonly packageSha256: string;
}

/** The way that the parties go: agreement, grant, a plan that the operator serves, one of its own. */
async function establish(gateway: Gateway, operator: Caller): Promise<void> {
  const { store, partyKeys, grants, operators, plans, planLife, log } = gateway.deps;
  const { org } = operator;
  await store.commit((tx) => putOrganisation(tx, { id: org, title: { zh: org, en: org }, kind: 'operator' }));
  const establishing = { store, keyOf: trialKeys(partyKeys), grants, operators, planLife, home: log.verifierKey };
  const people = { author: AUTHOR, signer: BUREAU };
  const [content] = batchOfPlan(SEEDED).plans;
  if (content === undefined) throw new Error('the plan of farms is gone');
  const providers = [...new Set(batchOfPlan(SEEDED).tables.map(({ provider }) => provider))];
  const dates = { validFrom: '2025-01-01', validUntil: '2029-12-31' };
  await establishAgreement(establishing, { id: `agreement-${org}`, operator, validFrom: '2025-01-01' }, people);
  const grant = { id: `grant-${org}`, kind: 'whole', operator: org, providers, tables: [], purpose: 'bench' } as const;
  await establishGrant(establishing, { ...grant, ...dates, classes: ['governance', 'welfare', 'industry'] }, people);
  const n = org.replace('op-', '');
  const filed: readonly NewPlan[] = [
    { ...content, id: `served-${n}`, operator: org },
    { ...content, id: `own-${n}`, operator: org, org },
  ];
  for (const plan of filed) {
    await plans.submit(operator, plan);
    for (const reviewer of [...providers.map((one): Caller => ({ role: 'provider', sub: 'p', org: one })), BUREAU])
      await plans.decide(reviewer, plan.id, { verdict: 'approve', comment: 'bench' });
    await establishPlan(establishing, plan.id, people);
  }
}

async function answered(ask: Ask, plan: string, sql: string): Promise<string> {
  const answer = await ask('POST', '/v1/jobs', { plan, sql });
  const { id, state } = (await answer.json()) as { id: string; state: string };
  if (state !== 'finished') throw new Error(`a job under ${plan} is ${state}`);
  return id;
}

async function requireLeft(answer: Response): Promise<void> {
  const { code } = (await answer.json()) as { readonly code?: string };
  if (code !== 'OPERATOR_LEFT') throw new Error(`the operator that left got ${answer.status} ${code ?? ''}`);
}
