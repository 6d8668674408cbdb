import { Buffer } from 'node:buffer';
import * as z from 'zod';
import {
  type FirstBatchResource,
  findPlan,
  findResource,
  firstBatch,
  gatesLeft,
  generateTable,
  isGrantable,
  listBatches,
  type NewPlan,
  providersOfPlan,
  putOrganisation,
  putSetting,
  readSetting,
  seedOrganisations,
  seedPlans,
  type UsagePlan,
} from '#catalog';
import type { Gate } from '#policies';
import type { Gateway } from './assemble.ts';
import type { Config } from './config.ts';
import { type EstablishDeps, establishGrant, trialKeys } from './grants/establish-grants.ts';
import type { Caller } from './identity/index.ts';
import { establishAgreement } from './operators/establish-agreement.ts';
import { establishPlan } from './plan-life/establish-plan.ts';

export interface SeedBatch {
  readonly tables: readonly FirstBatchResource[];
  readonly plans: readonly NewPlan[];
}
const WHOLE_BATCH: SeedBatch = { tables: firstBatch, plans: seedPlans };

/** One plan of the first batch with its tables. */
export function batchOfPlan(id: string): SeedBatch {
  const plans = seedPlans.filter((plan) => plan.id === id);
  const asked = new Set(plans.flatMap((plan) => plan.tables.map(({ resource }) => resource)));
  return { plans, tables: firstBatch.filter((table) => asked.has(table.id)) };
}

/**
 * A fresh home gets the first batch of the city (domain.md): 15 resources as 25 tables of synthetic data, and plans that
 * a developer can use at once. Everything goes the way that providers, bureau and operator would take, log included.
 * A start that was cut off goes on where it stopped.
 *
 * @param batch less than everything, for those who need a gateway at work and no city.
 */
