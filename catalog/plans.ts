import * as z from 'zod';
import { AppError, assert, type JoinKey, PLAN_OUTPUTS, type PlanClass, type PlanOutput } from '#policies';
import { contentHash } from './canonical.ts';
import { checkPlan } from './check-plan.ts';
import type { Db } from './db.ts';
import { entryBasis } from './entries/entry-revisions.ts';
import { readJson } from './json-column.ts';
import { and, asc, eq, gt, inArray, type SQL } from './orm.ts';
import type { Page } from './page.ts';
import { boundedLimit } from './page.ts';
import { type planDecisions, planResources, plans } from './schema.ts';
import { sealedRows } from './sealed-rows.ts';

export type PlanState = 'submitted' | 'approved' | 'refused' | 'revoked';

export interface PlanTable {
  readonly resource: string;
  readonly columns: readonly string[];
}

/** By resource, the version of its entry that is to be judged (`entryBasis`). */
export type PlanBasis = Readonly<Record<string, number>>;

export interface PlanDecision {
  readonly role: 'bureau' | 'provider';
  readonly org: string;
  /** The person. */
  readonly by: string;
  readonly verdict: 'approve' | 'refuse';
  readonly comment: string;
  /** The plan's hash as the reviewer had it before them. */
  readonly planHash: string;
  readonly at: string;
}

export interface PlanRevocation {
  readonly org: string;
  readonly by: string;
  readonly comment: string;
  readonly at: string;
}

/** One scenario, one plan (domain.md, 21): what a developer may ask, of which columns, for what, until when. */
export interface UsagePlan {
  readonly id: string;
  readonly title: string;
  readonly purpose: string;
  readonly class: PlanClass;
  /** The developing organisation. */
  readonly org: string;
  /** The person who wrote it. */
  readonly author: string;
  /** What is left of it after refusals. By resource and column name. */
  readonly tables: readonly PlanTable[];
  /** Raises the fewest units that a cell may stand for; null leaves the profile's number. */
  readonly unitsMin: number | null;
  readonly jobsMax: number | null;
  /** Which version of each table's entry its reviewers were given; null in homes whose plans are older. */
  readonly basis: PlanBasis | null;
  /** Most zCDP that its jobs may take from each resource and kind of unit (mode `dp`); null leaves the profile's caps. */
  readonly rhoMax: number | null;
  /** Keys that its tables may be joined by, of columns as `table.column`; null leaves joins to the columns. */
  readonly joins: readonly JoinKey[] | null;
  /** How answers may leave; null leaves it to the levels. */
  readonly outputs: readonly PlanOutput[] | null;
  /** Dates in Asia/Shanghai, both inclusive. */
  readonly validFrom: string;
  readonly validUntil: string;
  /** The operator that serves it; null in plans that were filed before there were grants: nothing runs under them. */
  readonly operator: string | null;
  readonly state: PlanState;
  /** SHA-256 of the canonical JSON of the content, hex. Changes when a refusal takes tables away. */
  readonly hash: string;
  readonly decisions: readonly PlanDecision[];
  readonly submittedAt: string;
  readonly revocation: PlanRevocation | null;
}

export type NewPlan = Omit<
  UsagePlan,
  'state' | 'hash' | 'decisions' | 'submittedAt' | 'revocation' | 'rhoMax' | 'operator' | 'basis' | 'joins' | 'outputs'
> &
  Partial<Pick<UsagePlan, 'rhoMax' | 'operator' | 'joins' | 'outputs'>>;

type Row = typeof plans.$inferSelect;

const tablesSchema: z.ZodType<readonly PlanTable[]> = z.array(
  z.strictObject({ resource: z.string(), columns: z.array(z.string()) }),
);
const joinsSchema: z.ZodType<readonly JoinKey[]> = z.array(z.array(z.string()));
const outputsSchema: z.ZodType<readonly PlanOutput[]> = z.array(z.enum(PLAN_OUTPUTS));
const basisSchema: z.ZodType<PlanBasis> = z.record(z.string(), z.number());
const revocationSchema: z.ZodType<PlanRevocation> = z.strictObject({
  org: z.string(),
  by: z.string(),
  comment: z.string(),
  at: z.string(),
});

const planById = sealedRows('plans', 'WHERE id = ?');
const decisionsOfPlan = sealedRows('plan_decisions', 'WHERE plan = ? ORDER BY at, role, org');
const resourcesOfPlan = sealedRows('plan_resources', 'WHERE plan = ?');

function fromRow(db: Db, row: Row): UsagePlan {
  return {
    ...row,
    tables: readJson(tablesSchema, row.tables),
    basis: row.basis === null ? null : readJson(basisSchema, row.basis),
    joins: row.joins === null ? null : readJson(joinsSchema, row.joins),
    outputs: row.outputs === null ? null : readJson(outputsSchema, row.outputs),
    revocation: row.revocation === null ? null : readJson(revocationSchema, row.revocation),
    decisions: decisionsOfPlan(db, row.id).map(toDecision),
  };
}

function toDecision({ plan: _plan, ...decision }: typeof planDecisions.$inferSelect): PlanDecision {
  return decision;
}

