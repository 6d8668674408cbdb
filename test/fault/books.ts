import Database from 'better-sqlite3';

/**
 * The store as it lies in its file, read with plain SQL and judged by rules that are written here a second time: nothing of the
 * gateway's own accounting is used.
 */
export interface Store {
  readonly entries: readonly LogEntry[];
  readonly entryBytes: readonly Buffer[];
  readonly accounts: readonly { readonly account: string; readonly spent: number; readonly reserved: number }[];
  readonly overLimit: readonly string[];
  readonly jobs: ReadonlyMap<string, StoredJob>;
}
export interface LogEntry {
  readonly kind: string;
  readonly job?: string;
  readonly plan?: string;
  readonly who?: { readonly org: string; readonly sub: string };
  readonly decision?: string;
  readonly code?: string;
  readonly note?: string;
  readonly resultSha256?: string;
  readonly timingClass?: string;
  readonly budget?: { readonly charges?: readonly Charge[] };
}
interface Charge {
  readonly resource: string;
  readonly unit: string;
  readonly rho: number;
  readonly delta: number;
}
export interface StoredJob {
  readonly state: string;
  readonly result: Buffer | null;
}

export function readStore(path: string): Store {
  const db = new Database(path, { readonly: true });
  try {
    const rows = db
      .prepare<[], { bytes: Buffer; org: string | null; sub: string | null }>(
        `SELECT bytes, org, sub FROM audit_entries LEFT JOIN audit_openings
         ON audit_openings.idx = audit_entries.idx AND part = 'who' ORDER BY audit_entries.idx`,
      )
      .all();
    const jobs = db
      .prepare<[], { id: string; state: string; json: Buffer | null }>(
        'SELECT id, state, json FROM jobs LEFT JOIN job_results ON job = id',
      )
      .all();
    return {
      entryBytes: rows.map(({ bytes }) => bytes),
      entries: rows.map(entryOf),
      accounts: db.prepare<[], Store['accounts'][number]>('SELECT account, spent, reserved FROM ledger_accounts').all(),
      overLimit: db
        .prepare<[], string>('SELECT account FROM ledger_accounts WHERE spent + reserved > "limit"')
        .pluck()
        .all(),
      jobs: new Map(jobs.map(({ id, state, json }) => [id, { state, result: json }])),
    };
  } finally {
    db.close();
  }
}

/** The entry says whom it names by a commitment; the names lie beside it. */
function entryOf({ bytes, org, sub }: { bytes: Buffer; org: string | null; sub: string | null }): LogEntry {
  const entry = JSON.parse(bytes.toString('utf8')) as LogEntry;
  return org === null || sub === null ? entry : { ...entry, who: { org, sub } };
}

export interface BookFaults {
  /** Accounts that hold more than the log says was charged, or more than their limit. */
  readonly overspend: readonly string[];
  /** Accounts that hold less. */
  readonly underspent: readonly string[];
  /** Jobs that began and have not exactly one outcome, or one without a time; reservations that nobody settled. */
  readonly unfinished: readonly string[];
}

const UNITS_PER_RHO = 1e9;
const UNITS_PER_DELTA = 1e18;

/** What is charged is rounded up to a unit, charge by charge. */
interface Expected {
  amount: number;
  charges: number;
}

export function auditBooks({ entries, accounts, overLimit, jobs }: Store): BookFaults {
  const expected = expectedOf(entries);
  const overspend = [...overLimit];
  const underspent: string[] = [];
  for (const { account, spent } of accounts) {
    const { amount, charges } = expected.get(account) ?? { amount: 0, charges: 0 };
    if (spent > amount + charges) overspend.push(account);
    if (spent < amount - 0.5) underspent.push(account);
    expected.delete(account);
  }
  underspent.push(...[...expected].filter(([, { amount }]) => amount > 0).map(([account]) => account));
  const unfinished = accounts.filter(({ reserved }) => reserved > 0).map(({ account }) => `reserved: ${account}`);
  const outcomes = Map.groupBy(
    entries.filter(({ kind }) => kind === 'outcome'),
    ({ job }) => job,
  );
  for (const { job } of entries.filter(({ kind }) => kind === 'intent')) {
    if (outcomes.get(job)?.length !== 1) unfinished.push(`outcomes: ${job}`);
  }
  for (const { job, timingClass } of entries) {
    if (timingClass !== undefined && !/^<\d+ms$/.test(timingClass)) unfinished.push(`timing ${timingClass}: ${job}`);
  }
  for (const [id, { state }] of jobs) if (state === 'queued' || state === 'running') unfinished.push(`${state}: ${id}`);
  return { overspend, underspent, unfinished };
}

/** Each intent in the log is one job of its plan, and takes its charges from five accounts each. */
function expectedOf(entries: readonly LogEntry[]): Map<string, Expected> {
  const expected = new Map<string, Expected>();
  const add = (account: string, amount: number, roundings: number) => {
    const held = expected.get(account) ?? { amount: 0, charges: 0 };
    expected.set(account, { amount: held.amount + amount, charges: held.charges + roundings });
  };
  for (const { kind, plan = '', who, budget } of entries) {
    if (kind !== 'intent' || who === undefined) continue;
    add(`plan:${plan}:jobs`, UNITS_PER_RHO, 0);
    for (const { resource, unit, rho, delta } of budget?.charges ?? []) {
      const named = (...whose: string[]) => `privacy:${JSON.stringify([resource, unit, ...whose])}`;
      for (const account of [
        named('analyst', who.org, who.sub),
        named('plan', plan),
        named('organisation', who.org),
        named('resource'),
      ]) {
        add(account, rho * UNITS_PER_RHO, 1);
      }
      add(named('selection'), delta * UNITS_PER_DELTA, 1);
    }
  }
  return expected;
}
