import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  applyForOnboarding,
  approveRules,
  beginVersion,
  commitVersion,
  createResource,
  type Db,
  decideGate,
  decideOnboarding,
  decidePlan,
  declareAffiliation,
  filePlanAgreement,
  getPlan,
  openAgreement,
  openStore,
  proposeBatch,
  proposeGrant,
  proposeRules,
  providersOfPlan,
  putOrganisation,
  rulesInForce,
  type Store,
  setResourceState,
  signBatch,
  signGrant,
  signPlanAgreement,
  submitPlan,
  supplyPlan,
  takeStep,
} from '#catalog';
import { AGREEMENT_STEPS, creditCodeCheck, EVERY_ACCOUNT, GATES, perAttribute, type TableSchema } from '#policies';
import { createAuthorizer } from '../gateway/identity/index.ts';
import { decideAdmission } from '../gateway/pipeline/admit.ts';
import { GrantedPlans } from '../gateway/pipeline/granted-plans.ts';

/**
 * One decision on a request: the plan, its standing from the sealed facts, the columns that grants cover, Cedar. Goal: p99 ≤ 2 ms with
 * 1,000 grants, 10,000 plans and 1,000 organisations. `cold`: nothing is remembered of the plan, as after every change of the
 * catalogue; `warm`: the plan was asked for before. Reference: Cedar alone on the same attributes. `cpu`: time of this process, which other
 * load on the machine does not lengthen. Not measured: tokens, the log.
 */

const TODAY = '2026-03-02';
const title = { zh: '题', en: 'title' };
const PLAN_CLASS = 'industry';

interface Size {
  readonly organisations: number;
  readonly grants: number;
  readonly plans: number;
  readonly decisions: number;
}
const WHOLE: Size = { organisations: 1_000, grants: 1_000, plans: 10_000, decisions: 4_000 };
const TINY: Size = { organisations: 40, grants: 20, plans: 50, decisions: 50 };
const [PROVIDERS, TABLES, OPERATORS] = [15, 25, 10];

export default async function bench({ tiny, log }: { tiny: boolean; log: (line: string) => void }) {
  const size = tiny ? TINY : WHOLE;
  const home = mkdtempSync(join(tmpdir(), 'sluice-decide-'));
  const ignore = () => undefined;
  const integrity = { key: randomBytes(32), onTampered: ignore, onTakenIn: ignore };
  const store = openStore({ path: join(home, 'sluice.db'), now: () => new Date(`${TODAY}T01:00:00Z`), integrity });
  try {
    await fill(store, size);
    log(`filled: ${JSON.stringify(size)}`);
    const authorize = createAuthorizer();
    const warmUp = tiny ? 10 : 500;
    const granted = new GrantedPlans(store);
    const [cold, warm, reference]: [Timing[], Timing[], Timing[]] = [[], [], []];
    let permitted = 0;
    for (let n = 0; n < size.decisions; n += 1) {
      const plan = `plan-${(n * 7_919) % size.plans}`;
      const caller = { sub: `user-${n}`, org: developerOf((n * 7_919) % size.plans, size), role: 'developer' } as const;
      const decide = () => decideAdmission({ caller, plan, action: 'submitJob' }, granted.find(plan, TODAY), authorize);
      const first = timed(() => (permitted += Number(decide().permitted)));
      if (n < warmUp) continue; // statements and code are made ready
      cold.push(first);
      warm.push(timed(decide));
      const attrs = {
        org: caller.org,
        state: 'approved',
        inTerm: true,
        ...perAttribute(() => true),
        staff: [EVERY_ACCOUNT],
      };
      reference.push(
        timed(() => authorize({ ...caller, sub: `other-${n}` }, 'submitJob', { type: 'Plan', id: plan, attrs })),
      );
    }
    return {
      ...size,
      permitted_share: permitted / size.decisions,
      ...quantilesOf('decide', cold),
      ...quantilesOf('decide_warm', warm),
      ...quantilesOf('reference_cedar', reference),
    };
  } finally {
    store.close();
    rmSync(home, { recursive: true, force: true });
  }
}

