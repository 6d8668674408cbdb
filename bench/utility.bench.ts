/**
 * Goal: what the differencing guard and the cap on distinct sets take from ordinary analysts: the share of values that the
 * threshold would show and that are hidden, in mode `aggregate`.
 * Not a goal: attacks (`npm run test:attack`); time.
 * Method: dashboards over two seeded towns, through compiler, engine and protector, all answers in one history: every
 * grouping by one and two attributes, some by three, drill-downs into each district, filters, shares and equal sets by other
 * words. Each text is judged with an empty history (the reference), in the run without a cap, and in the run with the profile's.
 */
import { createHash } from 'node:crypto';
import { DEFAULT_PROFILE, type DistinctLimit, type PolicyProfile } from '../policies/index.ts';
import { seededRandom } from '../test/attack/seeded-random.ts';
import { openGateway, type StoredTable } from '../test/attack/sql-gateway.ts';
import { freshMemory } from '../test/policies/release/fresh-memory.ts';

const SEED = 20_261_127;
type Mode = 'aggregate' | 'perturbed';

export default async function run({ tiny, log }: { readonly tiny: boolean; readonly log: (line: string) => void }) {
  const figures: Record<string, unknown> = {};
  for (const people of tiny ? [400] : [2_000, 20_000])
    for (const mode of ['aggregate', 'perturbed'] as const) {
      const loss = await lossOf(people, mode, tiny, DEFAULT_PROFILE.distinctSets[mode], log);
      figures[`${mode}_${people}`] = loss;
    }
  const digest = createHash('sha256').update(JSON.stringify(figures)).digest('hex').slice(0, 16);
  return { ...figures, seed: SEED, result_sha256: digest };
}

/** Shares of the values that an empty history shows. */
async function lossOf(people: number, mode: Mode, tiny: boolean, limit: DistinctLimit, log: (line: string) => void) {
  const unlimited = { least: Number.POSITIVE_INFINITY, rowsPerSet: 1 };
  const [reference, guarded, capped] = await Promise.all(
    [null, unlimited, limit].map(async (one) => {
      const distinctSets = { ...DEFAULT_PROFILE.distinctSets, [mode]: one ?? unlimited };
      const profile: PolicyProfile = { ...DEFAULT_PROFILE, distinctSets };
      return openGateway([townOf(people, mode)], profile, undefined, one === null ? null : freshMemory());
    }),
  );
  const kinds = new Map<string, { values: number; guard: number; cap: number }>();
  for (const { kind, sql } of seededRandom(SEED)
    .shuffle(dashboards())
    .slice(0, tiny ? 25 : undefined)) {
    const [all, near, left] = [await reference!.ask(sql), await guarded!.ask(sql), await capped!.ask(sql)];
    const [values, afterGuard, afterCap] = [all, near, left].map((answer) =>
      answer.rows.map(shownIn).reduce((a, b) => a + b, 0),
    );
    const sum = kinds.get(kind) ?? { values: 0, guard: 0, cap: 0 };
    kinds.set(kind, {
      values: sum.values + values!,
      guard: sum.guard + values! - afterGuard!,
      cap: sum.cap + afterGuard! - afterCap!,
    });
  }
  const all = [...kinds.values()].reduce((a, b) => ({
    values: a.values + b.values,
    guard: a.guard + b.guard,
    cap: a.cap + b.cap,
  }));
  for (const [kind, sum] of [...kinds, ['all', all] as const])
    log(
      `${mode} ${people} ${kind}: ${sum.values} values, near ${share(sum.guard, sum.values)}, cap ${share(sum.cap, sum.values)}`,
    );
  return {
    values: all.values,
    hidden_as_near: share(all.guard, all.values),
    hidden_by_cap: share(all.cap, all.values),
  };
}

const share = (part: number, whole: number): number => Number((part / whole).toFixed(4));
const shownIn = (row: readonly unknown[]): number => row.filter((value) => typeof value === 'number').length;

const ATTRIBUTES = ['district', 'street', 'age // 10', 'sex', 'education', 'job', 'insured'] as const;

