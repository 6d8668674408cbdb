import { beginVersion, commitVersion, createResource, putOrganisation } from '../catalog/index.ts';
import { assemble, type Gateway } from '../gateway/assemble.ts';
import { type Config, readConfig } from '../gateway/config.ts';
import type { Admission } from '../gateway/pipeline/admit.ts';
import { compileAnew } from '../gateway/pipeline/compile-query.ts';
import { execute } from '../gateway/pipeline/execute.ts';
import type { JobArrival } from '../gateway/pipeline/run-job.ts';
import {
  type CompiledQuery,
  EVERY_ACCOUNT,
  type Level,
  type PolicyProfile,
  perAttribute,
  printViews,
  type QueryCatalog,
  type ReleasedResult,
  type TableData,
  type TableSchema,
  twinsOf,
} from '../policies/index.ts';
import { openDuckDbEngine } from '../sandbox/engines/duckdb/duckdb-engine.ts';
import { openSyntaxParser } from '../sandbox/engines/duckdb/syntax-tree.ts';
import type { QueryEngine, ScratchTable } from '../sandbox/engines/engine.ts';
import type { StoredStar } from './release-data.ts';
import { STAR_TABLES, type StarTable, starSchemas } from './release-schema.ts';

/** Threads of one worker. */
export const ENGINE_THREADS = 2;
/** As `sandbox/engine-process.ts` shares out a worker's memory. */
const ENGINE_SHARE = 0.8;
const CALLER = { sub: 'bench', org: 'bench', role: 'developer' } as const;
const VERSION = 1;
/** The worker's engine has a database for each of the two: the same segments, the same settings. */
const [PROTECTED_GRANT, RAW_GRANT] = [1, 2];

/**
 * Both sides of the comparison in one engine, the worker's own, in this process. `release` is the pipeline's own
 * compiler and its own execution (cells → protect → finish → release); `raw` runs the analyst's text as it stands.
 */
export interface Sides {
  compile(sql: string): Promise<CompiledQuery>;
  release(sql: string, compiled: CompiledQuery): Promise<ReleasedResult>;
  raw(sql: string): Promise<TableData>;
}
export interface BenchEngine {
  readonly memoryMb: number;
  /** The star with the fact's rows and measures at `factLevel`. */
  sides(
    factLevel: Level,
    asked?: { readonly declared?: Declared; readonly ranks?: boolean; readonly profile?: PolicyProfile },
  ): Sides;
  close(): Promise<void>;
}

/** `home`: an empty folder for the gateway around the pipeline. */
export async function openBenchEngine(star: StoredStar, home: string): Promise<BenchEngine> {
  const config = readConfig({ SLUICE_HOME: home });
  const memoryMb = Math.floor(config.memoryMbMax * ENGINE_SHARE);
  const engine = openDuckDbEngine({ threads: ENGINE_THREADS, memoryMb });
  await engine.grant(PROTECTED_GRANT, viewsOf(star, `@${VERSION}`));
  await engine.grant(RAW_GRANT, viewsOf(star, ''));
  const gateway = await openGateway(config);
  await registerStar(gateway, star);
  const pipeline = await inProcess(gateway, engine);
  return {
    memoryMb,
    sides(factLevel, { declared = {}, ranks = true, profile = pipeline.profile } = {}) {
      const admission = admissionTo(catalogOf(star, factLevel, declared, ranks));
      const compiler = { ...pipeline, profile };
      return {
        compile: async (sql) =>
          (await compileAnew({ sql, privacy: null }, admission, compiler, pipeline.queryFacts())).compiled,
        release: async (sql, compiled) => {
          const { released, guard } = await execute(
            { arrival: arrivalOf(sql), admission, compiled, recipient: null },
            pipeline,
          );
          pipeline.guard.forget(guard); // every run is the first
          return released;
        },
        raw: (sql) => engine.query(RAW_GRANT, [], sql),
      };
    },
    async close() {
      engine.revoke(PROTECTED_GRANT);
      engine.revoke(RAW_GRANT);
      await gateway.close();
    },
  };
}

function openGateway(config: Config): Promise<Gateway> {
  const fail = (error: unknown) => {
    throw error;
  };
  const events = { sandbox: () => undefined, bug: (_reference: string, error: unknown) => fail(error), fatal: fail };
  return assemble(config, 'bench', events, async () => undefined);
}