interface Timing {
  readonly wallMs: number;
  readonly cpuMs: number;
}

function timed(work: () => unknown): Timing {
  const [startedMs, before] = [performance.now(), process.cpuUsage()];
  work();
  const { user, system } = process.cpuUsage(before);
  return { wallMs: performance.now() - startedMs, cpuMs: (user + system) / 1_000 };
}

function quantilesOf(name: string, times: readonly Timing[]): Readonly<Record<string, number>> {
  const [wall, cpu] = [times.map(({ wallMs }) => wallMs), times.map(({ cpuMs }) => cpuMs)];
  return {
    [`${name}_ms_p50`]: quantile(wall, 0.5),
    [`${name}_ms_p99`]: quantile(wall, 0.99),
    [`${name}_cpu_ms_p50`]: quantile(cpu, 0.5),
    [`${name}_cpu_ms_p99`]: quantile(cpu, 0.99),
  };
}

function quantile(times: readonly number[], q: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Number((sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0).toFixed(4));
}

const developerOf = (plan: number, { organisations }: Size) =>
  `dev-${plan % (organisations - PROVIDERS - OPERATORS - 1)}`;

async function fill(store: Store, size: Size): Promise<void> {
  await store.commit((tx) => {
    putOrganisation(tx, { id: 'bureau', title, kind: 'bureau' });
    for (let n = 0; n < PROVIDERS; n += 1) putOrganisation(tx, { id: `provider-${n}`, title, kind: 'provider' });
    for (let n = 0; n < TABLES; n += 1) putTable(tx, n);
    putList(tx);
    approveRules(tx, proposeRules(tx, { title: 't', text: 't', proposedBy: 'bureau/a' }).hash, 'bureau/s');
    for (let n = 0; n < OPERATORS; n += 1) putOperator(tx, n);
    for (let n = 0; n < size.organisations - PROVIDERS - OPERATORS - 1; n += 1) putDeveloper(tx, n);
  });
  await inBatches(store, size.grants, putGrant);
  await inBatches(store, size.plans, (tx, n) => putPlan(tx, n, size));
}

async function inBatches(store: Store, count: number, put: (tx: Db, n: number) => void): Promise<void> {
  for (let from = 0; from < count; from += 500)
    await store.commit((tx) => {
      for (let n = from; n < Math.min(count, from + 500); n += 1) put(tx, n);
    });
}

const VERSION = {
  rows: 1,
  bytes: 1,
  rowsPerUnitMax: {},
  contentSha256: 'ab',
  rowKeyScheme: 's',
  report: null,
};
const COLUMNS = ['uscc', 'a', 'b', 'c', 'd', 'e', 'f', 'g'];

function putTable(tx: Db, n: number): void {
  const schema: TableSchema = {
    table: `t${n}`,
    level: 'general-2',
    columns: COLUMNS.map((name) => ({ name, title, type: 'text', level: 'general-2', role: 'attribute' })),
  };
  const facts = { entry: { no: n, title }, title, frequency: 'monthly', conditions: 'c', format: 'table' } as const;
  createResource(tx, { ...facts, provider: `provider-${n % PROVIDERS}`, schema, createdBy: 'b' });
  for (const gate of GATES)
    decideGate(tx, schema.table, { gate, verdict: 'approve', org: 'office', by: gate, comment: '' });
  const version = beginVersion(tx, schema.table);
  commitVersion(tx, { ...VERSION, resource: schema.table, version });
  setResourceState(tx, schema.table, 'listed');
}

/** All onto the list of authorised operation, in one batch. */
function putList(tx: Db): void {
  const add = Array.from({ length: TABLES }, (_, n) => `t${n}`);
  const { batch } = proposeBatch(tx, { comment: '', org: 'bureau', by: 'a', add, remove: [] });
  const signature = { by: 's', verdict: 'approve' } as const;
  signBatch(tx, batch, { ...signature, org: 'bureau', role: 'bureau' });
  for (let n = 0; n < Math.min(TABLES, PROVIDERS); n += 1)
    signBatch(tx, batch, { ...signature, org: `provider-${n}`, role: 'provider' });
}

