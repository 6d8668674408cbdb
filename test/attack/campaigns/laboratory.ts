import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Level } from '../../../policies/levels.ts';
import type { Cell } from '../../../policies/table-data.ts';
import { readyPlan } from '../../gateway/life/authorise.ts';
import { publish, type RunningGateway, startGateway } from '../../gateway/life/running-gateway.ts';
import type { Rows } from '../attack.ts';
import { csvOf } from '../attacked-table.ts';

/** What an attacker sees of one answer. */
export interface Answer {
  readonly rows: Rows | null;
  readonly code: string | null;
  /** Status, code, columns, what was suppressed, what it took: all that an answer is beside its values, ids, hashes and times. */
  readonly shape: string;
  /** Milliseconds from submission to release, as the job tells them; 0 in an engine without a gateway. */
  readonly lastedMs: number;
}
/** Something that answers SQL: the gateway by its accounts, or a bare engine. */
export type Asked = (sql: string) => Promise<Answer>;

export interface CampaignTable {
  readonly name: string;
  readonly columns: readonly CampaignColumn[];
  readonly rows: readonly (readonly Cell[])[];
}
export interface CampaignColumn {
  readonly name: string;
  readonly type: 'integer' | 'text' | 'decimal';
  readonly role: 'identifier' | 'quasi-identifier' | 'measure' | 'dimension';
  readonly values?: readonly string[];
  readonly bounds?: { readonly min: number; readonly max: number };
  readonly rowsPerUnitMax?: number;
}

export interface Laboratory {
  readonly running: RunningGateway;
  /** Publishes a table of that level for ten accounts of two organisations; the answers come round among them. */
  open(table: CampaignTable, level: Level, rho?: number): Promise<OpenTable>;
  close(): Promise<void>;
}
export interface OpenTable {
  readonly ask: Asked;
  /** Uploads another version. */
  replace(rows: CampaignTable['rows']): Promise<void>;
}

const ACCOUNTS = 10;
const ORGANISATIONS = ['linkong-data', 'other-data'] as const;
const BUSY: readonly (string | null)[] = ['RATE_LIMITED', 'SANDBOX_BUSY'];

/** One real gateway for all campaigns, with the same secrets in every run; each has its own tables, so that none uses up what protects another. */
export async function openLaboratory(): Promise<Laboratory> {
  const running = await startGateway();
  return {
    running,
    open: (table, level, rho) => openTable(running, table, level, rho),
    close: () => running.destroy(),
  };
}

async function openTable(
  running: RunningGateway,
  table: CampaignTable,
  level: Level,
  rho?: number,
): Promise<OpenTable> {
  const options = rho === undefined ? {} : { options: { privacy: { rho } } };
  const schema = schemaOf(table, level);
  const csv = csvOf(schema, table.rows);
  const { provider, bureau, developer } = await publish(running, { schema, csv }, { plan: `${table.name}-0` });
  const other = await running.token('developer', 'olga', ORGANISATIONS[1]);
  await approvePlan(running, { developer: other, provider, bureau }, `${table.name}-1`, schema);
  const accounts = await Promise.all(
    Array.from({ length: ACCOUNTS }, async (_, i) => ({
      token: i === 0 ? developer : await running.token('developer', `attacker-${i}`, ORGANISATIONS[i % 2]!),
      plan: `${table.name}-${i % 2}`,
    })),
  );
  let turn = 0;
  return {
    async ask(sql) {
      const { token, plan } = accounts[turn++ % ACCOUNTS]!;
      return submit(running, token, { plan, sql, ...options });
    },
    async replace(rows) {
      const path = `/v1/resources/${table.name}/data`;
      const put = await running.request(provider, 'PUT', path, csvOf(schema, rows), { 'content-type': 'text/csv' });
      if (!put.ok) throw new Error(await put.text());
    },
  };
}

function schemaOf({ name, columns }: CampaignTable, level: Level) {
  return {
    table: name,
    level,
    columns: columns.map((column) => ({
      ...column,
      title: { zh: column.name, en: column.name },
      level,
      nullable: false,
      ...(column.role === 'identifier' ? { unit: 'person' } : {}),
    })),
  };
}

