import type { Cell } from '../../policies/table-data.ts';
import type { StoredTable } from '../attack/sql-gateway.ts';
import { readyPlan } from '../gateway/life/authorise.ts';
import { publish, type RunningGateway, startGateway } from '../gateway/life/running-gateway.ts';
import { canariesIn } from './canary-city.ts';

/** The same tables behind a real gateway: a share of the queries takes the whole way. */
export interface HttpPath {
  ask(sql: string): Promise<HttpAnswer>;
  /** Canaries in responses, in the log and in every file of the home so far. */
  leaks(): Promise<readonly string[]>;
  close(): Promise<void>;
}
export interface HttpAnswer {
  readonly status: number;
  readonly code: string | null;
  readonly rows: readonly (readonly unknown[])[] | null;
}

const PLAN = 'fuzzed';

const field = (cell: Cell): string =>
  typeof cell === 'string' ? `"${cell.replaceAll('"', '""')}"` : String(cell ?? '');

export async function openHttpPath(tables: readonly StoredTable[]): Promise<HttpPath> {
  const running = await startGateway();
  let tokens: Awaited<ReturnType<typeof publish>> | null = null;
  for (const { schema, rows } of tables) {
    const names = schema.columns.map(({ name }) => name);
    const lines = rows.map((row) => names.map((name) => field(row[name] ?? null)).join(','));
    tokens = await publish(
      running,
      { schema, csv: `${[names.join(','), ...lines].join('\n')}\n` },
      { plan: `${schema.table}-alone` },
    );
  }
  const { developer, provider, bureau } = tokens!;
  await planOver(running, tables, { developer, provider, bureau });
  const leaked: string[] = [];
  return {
    async ask(sql) {
      const response = await running.request(developer, 'POST', '/v1/jobs', { plan: PLAN, sql }, { prefer: 'wait=60' });
      const text = await response.text();
      leaked.push(...canariesIn(text), ...canariesIn(JSON.stringify([...response.headers])));
      const body = JSON.parse(text) as {
        code?: string;
        problem?: { code: string } | null;
        result?: { rows: HttpAnswer['rows'] } | null;
      };
      return {
        status: response.status,
        code: body.code ?? body.problem?.code ?? null,
        rows: body.result?.rows ?? null,
      };
    },
    async leaks() {
      const security = await running.token('security', 'erin', 'security-office');
      const log = await running.request(security, 'GET', '/v1/audit/entries?limit=200');
      return [...leaked, ...canariesIn(await log.text())];
    },
    close: () => running.destroy(),
  };
}

async function planOver(
  running: RunningGateway,
  tables: readonly StoredTable[],
  tokens: Readonly<Record<'developer' | 'provider' | 'bureau', string>>,
): Promise<void> {
  const content = {
    id: PLAN,
    title: 'fuzz',
    purpose: 'fuzz',
    class: 'governance',
    tables: tables.map(({ schema }) => ({ resource: schema.table, columns: schema.columns.map(({ name }) => name) })),
    validFrom: '2020-01-01',
    validUntil: '2099-12-31',
  };
  const verdict = { verdict: 'approve', comment: '' };
  for (const [token, path, body] of [
    [tokens.developer, '/v1/plans', content],
    [tokens.provider, `/v1/plans/${PLAN}/decisions`, verdict],
    [tokens.bureau, `/v1/plans/${PLAN}/decisions`, verdict],
  ] as const) {
    const response = await running.request(token, 'POST', path, body);
    if (!response.ok) throw new Error(await response.text());
  }
  await readyPlan(running, PLAN);
}
