import { AppError } from '../../policies/errors.ts';
import { type SeededRandom, seededRandom } from '../attack/seeded-random.ts';
import { openGateway, type SqlGateway } from '../attack/sql-gateway.ts';
import { canariesIn, FUZZED_TABLES } from './canary-city.ts';
import { type HttpPath, openHttpPath } from './http-path.ts';
import { type FuzzQuery, randomQuery } from './random-sql.ts';
import { openRawTables, type RawRows, type RawTables } from './raw-tables.ts';
import { checkAnswer } from './reference-check.ts';
import { disguised, mutated, shrunk } from './sql-noise.ts';

/**
 * Goal: no text makes the gateway leak a protected value, fail, or answer something else than the truth.
 * Method: queries from a grammar over tables with canaries, a third of them mutated; compiler, engine and protector in
 * this process, every `HTTP_EVERY`th also through a real gateway; answers against `reference-check.ts`.
 * Invariants: no canary in an answer, an error or a log; nothing thrown but AppError, no 5xx; every shown value is true
 * and stands for enough persons; both ways give the same answer.
 */
export interface FuzzOptions {
  readonly queries: number;
  readonly seed: number;
  readonly failed: (failure: Failure) => void;
}
export interface Failure {
  readonly kind: 'canary' | 'crash' | 'mismatch';
  readonly what: string;
  readonly sql: string;
  readonly shrunk: string;
}
export interface FuzzReport {
  readonly queries: number;
  readonly canary_leaks: number;
  readonly crashes: number;
  readonly mismatches: number;
  readonly accepted: number;
  readonly seed: number;
  readonly queriesPerSecond: number;
  readonly overHttp: number;
  readonly comparedValues: number;
  readonly countedPersons: number;
  /** Answered of generated, by construct. */
  readonly acceptance: Readonly<Record<string, string>>;
  readonly refusals: Readonly<Record<string, number>>;
}

const HTTP_EVERY = 40;
const PERSONS_EVERY = 12;
const SHRINK_MAX = 12;

interface Parts {
  readonly gateway: SqlGateway;
  readonly raw: RawTables;
  readonly http: HttpPath;
}
/** What became of one text on the short way. */
type Outcome =
  | { readonly kind: 'answered'; readonly mode: string; readonly rows: RawRows; readonly leaks: readonly string[] }
  | { readonly kind: 'refused'; readonly code: string; readonly leaks: readonly string[] }
  | { readonly kind: 'crashed'; readonly what: string };

export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const parts: Parts = {
    gateway: await openGateway(FUZZED_TABLES),
    raw: await openRawTables(FUZZED_TABLES),
    http: await openHttpPath(FUZZED_TABLES),
  };
  try {
    return await run(parts, options);
  } finally {
    parts.raw.close();
    await parts.http.close();
  }
}

/** What is wrong with the answer to one text, compared as it stands: for the failures that are known. */
export async function judgeText(sql: string): Promise<Failure['kind'] | null> {
  const [gateway, raw] = [await openGateway(FUZZED_TABLES), await openRawTables(FUZZED_TABLES)];
  try {
    const outcome = await shortWay(gateway, sql);
    if (outcome.kind === 'crashed') return 'crash';
    if (outcome.leaks.length > 0) return 'canary';
    return (await isWrong({ gateway, raw }, sql, 1)) ? 'mismatch' : null;
  } finally {
    raw.close();
  }
}

/** Whether a shown row of this text is none of those that the engine gives for the same text. */
async function isWrong({ gateway, raw }: Pick<Parts, 'gateway' | 'raw'>, sql: string, keys: number): Promise<boolean> {
  const outcome = await shortWay(gateway, sql);
  const isPublic = !/person|visit/.test(sql);
  const query: FuzzQuery = { sql, used: new Set(['LIMIT']), oracle: sql, probe: null, keys, isPublic };
  return outcome.kind === 'answered' && (await checkAnswer(query, outcome, raw, false)).mismatch !== null;
}

class Tally {
  readonly acceptance = new Map<string, [answered: number, generated: number]>();
  readonly refusals = new Map<string, number>();
  readonly counts = { canary: 0, crash: 0, mismatch: 0, accepted: 0, http: 0, values: 0, persons: 0 };

  count(query: FuzzQuery, outcome: Outcome): void {
    const answered = outcome.kind === 'answered';
    if (answered) this.counts.accepted += 1;
    if (outcome.kind === 'refused') this.refusals.set(outcome.code, (this.refusals.get(outcome.code) ?? 0) + 1);
    for (const construct of query.used) {
      const [yes, all] = this.acceptance.get(construct) ?? [0, 0];
      this.acceptance.set(construct, [yes + (answered ? 1 : 0), all + 1]);
    }
  }
}