/** WHY in the catalogue as well: the guard hides what stands on rows whose keys it cannot compare. */
async function registerStar({ pipeline: { store } }: Gateway, star: StoredStar): Promise<void> {
  const title = { zh: 'bench', en: 'bench' };
  const facts = { provider: CALLER.org, frequency: '', conditions: '', format: '', createdBy: CALLER.sub };
  await store.commit((tx) => {
    putOrganisation(tx, { id: CALLER.org, title, kind: 'provider' });
    for (const [resource, schema] of Object.entries(starSchemas('general-2'))) {
      const { rows, rowsPerUnitMax } = star.tables[schema.table as StarTable];
      createResource(tx, { entry: { no: 1, title }, title, schema, ...facts });
      const version = beginVersion(tx, resource);
      const stored = { rows, rowsPerUnitMax, bytes: 0, contentSha256: '', report: null };
      commitVersion(tx, { resource, version, ...stored, rowKeyScheme: 'bench' });
    }
  });
}

/** The gateway's pipeline with parser and engine in this process: what is timed is work, not the way to a worker. */
async function inProcess({ pipeline }: Gateway, engine: QueryEngine): Promise<Gateway['pipeline']> {
  const parser = await openSyntaxParser();
  const session = {
    query: (sql: string, tables: readonly ScratchTable[] = []) => engine.query(PROTECTED_GRANT, tables, sql),
    finish: engine.finish,
  };
  const sandbox: Gateway['sandbox'] = {
    ...pipeline.sandbox,
    run: (_job, work) => work(session),
    async parse(text) {
      const verdict = await parser.read(text);
      if (verdict.kind !== 'tree') throw new Error(`a query of the bench does not parse: ${text}`);
      return verdict.json;
    },
  };
  return { ...pipeline, sandbox };
}

function viewsOf(star: StoredStar, suffix: string) {
  const schemas = starSchemas('general-2');
  return STAR_TABLES.map((table) => ({
    name: `${table}${suffix}`,
    columns: [...schemas[table].columns, ...twinsOf(schemas[table].columns)].map(({ name }) => name),
    segments: star.tables[table].files.map((file) => ({ file, ranks: null })),
    prints: printViews(star.tables[table].prints ?? undefined),
  }));
}

/** `rowsPerUnitMax` of the columns that name units, by table and column. */
export type Declared = Readonly<Record<string, number>>;

function catalogOf(star: StoredStar, factLevel: Level, declared: Declared, ranks: boolean): QueryCatalog {
  const schemas = starSchemas(factLevel);
  return new Map(
    STAR_TABLES.map((table) => {
      const { rowsPerUnitMax, rows, prints } = star.tables[table];
      const schema = promising(schemas[table], declared);
      const stored = twinsOf(schema.columns).filter(({ kind }) => ranks || kind !== 'rank');
      const twins = stored.map(({ name }) => name);
      const counted = schema.level === 'general-1' ? { rows } : {};
      return [
        table,
        {
          resource: table,
          version: VERSION,
          schema,
          rowsPerUnitMax,
          twins,
          ...counted,
          ...(prints === null ? {} : { prints }),
        },
      ];
    }),
  );
}

function promising(schema: TableSchema, declared: Declared): TableSchema {
  const columns = schema.columns.map((column) => {
    const rowsPerUnitMax = declared[`${schema.table}.${column.name}`];
    return rowsPerUnitMax === undefined ? column : { ...column, rowsPerUnitMax };
  });
  return { ...schema, columns };
}

function admissionTo(catalog: QueryCatalog): Admission {
  const plan: Admission['plan'] = {
    id: 'plan-bench',
    title: 'bench',
    purpose: 'bench',
    class: 'governance',
    org: CALLER.org,
    author: CALLER.sub,
    tables: [],
    unitsMin: null,
    jobsMax: null,
    rhoMax: null,
    validFrom: '2025-01-01',
    validUntil: '2099-12-31',
    state: 'approved',
    hash: '',
    basis: null,
    decisions: [],
    submittedAt: '',
    revocation: null,
    operator: null,
    joins: null,
    outputs: null,
  };
  const standing = {
    today: '',
    findings: perAttribute(() => ({ isMet: true, missing: null, evidence: [] })),
    covered: [],
    uncovered: [],
    staff: [EVERY_ACCOUNT],
  };
  const asked = { caller: CALLER, action: 'submitJob', plan, standing, catalogueVersion: 0 } as const;
  return { kind: 'admission', ...asked, catalog, policies: '' };
}

function arrivalOf(sql: string): JobArrival {
  const options = { deadlineMs: null, privacy: null };
  const request = { plan: 'plan-bench', sql, idempotencyKey: null, requestSha256: '', sealFor: null, options };
  const { signal } = new AbortController();
  return { id: 'job-bench', caller: CALLER, request, arrivedMs: performance.now(), signal };
}
