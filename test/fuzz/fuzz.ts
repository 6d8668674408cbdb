import { AppError } from '../../policies/errors.ts';
import { type SeededRandom, seededRandom } from '../attack/seeded-random.ts';
import { type GatewayAnswer, openGateway, type SqlGateway } from '../attack/sql-gateway.ts';
import { canariesIn, FUZZED_TABLES } from './canary-city.ts';
import { type HttpPath, openHttpPath } from './http-path.ts';
import { type FuzzQuery, NOTHING_KNOWN, randomQuery } from './random-sql.ts';
import { openRawTables, type RawTables } from './raw-tables.ts';
import { checkAnswer, type Verdict } from './reference-check.ts';
import { disguised, mutated, shrunk } from './sql-noise.ts';

/**
 * Goal: no text makes the gateway leak a protected value, fail, or answer something else than the truth.
 * Method: queries from a grammar over tables with canaries, a third of them mutated; compiler, engine and protector in
 * this process, every `HTTP_EVERY`th also through a real gateway; answers against `reference-check.ts`.
 * Invariants: no canary in an answer, an error or a log; nothing thrown but AppError, no 5xx; every shown value is true
 * and stands for enough units; both ways, and prints and rows, give the same answer.
 */
export interface FuzzOptions {
  readonly queries: number;
  readonly seed: number;
  /** Number of the first query: each depends on the seed and its number alone, so that a run goes on where another was stopped. Default 0. */
  readonly from?: number;
  readonly failed: (failure: Failure) => void;
  /** After each query. */
  readonly progressed?: (done: number, counts: Counts) => void;
  /** Ends the run after the query at hand; the report is of those that were asked. */
  readonly signal?: AbortSignal;
}
export type Counts = Readonly<Record<Failure['kind'], number>>;
export interface Failure {
  /** Number of the query; null of what is found at the end. */
  readonly index: number | null;
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
  /** Texts that were changed after they were made: mostly no queries, and not among those of `acceptance`. */
  readonly mutated: number;
  readonly seed: number;
  readonly from: number;
  readonly queriesPerSecond: number;
  readonly overHttp: number;
  /** Answers each of whose shown rows was looked up in the reference. */
  readonly comparedValues: number;
  /** Of which nothing was withheld, and that were the reference's rows, all of them. */
  readonly comparedWhole: number;
  /** Whose shown groups were counted unit by unit. */
  readonly countedUnits: number;
  /** Answers from prints, each also made without. */
  readonly fromPrints: number;
  /** Answers in mode `dp` whose values were held against their intervals. */
  readonly withinIntervals: number;
  /** By construct: answered of generated, and compared with the reference. */
  readonly acceptance: Readonly<Record<string, string>>;
  readonly neverAnswered: readonly string[];
  readonly refusals: Readonly<Record<string, number>>;
}

const HTTP_EVERY = 40;
const UNITS_EVERY = 12;
const SHRINK_MAX = 12;
const PROTECTED = new RegExp(
  FUZZED_TABLES.flatMap(({ schema: { table } }) => (table === 'pub' ? [] : [table])).join('|'),
);

interface Parts {
  readonly gateway: SqlGateway;
  /** The same tables without prints. */
  readonly unprinted: SqlGateway;
  readonly raw: RawTables;
  readonly http: HttpPath;
}
/** What became of one text on the short way. */
type Outcome =
  | ({ readonly kind: 'answered'; readonly leaks: readonly string[] } & GatewayAnswer)
  | { readonly kind: 'refused'; readonly code: string; readonly leaks: readonly string[] }
  | { readonly kind: 'crashed'; readonly what: string };