export async function seedHome(
  gateway: Gateway,
  config: Config,
  say: (line: string) => void,
  batch: SeedBatch = WHOLE_BATCH,
): Promise<void> {
  const { store } = gateway.deps;
  if (config.scale === 0 || store.read((db) => readSetting(db, SEEDED, z.unknown())) !== null) return;
  say(`seeding ${batch.tables.length} tables at scale ${config.scale} of the city …`);
  const startedMs = performance.now();
  await store.commit((tx) => {
    for (const organisation of seedOrganisations) putOrganisation(tx, organisation);
  });
  const rows = await seedTables(gateway, config, batch.tables);
  await seedList(gateway, batch.tables);
  const establishing = establishingIn(gateway);
  await seedGrant(gateway, establishing);
  for (const plan of batch.plans) {
    await seedPlan(gateway, plan);
    // As soon as it is approved: the developer's onboarding, the agreement, its filing, and the supply of each table.
    await establishPlan({ ...establishing, planLife: gateway.deps.planLife }, plan.id, PEOPLE);
  }
  await store.commit((tx) => putSetting(tx, SEEDED, { scale: config.scale, seed: config.seed }));
  say(`seeded ${rows} rows in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
}

const establishingIn = ({ deps: { store, partyKeys, grants, log } }: Gateway): EstablishDeps => ({
  store,
  keyOf: trialKeys(partyKeys),
  grants,
  home: log.verifierKey,
});

const SEEDED = 'seeded';
const BUREAU: Caller = { sub: 'seed', org: 'data-bureau', role: 'bureau' };
const PEOPLE = { author: { ...BUREAU, sub: 'seed-author' }, signer: BUREAU };

const security = (sub: string): Caller => ({ sub, org: 'security-office', role: 'security' });
const GATEKEEPERS: Readonly<Record<Gate, Caller>> = {
  secrecy: security('seed-secrecy'),
  security: security('seed-security'),
  'personal-information': BUREAU,
};

/** Side by side: an upload by itself leaves a core idle while its worker starts. */
async function seedTables(gateway: Gateway, config: Config, tables: SeedBatch['tables']): Promise<number> {
  const left = tables.values();
  let rows = 0;
  const lane = async (): Promise<void> => {
    for (const resource of left) {
      const seeded = await seedTable(gateway, config, resource);
      rows += seeded;
    }
  };
  await Promise.all(Array.from({ length: config.workers }, lane));
  return rows;
}

async function seedTable(gateway: Gateway, config: Config, declared: FirstBatchResource): Promise<number> {
  const { store, resources, uploads } = gateway.deps;
  const { id, entry, title, frequency, conditions, format, schema } = declared;
  const provider: Caller = { sub: 'seed', org: declared.provider, role: 'provider' };
  const before = store.read((db) => findResource(db, id));
  if (before === null) await resources.register(provider, { entry, title, frequency, conditions, format, schema });
  if (before?.state === 'listed') return 0;
  const { rows } = await uploads.put(provider, id, {
    format: 'csv',
    encoding: 'utf-8',
    body: utf8(generateTable(id, { scale: config.scale, seed: config.seed })),
    declaredBytes: null,
    declaredSha256: null,
    manifest: null,
    append: null,
    rejectShareMax: 0,
    signal: new AbortController().signal,
  });
  await passGates(gateway, id);
  await resources.list(BUREAU, id);
  return rows ?? 0;
}

/** Onto the list of authorised operation: what a start that was cut off left, in one batch of all providers. */
async function seedList({ deps: { store, catalogue } }: Gateway, tables: SeedBatch['tables']): Promise<void> {
  const left = store.read((db) => tables.filter(({ id }) => !isGrantable(db, id)));
  if (left.length === 0) return;
  const open = store.read(listBatches).find(({ inForceAt, refusedAt }) => inForceAt === null && refusedAt === null);
  const proposed = { comment: '第一批授权运营目录', add: left.map(({ id }) => id), remove: [] };
  const { batch, signatures } = open ?? (await catalogue.propose({ ...BUREAU, sub: 'seed-author' }, proposed));
  const providers = [...new Set(left.map(({ provider }) => provider))];
  const signers = [BUREAU, ...providers.map((org): Caller => ({ sub: 'seed', org, role: 'provider' }))];
  for (const signer of signers) {
    if (!signatures.some(({ org }) => org === signer.org)) await catalogue.sign(signer, batch, 'approve');
  }
}

/** The operator is chosen and signs for five years; then the whole of the first batch is granted to it: proposed by one person of the bureau, signed by another and by every provider. */
async function seedGrant({ deps }: Gateway, establishing: EstablishDeps): Promise<void> {
  const providers = [...new Set(firstBatch.map(({ provider }) => provider))].sort();
  const operator: Caller = { sub: 'seed', org: 'operator', role: 'operator' };
  const agreeing = { ...establishing, operators: deps.operators };
  await establishAgreement(agreeing, { id: 'agreement-seed', operator, validFrom: '2025-01-01' }, PEOPLE);
  await establishGrant(
    establishing,
    {
      id: 'grant-first-batch',
      kind: 'whole',
      operator: 'operator',
      providers,
      tables: [],
      classes: ['governance', 'welfare', 'industry'],
      purpose: '第一批目录整体授权运营',
      validFrom: '2025-01-01',
      validUntil: '2029-12-31',
    },
    PEOPLE,
  );
}

/** Those that a start that was cut off left. */
async function passGates({ deps: { store, resources } }: Gateway, id: string): Promise<void> {
  for (const gate of store.read((db) => gatesLeft(db, id))) {
    await resources.decideGate(GATEKEEPERS[gate], id, { gate, verdict: 'approve', comment: 'seed' });
  }
}

/** Operator submits, every involved provider and the bureau approve. */
async function seedPlan(gateway: Gateway, content: NewPlan): Promise<void> {
  const { store, plans } = gateway.deps;
  const found = store.read((db) => findPlan(db, content.id));
  let plan: UsagePlan =
    found ?? (await plans.submit({ sub: content.author, org: 'operator', role: 'operator' }, content));
  const providers = store.read((db) => new Set(providersOfPlan(db, plan.id).values()));
  const reviewers = [...[...providers].map((org): Caller => ({ sub: 'seed', org, role: 'provider' })), BUREAU];
  for (const reviewer of reviewers) {
    if (plan.state !== 'submitted') return;
    if (plan.decisions.some(({ org }) => org === reviewer.org)) continue;
    plan = await plans.decide(reviewer, plan.id, { verdict: 'approve', comment: 'seed' });
  }
}

async function* utf8(chunks: Iterable<string> | AsyncIterable<string>): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk, 'utf8');
}
