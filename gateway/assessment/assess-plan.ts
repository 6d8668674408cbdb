import { randomUUID } from 'node:crypto';
import { searchEntries, type UsagePlan } from '#catalog';
import {
  AppError,
  assert,
  combinedColumns,
  domainOf,
  emitCombinationCounts,
  type GrantedTable,
  higherBand,
  minimumOf,
  RISK_BANDS,
  type RiskBand,
  riskBand,
  type TableMinimum,
  type UsedTable,
} from '#policies';
import type { Caller } from '../identity/index.ts';
import { appendChange } from '../log-change.ts';
import { compileAnew } from '../pipeline/compile-query.ts';
import type { PipelineDeps } from '../pipeline/deps.ts';
import type { GrantedPlan } from '../pipeline/granted-plans.ts';

/** How far a table's quasi-identifiers single people out: a band of the real rows, and nothing finer. */
export interface TableRisk {
  readonly resource: string;
  readonly version: number;
  /** Which were combined. */
  readonly columns: readonly string[];
  readonly band: RiskBand;
}

/** What a reviewer looks at before a plan, and while it runs (domain.md, 34 and 36). */
export interface PlanAssessment {
  readonly tables: readonly TableRisk[];
  /** Of all tables: one band more than the highest where several are about the same units and may be joined. */
  readonly band: RiskBand;
  readonly minimum: readonly TableMinimum[];
  /** Jobs, or questions, that `minimum` looks at. */
  readonly looked: number;
}

export interface PlanAssessor {
  /**
   * @param questions what the plan is to answer, as SQL; none: the jobs that ran.
   *
   * Errors: PLAN_NOT_FOUND, every SQL_ and POLICY_ code of a question, SANDBOX_BUSY, SANDBOX_TIMEOUT.
   */
  assess(caller: Caller, plan: string, questions: readonly string[]): Promise<PlanAssessment>;
}

type AssessorDeps = Pick<PipelineDeps, 'store' | 'sandbox' | 'plans' | 'profile' | 'queryFacts' | 'deadlineMs'>;

const KEPT_MAX = 1_000;
/** How far back minimisation looks: the newest so many. */
const JOBS_MAX = 1_000;

export function createPlanAssessor(deps: AssessorDeps): PlanAssessor {
  // WHY kept: the same table, version and columns have one band. Asking again tells nothing new, and costs nothing.
  const bands = new Map<string, Promise<RiskBand>>();
  const bandOf = (caller: Caller, table: GrantedTable, unit: string, columns: readonly string[]) => {
    const key = JSON.stringify([table.resource, table.version, unit, columns]);
    const known = bands.get(key);
    if (known !== undefined) return known;
    if (bands.size >= KEPT_MAX) bands.clear();
    const counted = countBand(deps, caller, table, unit, columns);
    bands.set(key, counted);
    counted.catch(() => bands.delete(key));
    return counted;
  };
  return {
    async assess(caller, id, questions) {
      const granted = deps.plans.find(id, deps.queryFacts().today);
      if (granted === null) throw new AppError('PLAN_NOT_FOUND', { id });
      const tables: TableRisk[] = [];
      for (const table of granted.catalog.values()) {
        const asked = granted.plan.tables.find(({ resource }) => resource === table.resource)?.columns ?? [];
        const columns = combinedColumns(table.schema, asked).map(({ name }) => name);
        const unit = table.schema.columns.find((column) => column.unit !== undefined)?.name;
        if (unit === undefined || columns.length === 0) continue;
        const band = await bandOf(caller, table, unit, columns);
        tables.push({ resource: table.resource, version: table.version, columns, band });
      }
      const uses = await (questions.length === 0 ? usesOfJobs(deps, granted.plan) : usesOf(deps, granted, questions));
      const band = bandTogether(tables, [...granted.catalog.values()]);
      const { hash: planHash, purpose } = granted.plan;
      const note = `assessed, combinations ${band}`;
      await deps.store.commit((tx) => appendChange(tx, { kind: 'plan', caller, plan: id, planHash, purpose, note }));
      return {
        tables,
        band,
        minimum: minimumOf(granted.plan.tables, uses.flat()),
        looked: uses.length,
      };
    },
  };
}

/** INVARIANT: the counts leave neither this function nor the worker's answer to it. */
async function countBand(
  { sandbox, deadlineMs }: AssessorDeps,
  { org, sub }: Caller,
  { resource, version }: GrantedTable,
  unit: string,
  columns: readonly string[],
): Promise<RiskBand> {
  const tables = [{ resource, version, columns: [...new Set([unit, ...columns])] }];
  const job = { id: `assess-${randomUUID()}`, analyst: `${org}/${sub}`, tables, deadlineMs };
  return await sandbox.run(job, async (session) => {
    const { values } = await session.query(emitCombinationCounts({ resource, version }, unit, columns));
    const [exposed, units] = [values[0]?.[0], values[1]?.[0]];
    assert(typeof exposed === 'bigint' && typeof units === 'bigint', 'two counts');
    return riskBand({ exposed: Number(exposed), units: Number(units) });
  });
}

/** SAD PATH: what several tables single out together is not counted; where they can be joined, the band is one more. */
function bandTogether(tables: readonly TableRisk[], granted: readonly GrantedTable[]): RiskBand {
  const highest = tables.reduce<RiskBand>((band, table) => higherBand(band, table.band), 'low');
  const domains = granted.flatMap(({ schema }) => [
    ...new Set(schema.columns.filter(({ role }) => role === 'identifier').map((column) => domainOf(schema, column))),
  ]);
  const mayJoin = new Set(domains).size < domains.length;
  const next = RISK_BANDS[Math.min(RISK_BANDS.indexOf(highest) + 1, RISK_BANDS.length - 1)];
  return mayJoin && tables.length > 0 ? (next ?? highest) : highest;
}

/** What the plan's newest jobs read, each as the log tells it. */
async function usesOfJobs({ store }: AssessorDeps, plan: UsagePlan): Promise<readonly (readonly UsedTable[])[]> {
  await store.indexed();
  const found = store.read((db) => searchEntries(db, { plan: plan.id, kind: 'intent' }, { limit: JOBS_MAX }));
  return found.entries.map(({ entry }) => entry.tables ?? []);
}

async function usesOf(
  deps: AssessorDeps,
  granted: GrantedPlan,
  questions: readonly string[],
): Promise<readonly (readonly UsedTable[])[]> {
  const caller: Caller = { sub: 'assessment', org: granted.plan.org, role: 'public' };
  const admission = { kind: 'admission', caller, action: 'explain', ...granted, policies: '' } as const;
  const uses: (readonly UsedTable[])[] = [];
  for (const sql of questions) {
    const { compiled } = await compileAnew({ sql, privacy: null }, admission, deps, deps.queryFacts());
    uses.push(compiled.uses);
  }
  return uses;
}