async function approvePlan(
  running: RunningGateway,
  tokens: Readonly<Record<'developer' | 'provider' | 'bureau', string>>,
  id: string,
  schema: { readonly table: string; readonly columns: readonly { readonly name: string }[] },
): Promise<void> {
  const tables = [{ resource: schema.table, columns: schema.columns.map(({ name }) => name) }];
  const valid = { validFrom: '2020-01-01', validUntil: '2099-12-31' };
  const plan = { id, title: 'test', purpose: 'test', class: 'governance', tables, ...valid };
  const verdict = { verdict: 'approve', comment: '' };
  const steps = [
    [tokens.developer, '/v1/plans', plan],
    [tokens.provider, `/v1/plans/${id}/decisions`, verdict],
    [tokens.bureau, `/v1/plans/${id}/decisions`, verdict],
  ] as const;
  for (const [token, path, body] of steps) {
    const response = await running.request(token, 'POST', path, body);
    if (!response.ok) throw new Error(await response.text());
  }
  await readyPlan(running, id);
}

interface JobBody {
  readonly state?: string;
  readonly code?: string;
  readonly problem?: { readonly code: string } | null;
  readonly result?: {
    readonly rows: Rows;
    readonly columns: readonly { readonly name: string; readonly type: unknown; readonly mode: string }[];
    readonly suppressed: unknown;
    readonly rowCount: number;
    readonly intervals: Readonly<Record<string, readonly unknown[]>>;
    readonly cost: { readonly rho: number };
  } | null;
  readonly createdAt?: string;
  readonly finishedAt?: string | null;
}

async function submit(running: RunningGateway, token: string, request: object): Promise<Answer> {
  for (;;) {
    const response = await running.request(token, 'POST', '/v1/jobs', request, { prefer: 'wait=60' });
    const body = (await response.json()) as JobBody;
    const answer = answerOf(response.status, body);
    if (!BUSY.includes(answer.code)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function answerOf(status: number, { state, result, ...body }: JobBody): Answer {
  const code = body.code ?? body.problem?.code ?? null;
  const columns = result?.columns.map(({ name, type, mode }) => [name, type, mode]);
  const lastedMs = body.finishedAt ? Date.parse(body.finishedAt) - Date.parse(body.createdAt ?? '') : 0;
  const { suppressed, cost, rowCount, intervals = {} } = result ?? {};
  // Mode `dp`: how many rows, what they took, and which values have an interval. How wide it is, is a value.
  const known = Object.entries(intervals).map(([name, cells]) => [name, cells.map((cell) => cell !== null)]);
  const taken = cost === undefined || cost.rho === 0 ? {} : { rho: cost.rho, rowCount, known };
  const shape = JSON.stringify({ status, code, state, columns, suppressed, ...taken });
  return { rows: result?.rows ?? null, code, shape, lastedMs };
}

/** The same table straight in DuckDB: protection off. An error's text is the answer's shape. */
export async function openBare(table: CampaignTable): Promise<{ readonly ask: Asked; readonly close: () => void }> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await fill(connection, table);
  const ask: Asked = async (sql) => {
    const start = performance.now();
    try {
      const read = await connection.runAndReadAll(sql);
      const rows = read.getRowsJson().map((row) => row.map(numeric));
      return { rows, code: null, shape: JSON.stringify(read.columnNames()), lastedMs: performance.now() - start };
    } catch (error) {
      return { rows: null, code: 'ENGINE_ERROR', shape: String(error), lastedMs: performance.now() - start };
    }
  };
  return { ask, close: () => instance.closeSync() };
}

const ENGINE_TYPES = { integer: 'BIGINT', text: 'VARCHAR', decimal: 'DOUBLE' } as const;

async function fill(connection: DuckDBConnection, { name, columns, rows }: CampaignTable): Promise<void> {
  await connection.run(`CREATE TABLE ${name} (${columns.map((c) => `${c.name} ${ENGINE_TYPES[c.type]}`).join(', ')})`);
  const literal = (cell: Cell) => (typeof cell === 'string' ? `'${cell}'` : String(cell));
  for (let from = 0; from < rows.length; from += 2_000) {
    const lists = rows.slice(from, from + 2_000).map((row) => `(${row.map(literal).join(', ')})`);
    await connection.run(`INSERT INTO ${name} VALUES ${lists.join(', ')}`);
  }
}

/** DuckDB gives large integers and decimals as text in JSON. */
function numeric(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

/** Runs a procedure against the table with the protection off. */
export async function unprotected<T>(table: CampaignTable, run: (ask: Asked) => Promise<T>): Promise<T> {
  const bare = await openBare(table);
  try {
    return await run(bare.ask);
  } finally {
    bare.close();
  }
}

const IN_FLIGHT = 16;

/** Asks many queries at once, answers in their order. */
export async function askAll(ask: Asked, queries: readonly string[]): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  const worker = async () => {
    while (next < queries.length) {
      const index = next++;
      answers[index] = await ask(queries[index]!);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return answers;
}
