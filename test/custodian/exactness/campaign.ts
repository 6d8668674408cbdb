import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { CipherScheme } from '#policies';
import { seededWords } from '../../../bench/seeded-words.ts';
import { DEFAULT_CUSTODIAN_POLICY } from '../../../gateway/custodian/custodian-policy.ts';
import { type CustodyCity, custodyCity } from '../../gateway/life/custody-city.ts';
import { type ExactQuery, exactQueries } from './queries.ts';
import { exactnessTables, plainTables } from './tables.ts';

/**
 * Goal: what comes out of SQL, gateway, engine and custodian is what the plain data say, to the last digit, once the noise is away.
 * Method: generated queries, asked over HTTP of a gateway over ciphertext and of an engine over the plain tables. A custodian is built whose
 * noise is zero and whose rules about sets are out, since neighbouring questions are what they stand against: by injection, there is no
 * setting for it. Budgets are as in life; the test writes the gateway's account anew when it is used up.
 * Control: held against plain data of which every seventh age is left out, the same answers differ.
 */
export interface ExactnessSummary {
  readonly scheme: CipherScheme;
  readonly seed: string;
  readonly queries: number;
  /** Groups times values that were compared, and how many of them came out of a custodian as numbers. */
  readonly cells: number;
  readonly shown: number;
  readonly differing: readonly string[];
  readonly refused: readonly string[];
  /** Queries whose answers differ from those of fewer rows: the check can fail. */
  readonly controls: number;
  readonly msPerQuery: number;
}

/** As many as a person's budget bears for certain. */
const QUERIES_A_BUDGET = 20;
const AMPLE = { datasetRho: 1e5, planRho: 1e5, openingRho: 1e5, openingsPerMinute: 1e6 };
const SILENT = { take: (_: unknown, count: number) => Array.from({ length: count }, () => 0n) };

export async function runExactness(
  scheme: CipherScheme,
  seed: bigint,
  count: number,
  report: (query: { readonly sql: string; readonly problem: string | null }) => void,
): Promise<ExactnessSummary> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-exact-'));
  const policy = { ...DEFAULT_CUSTODIAN_POLICY, ...AMPLE };
  const instead = { noise: SILENT, setChecks: [] };
  let tables: ReturnType<typeof exactnessTables> = [];
  const city = await custodyCity({
    scheme,
    policy,
    instead,
    tables: (encryption) => {
      tables = exactnessTables(encryption);
      return tables;
    },
  });
  try {
    const plain = await plainTables(tables, dir);
    const tally: Tally = { cells: 0, shown: 0, controls: 0, differing: [], refused: [] };
    const startedMs = performance.now();
    for (const [at, query] of exactQueries(seededWords(seed), count).entries()) {
      if (at % QUERIES_A_BUDGET === 0) await renewBudget(city);
      const before = tally.differing.length + tally.refused.length;
      await compare(city, plain, query, tally);
      const isGood = tally.differing.length + tally.refused.length === before;
      report({ sql: sqlOf(query), problem: isGood ? null : 'differs or is refused' });
    }
    const msPerQuery = Math.round((performance.now() - startedMs) / count);
    return { scheme, seed: String(seed), queries: count, msPerQuery, ...tally };
  } finally {
    await city.destroy();
    await rm(dir, { recursive: true, force: true });
  }
}

interface Tally {
  cells: number;
  shown: number;
  controls: number;
  readonly differing: string[];
  readonly refused: string[];
}

/** WHY: 1,000 questions cost more than any dataset's budget, and the budget is not what is looked at. */
async function renewBudget({ running }: CustodyCity): Promise<void> {
  const { store } = running.gateway.deps;
  await store.commit((tx) => tx.client.exec('UPDATE ledger_accounts SET spent = 0'));
}

export function sqlOf({ keys, values, from }: ExactQuery): string {
  const select = [...keys, ...values.map(({ sql }, at) => `${sql} AS v${at}`)].join(', ');
  return `SELECT ${select} ${from}${keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`}`;
}

async function compare(city: CustodyCity, plain: DuckDBConnection, query: ExactQuery, tally: Tally): Promise<void> {
  const sql = sqlOf(query);
  const { body } = await city.ask(sql);
  const expected = await plainAnswers(plain, query);
  const isOfNothing = [...expected.values()].flat().every((value) => value === null);
  if (isOfNothing && body.code === 'CUSTODIAN_REFUSED') return; // of sets without rows nothing can be opened
  if (body.state !== 'finished' || body.result?.mode !== 'homomorphic') {
    tally.refused.push(`${sql}: ${body.code} ${body.detail} ${body.result?.mode}`);
    return;
  }
  const fewer = await plainAnswers(plain, { ...query, from: withFewerRows(query.from) });
  let isTold = false;
  for (const row of body.result.rows) {
    const label = JSON.stringify(row.slice(0, query.keys.length));
    const values = expected.get(label);
    for (const [at, { isWhole }] of query.values.entries()) {
      const [got, want] = [row[query.keys.length + at] ?? null, values?.[at] ?? null];
      tally.cells += 1;
      if (got !== null) tally.shown += 1;
      isTold ||= !isSame(got as number | null, fewer.get(label)?.[at] ?? null, isWhole);
      if (!isSame(got as number | null, want, isWhole)) tally.differing.push(`${sql} ${label}: ${got}, not ${want}`);
    }
  }
  if (isTold) tally.controls += 1;
}

const withFewerRows = (from: string): string => `${from}${from.includes(' WHERE ') ? ' AND' : ' WHERE'} age % 7 <> 3`;

/** Of a group without rows nothing is opened. */
function isSame(got: number | null, want: number | null, isWhole: boolean): boolean {
  if (got === null || want === null || isWhole) return got === want;
  return Math.abs(got - want) <= 1e-9 * Math.max(1, Math.abs(want));
}

async function plainAnswers(
  plain: DuckDBConnection,
  { keys, values, from }: ExactQuery,
): Promise<ReadonlyMap<string, readonly (number | null)[]>> {
  const numbers = values.flatMap((one) => one.plain.map((text) => `CAST(${text} AS HUGEINT)`));
  const select = [...keys, 'count(*)', ...numbers].join(', ');
  const group = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`;
  const reader = await plain.runAndReadAll(`SELECT ${select} ${from}${group}`);
  return new Map(
    reader.getRows().map((row): [string, readonly (number | null)[]] => {
      const [rows, ...whole] = row.slice(keys.length) as [bigint, ...(bigint | null)[]];
      let at = 0;
      const answers = values.map(({ plain: parts, value }) => {
        const own = whole.slice(at, at + parts.length).map((one) => one ?? 0n);
        at += parts.length;
        return rows === 0n ? null : value(own);
      });
      return [JSON.stringify(row.slice(0, keys.length)), answers];
    }),
  );
}