function putOperator(tx: Db, n: number): void {
  const [id, operator] = [`agreement-${n}`, `operator-${n}`];
  putOrganisation(tx, { id: operator, title, kind: 'operator' });
  const opening = { id, operator, kind: 'award', validFrom: '2026-01-01', publicityDays: 0 } as const;
  openAgreement(tx, opening, { org: 'bureau', by: 'p0', note: '' });
  for (const [at, step] of AGREEMENT_STEPS.entries())
    if (at > 0) takeStep(tx, id, { step, org: 'bureau', by: `p${at}`, note: '', jws: null });
}

/** Agreement, filing and supplies. */
function putAfterApproval(tx: Db, id: string): void {
  const { org, operator, hash: planHash, tables } = getPlan(tx, id);
  for (const party of [org, operator ?? ''])
    signPlanAgreement(tx, id, { planHash, sha256: planHash, org: party, by: 's', jws: 'j'.repeat(500) });
  filePlanAgreement(tx, id, { number: id, by: 'bureau/s' });
  const providers = providersOfPlan(tx, id);
  for (const { resource } of tables) supplyPlan(tx, id, { resource, org: providers.get(resource) ?? '', by: 's' });
}

/** A tenth share a legal representative with the one before: chains of affiliates, none of an operator. */
function putDeveloper(tx: Db, n: number): void {
  const org = `dev-${n}`;
  putOrganisation(tx, { id: org, title, kind: 'developer' });
  const declared = { source: 'declared', declaredBy: 'bureau/p' };
  declareAffiliation(tx, { org, kind: 'credit-code', value: `code-${n}`, ...declared });
  declareAffiliation(tx, { org, kind: 'legal-person', value: `person-${n % 10 === 0 ? n : n - 1}`, ...declared });
  const rules = rulesInForce(tx)?.hash ?? '';
  applyForOnboarding(tx, { org, creditCode: creditCodeOf(n), rules, staff: [EVERY_ACCOUNT], appliedBy: `${org}/p` });
  decideOnboarding(tx, org, { verdict: 'approve', decidedBy: 'bureau/p' });
}

function creditCodeOf(n: number): string {
  const first17 = `91420700${String(n).padStart(9, '0')}`;
  return first17 + creditCodeCheck(first17);
}

function putGrant(tx: Db, n: number): void {
  const table = n % TABLES;
  const provider = `provider-${table % PROVIDERS}`;
  proposeGrant(tx, {
    id: `grant-${n}`,
    kind: 'individual',
    operator: `operator-${n % OPERATORS}`,
    providers: [provider],
    tables: [{ resource: `t${table}`, columns: COLUMNS }],
    classes: [PLAN_CLASS],
    purpose: 'p',
    validFrom: '2026-01-01',
    validUntil: '2030-12-31',
    org: 'bureau',
    author: 'a',
  });
  const signature = { by: 's', thumbprint: 't', jws: 'j' };
  signGrant(tx, `grant-${n}`, { ...signature, org: 'bureau', role: 'bureau' });
  signGrant(tx, `grant-${n}`, { ...signature, org: provider, role: 'provider' });
}

function putPlan(tx: Db, n: number, size: Size): void {
  const id = `plan-${n}`;
  const tables = [0, 5, 10].map((step) => (n + step) % TABLES);
  submitPlan(tx, {
    id,
    title: 't',
    purpose: 'p',
    class: PLAN_CLASS,
    org: developerOf(n, size),
    author: 'a',
    operator: `operator-${n % OPERATORS}`,
    tables: tables.map((table) => ({ resource: `t${table}`, columns: COLUMNS.slice(0, 4) })),
    unitsMin: null,
    jobsMax: null,
    validFrom: '2026-01-01',
    validUntil: '2026-12-31',
  });
  const approval = { verdict: 'approve', comment: '', by: 'r' } as const;
  decidePlan(tx, id, { ...approval, role: 'bureau', org: 'bureau' });
  for (const provider of new Set(tables.map((table) => `provider-${table % PROVIDERS}`)))
    decidePlan(tx, id, { ...approval, role: 'provider', org: provider });
  putAfterApproval(tx, id);
}
