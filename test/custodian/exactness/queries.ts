import { REGIONS } from './tables.ts';

/** A question in SQL, and what the same is called over the plain data. */
export interface ExactQuery {
  readonly keys: readonly string[];
  readonly values: readonly ExactValue[];
  /** FROM and WHERE. */
  readonly from: string;
}
/** `plain`: whole numbers over the group's rows, from which `value` is what the answer must say. */
export interface ExactValue {
  readonly sql: string;
  readonly plain: readonly string[];
  readonly value: (numbers: readonly bigint[]) => number | null;
  /** As whole numbers are, or to the last digits of a double. */
  readonly isWhole: boolean;
}

interface Ground {
  readonly tables: readonly string[];
  readonly keys: readonly (readonly string[])[];
  readonly conditions: (next: Next) => readonly string[];
  /** Amount of two digits, and a whole number. */
  readonly amount: string;
  readonly number: string;
}
type Next = (below: number) => number;

const GROUNDS: readonly Ground[] = [
  {
    tables: ['pums t', 'pums t JOIN homes h ON t.pid = h.pid'],
    keys: [[], ['sex'], ['educ'], ['sex', 'educ'], ['race']],
    conditions: (next) => [
      `age >= ${18 + next(50)}`,
      `age BETWEEN ${next(40)} AND ${40 + next(60)}`,
      `educ IN ('${1 + next(16)}', '9', '13', '${1 + next(16)}')`,
      `sex = '${next(2)}'`,
      `(race = '1' OR age < ${next(60)})`,
      `t.pid IN (SELECT pid FROM homes WHERE town = 'uptown')`,
    ],
    amount: 'income',
    number: 'years',
  },
  {
    tables: ['wages t'],
    keys: [[], ['region']],
    conditions: (next) => [
      `age < ${10 + next(50)}`,
      `age BETWEEN ${next(20)} AND ${20 + next(40)}`,
      `region <> '${REGIONS[next(3)]!}'`,
      `(age % ${2 + next(4)} = 0 OR region = '${REGIONS[next(3)]!}')`,
    ],
    amount: 'paid',
    number: 'bonus',
  },
];

export function exactQueries(random: () => bigint, count: number): readonly ExactQuery[] {
  const next: Next = (below) => Number(random() % BigInt(below));
  const pick = <T>(from: readonly T[]): T => from[next(from.length)]!;
  return Array.from({ length: count }, () => {
    const ground = pick(GROUNDS);
    const table = pick(ground.tables);
    const isJoined = table.includes('JOIN');
    const keys = pick(isJoined ? [...ground.keys.filter((one) => one.length < 2), ['town']] : ground.keys);
    const conditions = ground.conditions(next);
    const where = Array.from({ length: next(3) }, () => pick(conditions));
    const [count, ...sums] = valuesOf(ground, conditions, next);
    // WHY one of them at least: a number of rows by itself is no question about what is encrypted.
    const values = [pick(sums), ...Array.from({ length: next(3) }, () => pick([count!, ...sums]))];
    return { keys, values, from: `FROM ${table}${where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`}` };
  });
}

const hundredths = (whole: bigint | undefined) => Number(whole ?? 0n) / 100;

function valuesOf({ amount, number }: Ground, conditions: readonly string[], next: Next): readonly ExactValue[] {
  const [a, b] = [1 + next(9), next(19) - 9];
  const cents = `CAST(${amount} * 100 AS HUGEINT)`;
  const only = `FILTER (WHERE ${conditions[0]!})`;
  const spread = (numbers: readonly bigint[]) => variance(numbers);
  return [
    { sql: 'count(*)', plain: ['count(*)'], value: ([n]) => Number(n), isWhole: true },
    { sql: `sum(${amount})`, plain: [`sum(${cents})`], value: ([sum]) => hundredths(sum), isWhole: true },
    { sql: `sum(${number})`, plain: [`sum(${number})`], value: ([sum]) => Number(sum), isWhole: true },
    {
      sql: `sum(${amount}) ${only}`,
      plain: [`sum(${cents}) ${only}`, `count(*) ${only}`],
      value: ([sum, n]) => (n === 0n ? null : hundredths(sum)),
      isWhole: true,
    },
    {
      sql: `sum(${a} * ${amount} + ${b} * ${number} + 2)`,
      plain: [`sum(${a} * ${cents} + ${100 * b} * ${number} + 200)`],
      value: ([sum]) => hundredths(sum),
      isWhole: true,
    },
    {
      sql: `avg(${amount})`,
      plain: [`sum(${cents})`, 'count(*)'],
      value: ([sum, n]) => hundredths(sum) / Number(n),
      isWhole: false,
    },
    {
      sql: `var_pop(${amount})`,
      plain: ['count(*)', `sum(${cents})`, `sum(${cents} * ${cents})`],
      value: spread,
      isWhole: false,
    },
  ];
}

/** (n Σx² − (Σx)²) / n², in whole numbers up to the division. */
function variance([n = 0n, sum = 0n, squares = 0n]: readonly bigint[]): number {
  return Number(n * squares - sum * sum) / Number(n * n) / 10_000;
}