function dashboards(): readonly { readonly kind: string; readonly sql: string }[] {
  const pairs = ATTRIBUTES.flatMap((a, i) => ATTRIBUTES.slice(i + 1).map((b) => `${a}, ${b}`));
  const triples = [
    'district, sex, age // 10',
    'district, education, sex',
    'age // 10, sex, job',
    'district, job, insured',
  ];
  const over = (keys: string, where = '') =>
    `SELECT ${keys}, count(*), avg(income) FROM town ${where} GROUP BY ${keys}`;
  const districts = Array.from({ length: 8 }, (_, i) => `district = 'd${i}'`);
  const narrow = ['sex', 'age // 10', 'education', 'job'];
  const filters = [
    'age >= 60',
    'age < 18',
    "sex = 'f'",
    'insured = 0',
    'income > 80000',
    "education = 'e0'",
    "job = 'j3'",
  ];
  return [
    ...[...ATTRIBUTES].map((keys) => ({ kind: 'one key', sql: over(keys) })),
    ...pairs.map((keys) => ({ kind: 'two keys', sql: over(keys) })),
    ...triples.map((keys) => ({ kind: 'three keys', sql: over(keys) })),
    ...districts.flatMap((where) => [
      { kind: 'drill-down', sql: `SELECT count(*), avg(income) FROM town WHERE ${where}` },
      ...narrow.map((keys) => ({ kind: 'drill-down', sql: over(keys, `WHERE ${where}`) })),
    ]),
    ...filters.flatMap((where) => [
      { kind: 'filter', sql: `SELECT count(*), avg(income) FROM town WHERE ${where}` },
      ...['district', 'street', 'job'].map((keys) => ({ kind: 'filter', sql: over(keys, `WHERE ${where}`) })),
    ]),
    ...['district', 'street', 'job'].map((keys) => ({
      kind: 'share',
      sql: `SELECT ${keys}, count(*) FILTER (WHERE insured = 1), count(*) FROM town GROUP BY ${keys}`,
    })),
    { kind: 'other words', sql: over('street', 'WHERE age BETWEEN 60 AND 200') },
    { kind: 'other words', sql: over('job', "WHERE NOT (sex <> 'f')") },
    { kind: 'other words', sql: over('district', 'WHERE income IS NOT NULL') },
    { kind: 'other words', sql: over('district, street', 'WHERE insured < 1') },
  ];
}

const title = (name: string) => ({ zh: name, en: name });

/** Streets lie in districts; jobs and education hang on age and sex as they do. */
function townOf(people: number, mode: Mode): StoredTable {
  const random = seededRandom(SEED);
  const level = mode === 'perturbed' ? 'general-3' : 'general-2';
  const rows = Array.from({ length: people }, (_, i) => {
    const street = Math.floor(80 * random.next() ** 1.5);
    const age = Math.floor(95 * random.next() ** 1.2);
    const education = Math.min(5, random.below(3) + (age > 22 ? random.below(4) : 0));
    return {
      pid: 1_000n + 7n * BigInt(i),
      district: `d${street % 8}`,
      street: `s${street}`,
      age,
      sex: random.below(2) === 0 ? 'f' : 'm',
      education: `e${education}`,
      job: age < 18 ? 'none' : age > 62 ? 'retired' : `j${Math.floor(10 * random.next() ** 2)}`,
      insured: random.next() < 0.85 ? 1 : 0,
      income: age < 18 ? 0 : Math.round(Math.exp(10.4 + 0.15 * education + 0.6 * random.normal())),
    };
  });
  const column = (name: string, type: 'text' | 'integer', more: object) =>
    ({ name, title: title(name), type, level, role: 'quasi-identifier', nullable: false, ...more }) as const;
  const columns = [
    column('pid', 'text', { role: 'identifier', unit: 'person' }),
    ...['district', 'street', 'sex', 'education', 'job'].map((name) => column(name, 'text', {})),
    ...['age', 'insured'].map((name) => column(name, 'integer', {})),
    column('income', 'integer', { role: 'measure', bounds: { min: 0, max: 2_000_000 } }),
  ];
  return { schema: { table: 'town', level, columns }, rowsPerUnitMax: { person: 1 }, rows };
}