async function run(parts: Parts, { queries, seed, failed }: FuzzOptions): Promise<FuzzReport> {
  const random = seededRandom(seed);
  const tally = new Tally();
  const start = performance.now();
  const fail = async (
    kind: Failure['kind'],
    what: string,
    sql: string,
    still: ((text: string) => Promise<boolean>) | null,
  ) => {
    tally.counts[kind] += 1;
    const isShrunk = still !== null && tally.counts[kind] <= SHRINK_MAX;
    failed({ kind, what, sql, shrunk: isShrunk ? await shrunk(sql, still) : sql });
  };
  for (let i = 0; i < queries; i += 1) {
    const { query, isMutated } = nextQuery(random);
    const outcome = await shortWay(parts.gateway, query.sql);
    if (!isMutated) tally.count(query, outcome);
    await judge(parts, query, isMutated, outcome, i, tally, fail);
    if (i % HTTP_EVERY === 0) await compareWays(parts, query.sql, outcome, tally, fail);
  }
  for (const name of await parts.http.leaks()) await fail('canary', `${name} over HTTP or in the log`, '', null);
  return reportOf(tally, queries, seed, performance.now() - start);
}

type Fail = (
  kind: Failure['kind'],
  what: string,
  sql: string,
  still: ((text: string) => Promise<boolean>) | null,
) => Promise<void>;

function nextQuery(random: SeededRandom): { readonly query: FuzzQuery; readonly isMutated: boolean } {
  const query = randomQuery(random);
  switch (random.below(6)) {
    case 0:
    case 1:
      return { query: { ...query, sql: mutated(query.sql, random) }, isMutated: true };
    case 2:
      return { query: { ...query, sql: disguised(query.sql, random) }, isMutated: false };
    default:
      return { query, isMutated: false };
  }
}

async function shortWay(gateway: SqlGateway, sql: string): Promise<Outcome> {
  try {
    const { mode, rows } = await gateway.ask(sql);
    return { kind: 'answered', mode, rows, leaks: canariesIn(JSON.stringify(rows)) };
  } catch (error) {
    if (!(error instanceof AppError)) return { kind: 'crashed', what: String(error).split('\n')[0]!.slice(0, 300) };
    return {
      kind: 'refused',
      code: error.code,
      leaks: canariesIn(JSON.stringify([error.message, error.facts, error.place])),
    };
  }
}

async function judge(
  { gateway, raw }: Parts,
  query: FuzzQuery,
  isMutated: boolean,
  outcome: Outcome,
  index: number,
  tally: Tally,
  fail: Fail,
): Promise<void> {
  const { sql } = query;
  if (outcome.kind === 'crashed') {
    await fail('crash', outcome.what, sql, async (text) => (await shortWay(gateway, text)).kind === 'crashed');
    return;
  }
  if (outcome.leaks.length > 0) {
    await fail('canary', outcome.leaks.join(), sql, async (text) => {
      const again = await shortWay(gateway, text);
      return again.kind !== 'crashed' && again.leaks.length > 0;
    });
  }
  if (outcome.kind !== 'answered' || isMutated) return;
  const verdict = await checkAnswer(query, outcome, raw, index % PERSONS_EVERY === 0);
  if (verdict.comparedValues) tally.counts.values += 1;
  if (verdict.countedPersons) tally.counts.persons += 1;
  if (verdict.mismatch === null) return;
  const still = (text: string) => isWrong({ gateway, raw }, text, query.keys);
  await fail('mismatch', verdict.mismatch, sql, (await still(sql)) ? still : null);
}

/** The whole way must end as the short one did. */
async function compareWays(
  { gateway, http }: Parts,
  sql: string,
  outcome: Outcome,
  tally: Tally,
  fail: Fail,
): Promise<void> {
  tally.counts.http += 1;
  const answer = await http.ask(sql);
  if (answer.status >= 500 || answer.code === 'SANDBOX_FAILED') {
    await fail('crash', `HTTP ${answer.status} ${answer.code}`, sql, null);
  } else if (sql.includes('\u0000')) {
    // The short way's parser reads as far as the null byte; the gateway takes no such text.
    if (answer.code !== 'REQUEST_INVALID')
      await fail('mismatch', `a null byte, over HTTP ${answer.code ?? 'answered'}`, sql, null);
  } else if (outcome.kind === 'answered' && answer.rows === null) {
    await fail('mismatch', `answered on the short way, over HTTP ${answer.code}`, sql, null);
  } else if (
    outcome.kind === 'refused' &&
    answer.code !== outcome.code &&
    (await shortWay(gateway, sql)).kind === 'refused'
  ) {
    await fail('mismatch', `refused by ${outcome.code}, over HTTP by ${answer.code}`, sql, null);
  }
}

function reportOf({ counts, acceptance, refusals }: Tally, queries: number, seed: number, ms: number): FuzzReport {
  const shares = [...acceptance].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    queries,
    canary_leaks: counts.canary,
    crashes: counts.crash,
    mismatches: counts.mismatch,
    accepted: counts.accepted,
    seed,
    queriesPerSecond: Math.round(queries / (ms / 1000)),
    overHttp: counts.http,
    comparedValues: counts.values,
    countedPersons: counts.persons,
    acceptance: Object.fromEntries(shares.map(([name, [yes, all]]) => [name, `${yes}/${all}`])),
    refusals: Object.fromEntries([...refusals].sort(([, a], [, b]) => b - a)),
  };
}