/** What the hash stands for: everything that was asked for, nothing that happened since. */
export function planHash(content: NewPlan): string {
  const { id, title, purpose, author, org, tables, unitsMin, jobsMax, validFrom, validUntil } = content;
  return contentHash({
    id,
    title,
    purpose,
    class: content.class,
    org,
    author,
    tables,
    unitsMin,
    jobsMax,
    // Left out where they are not set: plans of older homes keep their hash.
    rhoMax: content.rhoMax ?? undefined,
    operator: content.operator ?? undefined,
    joins: content.joins ?? undefined,
    outputs: content.outputs ?? undefined,
    validFrom,
    validUntil,
  });
}

function inNameOrder(tables: readonly PlanTable[]): readonly PlanTable[] {
  const byName = (a: string, b: string) => (a < b ? -1 : Number(a > b));
  return tables
    .map(({ resource, columns }) => ({ resource, columns: columns.toSorted(byName) }))
    .toSorted((a, b) => byName(a.resource, b.resource));
}

/**
 * Files a plan for review. Tables and columns are kept in order of their names.
 *
 * @throws AppError `PLAN_INVALID` (path, problem).
 */
export function submitPlan(tx: Db, plan: NewPlan): UsagePlan {
  const providers = checkPlan(tx, plan);
  if (findPlan(tx, plan.id) !== null) throw new AppError('PLAN_INVALID', { path: 'id', problem: 'the id is taken' });
  const content: NewPlan = { ...plan, tables: inNameOrder(plan.tables) };
  tx.orm
    .insert(plans)
    .values({
      ...content,
      tables: JSON.stringify(content.tables),
      joins: orNull(content.joins),
      outputs: orNull(content.outputs),
      basis: JSON.stringify(basisNow(tx, content.tables)),
      state: 'submitted',
      hash: planHash(content),
      submittedAt: tx.now(),
    })
    .run();
  for (const [resource, provider] of providers) {
    tx.orm.insert(planResources).values({ plan: plan.id, resource, provider }).run();
  }
  return getPlan(tx, plan.id);
}

function orNull(value: unknown): string | null {
  return value == null ? null : JSON.stringify(value);
}

/** As the entries of the tables are now. */
export function basisNow(db: Db, tables: readonly PlanTable[]): PlanBasis {
  return Object.fromEntries(tables.map(({ resource }) => [resource, entryBasis(db, resource)]));
}

export function findPlan(db: Db, id: string): UsagePlan | null {
  const [row] = planById(db, id);
  return row === undefined ? null : fromRow(db, row);
}

/** @throws AppError `PLAN_NOT_FOUND`. */
export function getPlan(db: Db, id: string): UsagePlan {
  const plan = findPlan(db, id);
  if (plan === null) throw new AppError('PLAN_NOT_FOUND', { id });
  return plan;
}

export interface PlanFilters extends Page {
  readonly org?: string | undefined;
  readonly operator?: string | undefined;
  readonly state?: PlanState | undefined;
  /** Plans that ask, or asked, for a table of this provider. */
  readonly provider?: string | undefined;
  /** Plans that ask, or asked, for this table. */
  readonly resource?: string | undefined;
}

/** By id; `after` is a plan's id. */
export function listPlans(db: Db, filters: PlanFilters = {}): readonly UsagePlan[] {
  const { after, org, operator, state, provider, resource } = filters;
  const involving = (condition: SQL) =>
    inArray(plans.id, db.orm.select({ plan: planResources.plan }).from(planResources).where(condition));
  const where = and(
    after === undefined ? undefined : gt(plans.id, after),
    org === undefined ? undefined : eq(plans.org, org),
    operator === undefined ? undefined : eq(plans.operator, operator),
    state === undefined ? undefined : eq(plans.state, state),
    provider === undefined ? undefined : involving(eq(planResources.provider, provider)),
    resource === undefined ? undefined : involving(eq(planResources.resource, resource)),
  );
  const query = db.orm.select().from(plans).where(where).orderBy(asc(plans.id)).limit(boundedLimit(filters.limit));
  return query.all().map((row) => fromRow(db, db.sealed('plans', row)));
}

/** The provider of each resource that the plan was submitted with. */
export function providersOfPlan(db: Db, id: string): ReadonlyMap<string, string> {
  return new Map(resourcesOfPlan(db, id).map(({ resource, provider }) => [resource, provider]));
}

/**
 * Whether jobs may run under the plan on a day.
 *
 * @param today ISO date in Asia/Shanghai.
 */
export function isPlanInForce(plan: UsagePlan, today: string): boolean {
  return plan.state === 'approved' && plan.validFrom <= today && today <= plan.validUntil;
}

/** Only for `decide-plan.ts`: what a decision may change of a plan. */
export function updatePlan(
  tx: Db,
  plan: UsagePlan,
  change: { readonly state: PlanState; readonly tables: readonly PlanTable[]; readonly revocation?: PlanRevocation },
): void {
  assert(change.tables.length <= plan.tables.length, 'a decision never widens a plan');
  tx.orm
    .update(plans)
    .set({
      state: change.state,
      tables: JSON.stringify(change.tables),
      hash: planHash({ ...plan, tables: change.tables }),
      revocation: change.revocation === undefined ? null : JSON.stringify(change.revocation),
    })
    .where(eq(plans.id, plan.id))
    .run();
}