export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const parts: Parts = {
    gateway: await openGateway(FUZZED_TABLES),
    unprinted: await openGateway(FUZZED_TABLES.map((table) => ({ ...table, prints: false }))),
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
export async function judgeText(sql: string, keys = 1): Promise<Failure['kind'] | null> {
  const [gateway, raw] = [await openGateway(FUZZED_TABLES), await openRawTables(FUZZED_TABLES)];
  try {
    const outcome = await shortWay(gateway, sql);
    if (outcome.kind === 'crashed') return 'crash';
    if (outcome.leaks.length > 0) return 'canary';
    return (await isWrong({ gateway, raw }, sql, keys)) ? 'mismatch' : null;
  } finally {
    raw.close();
  }
}

/** Whether a shown row of this text is none of those that the engine gives for the same text. */
async function isWrong({ gateway, raw }: Pick<Parts, 'gateway' | 'raw'>, sql: string, keys: number): Promise<boolean> {
  const outcome = await shortWay(gateway, sql);
  const isPublic = !PROTECTED.test(sql);
  const query: FuzzQuery = { ...NOTHING_KNOWN, sql, used: new Set(['LIMIT']), oracle: sql, keys, isPublic };
  return (
    outcome.kind === 'answered' && (await checkAnswer(query, outcome, raw, false, answersOf(gateway))).mismatch !== null
  );
}

class Tally {
  readonly acceptance = new Map<string, { generated: number; answered: number; compared: number }>();
  readonly refusals = new Map<string, number>();
  readonly failures = { canary: 0, crash: 0, mismatch: 0 };
  readonly counts = {
    asked: 0,
    mutated: 0,
    accepted: 0,
    http: 0,
    values: 0,
    whole: 0,
    units: 0,
    prints: 0,
    intervals: 0,
  };

  count(query: FuzzQuery, outcome: Outcome): void {
    const answered = outcome.kind === 'answered';
    if (answered) this.counts.accepted += 1;
    if (outcome.kind === 'refused') this.refusals.set(outcome.code, (this.refusals.get(outcome.code) ?? 0) + 1);
    for (const construct of query.used) {
      const counted = this.of(construct);
      counted.generated += 1;
      if (answered) counted.answered += 1;
    }
  }

  compared({ used }: FuzzQuery, verdict: Verdict): void {
    if (verdict.comparedValues) this.counts.values += 1;
    if (verdict.comparedWhole) this.counts.whole += 1;
    if (verdict.countedUnits) this.counts.units += 1;
    if (verdict.withinIntervals) this.counts.intervals += 1;
    if (!verdict.comparedValues && !verdict.comparedWhole && !verdict.withinIntervals) return;
    for (const construct of used) this.of(construct).compared += 1;
  }

  private of(construct: string) {
    const known = this.acceptance.get(construct) ?? { generated: 0, answered: 0, compared: 0 };
    this.acceptance.set(construct, known);
    return known;
  }
}

async function run(
  parts: Parts,
  { queries, seed, from = 0, failed, progressed, signal }: FuzzOptions,
): Promise<FuzzReport> {
  const random = seededRandom(seed);
  const tally = new Tally();
  const start = performance.now();
  for (let index = from; index < from + queries && signal?.aborted !== true; index += 1) {
    const fail: Fail = async (kind, what, sql, still) => {
      tally.failures[kind] += 1;
      const isShrunk = still !== null && tally.failures[kind] <= SHRINK_MAX;
      failed({ index, kind, what, sql, shrunk: isShrunk ? await shrunk(sql, still) : sql });
    };
    const { query, isMutated } = nextQuery(random.fork(String(index)));
    const outcome = await shortWay(parts.gateway, query.sql);
    tally.counts.asked += 1;
    if (isMutated) tally.counts.mutated += 1;
    else tally.count(query, outcome);
    await judge(parts, query, isMutated, outcome, index, tally, fail);
    if (outcome.kind === 'answered') await compareWithRows(parts, query, outcome, tally, fail);
    if (index % HTTP_EVERY === 0) await compareWays(parts, query.sql, outcome, tally, fail);
    progressed?.(tally.counts.asked, tally.failures);
  }
  for (const name of await parts.http.leaks()) {
    tally.failures.canary += 1;
    failed({ index: null, kind: 'canary', what: `${name} over HTTP or in the log`, sql: '', shrunk: '' });
  }
  return reportOf(tally, seed, from, performance.now() - start);
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

const answersOf = (gateway: SqlGateway) => async (sql: string) => {
  const outcome = await shortWay(gateway, sql);
  return outcome.kind === 'answered' ? outcome : null;
};

async function shortWay(gateway: SqlGateway, sql: string): Promise<Outcome> {
  try {
    const answer = await gateway.ask(sql);
    return { kind: 'answered', ...answer, leaks: canariesIn(JSON.stringify([answer.rows, answer.intervals])) };
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
  const verdict = await checkAnswer(query, outcome, raw, index % UNITS_EVERY === 0, answersOf(gateway));
  tally.compared(query, verdict);
  if (verdict.mismatch === null) return;
  const still = (text: string) => isWrong({ gateway, raw }, text, query.keys);
  await fail('mismatch', verdict.mismatch, sql, (await still(sql)) ? still : null);
}

/** What is made of prints is what is made of the rows, and says the same of what it withholds. */
async function compareWithRows(
  { gateway, unprinted }: Parts,
  { sql, used }: FuzzQuery,
  outcome: Outcome,
  tally: Tally,
  fail: Fail,
): Promise<void> {
  const { cells } = await gateway.compile(sql);
  if (!cells.some((statement) => statement.includes('_print_'))) return;
  tally.counts.prints += 1;
  if (used.has('LIMIT')) return; // which of equal rows are left
  const differs = async (text: string) => {
    const [one, other] = [await shortWay(gateway, text), await shortWay(unprinted, text)];
    return comparable(one) !== comparable(other);
  };
  if (comparable(outcome) !== comparable(await shortWay(unprinted, sql)))
    await fail('mismatch', 'prints and rows give two answers', sql, differs);
}

function comparable(outcome: Outcome): string {
  if (outcome.kind !== 'answered') return outcome.kind;
  const { mode, rows, suppressed } = outcome;
  return JSON.stringify([mode, rows.map((row) => JSON.stringify(row)).sort(), suppressed]);
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
    // The short way has no budget.
    if (outcome.mode === 'dp' && answer.code === 'BUDGET_EXHAUSTED') return;
    await fail('mismatch', `answered on the short way, over HTTP ${answer.code}`, sql, null);
  } else if (
    outcome.kind === 'refused' &&
    answer.code !== outcome.code &&
    (await shortWay(gateway, sql)).kind === 'refused'
  ) {
    await fail('mismatch', `refused by ${outcome.code}, over HTTP by ${answer.code}`, sql, null);
  }
}

function reportOf(
  { counts, failures, acceptance, refusals }: Tally,
  seed: number,
  from: number,
  ms: number,
): FuzzReport {
  const shares = [...acceptance].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    queries: counts.asked,
    canary_leaks: failures.canary,
    crashes: failures.crash,
    mismatches: failures.mismatch,
    accepted: counts.accepted,
    mutated: counts.mutated,
    seed,
    from,
    queriesPerSecond: Math.round(counts.asked / (ms / 1000)),
    overHttp: counts.http,
    comparedValues: counts.values,
    comparedWhole: counts.whole,
    countedUnits: counts.units,
    fromPrints: counts.prints,
    withinIntervals: counts.intervals,
    acceptance: Object.fromEntries(
      shares.map(([name, { generated, answered, compared }]) => [
        name,
        `${answered}/${generated}, ${compared} compared`,
      ]),
    ),
    neverAnswered: shares.flatMap(([name, { answered }]) => (answered === 0 ? [name] : [])),
    refusals: Object.fromEntries([...refusals].sort(([, a], [, b]) => b - a)),
  };
}
