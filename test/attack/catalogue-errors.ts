import { type Attack, BIT, beyond, difference, GAP, spellings, TARGET } from './attack.ts';

/** A 1–7: errors, infinities, NULL and hidden cells as the signal. */

const bitOf = (expression: string): string => `SELECT sum(CASE WHEN ${BIT} THEN ${expression} ELSE 1 END) FROM p`;

/** Of everybody but the target. */
const ZIPS = ['z0', 'z1', 'z2'];

export const ERRORS: readonly Attack[] = [
  ...spellings(1, [
    {
      name: 'a cast that fails prints the value: an identifier',
      sql: "SELECT sum(CASE WHEN name LIKE 'zq7%' AND salary > 8000000 THEN CAST(name AS INTEGER) ELSE 1 END) FROM p",
      refused: 'POLICY_IDENTIFIER_USE',
    },
    { name: 'a cast that fails prints the value: a note', sql: bitOf('CAST(note AS INTEGER)') },
    { name: 'cast to a date', sql: bitOf('year(CAST(note AS DATE))') },
    {
      name: 'in WHERE',
      sql: `SELECT count(*) FROM p WHERE CASE WHEN ${TARGET} THEN CAST(note AS BOOLEAN) ELSE true END`,
    },
    {
      name: 'as a group key',
      sql: `SELECT CASE WHEN ${TARGET} THEN CAST(note AS INTEGER) ELSE 1 END AS k, count(*) FROM p GROUP BY k`,
    },
  ]),
  ...spellings(2, [
    { name: 'overflow of a product prints the salary', sql: bitOf('salary * 9223372036854775') },
    { name: 'overflow of a sum', sql: bitOf('salary + 9223372036854775807') },
    { name: 'a cast to one byte', sql: bitOf('CAST(salary AS TINYINT)'), learn: difference(0, 0) },
    {
      name: 'overflow of the sum itself',
      sql: `SELECT sum(CASE WHEN ${BIT} THEN 170141183460469231731687303715884105727::HUGEINT ELSE 1 END) FROM p`,
    },
  ]),
  ...spellings(3, [
    { name: "error('x')", sql: bitOf("error('x')"), refused: 'SQL_FUNCTION_REFUSED' },
    {
      name: 'square root of a negative number',
      sql: 'SELECT sum(sqrt(8000000 - salary)) FROM p WHERE age > 40',
      learn: ([row]) => row?.[0] === null,
    },
    { name: 'logarithm of zero', sql: bitOf('ln(0)') },
    { name: 'strptime', sql: bitOf("year(strptime(note, '%Y'))") },
    { name: 'chr(-1)', sql: bitOf('length(chr(-1))'), refused: 'SQL_FUNCTION_REFUSED' },
    { name: 'a day beyond the calendar', sql: bitOf("year(DATE '2000-01-01' + 2147483647)") },
    { name: 'make_date of no day', sql: bitOf('year(make_date(2000, 13, 45))') },
    {
      name: 'a subquery with more rows than one',
      sql: `SELECT count(*) FROM p WHERE age >= (SELECT CASE WHEN ${BIT} THEN 20 ELSE 20 END FROM p WHERE salary = 5000000 OR (${BIT}))`,
      refused: 'POLICY_AGGREGATE_REFUSED',
    },
    { name: 'malformed JSON', sql: bitOf("length(json_extract('{', '$')::VARCHAR)"), refused: 'SQL_FUNCTION_REFUSED' },
    {
      name: 'an invalid regular expression',
      sql: `SELECT count(*) FROM p WHERE regexp_matches(note, CASE WHEN ${BIT} THEN '(' ELSE 'n' END)`,
      refused: 'SQL_LITERAL_REFUSED',
    },
  ]),
  ...spellings(5, [
    {
      name: 'infinity where the value is present',
      sql: `SELECT sum(1.0 / ${GAP}) FROM p`,
      learn: ([row]) => Number.isFinite(row?.[0]),
    },
    {
      name: 'an average that is infinite',
      sql: `SELECT avg(1e0 / ${GAP}) FROM p`,
      learn: ([row]) => Number.isFinite(row?.[0]),
    },
    {
      name: 'NaN through a clamp',
      sql: `SELECT sum(100 + greatest(least(1e0 / ${GAP} - 1e0 / ${GAP}, 1), 0)), count(*) FROM p`,
      learn: beyond(100),
    },
    {
      name: 'a power that overflows',
      sql: `SELECT sum(100 + 0 * pow(10.0, greatest(salary - 8000000, 0))), count(*) FROM p`,
      learn: beyond(100),
    },
  ]),
  ...spellings(6, [
    { name: 'a quotient that is NULL', sql: `SELECT count(*), count(salary // ${GAP}) FROM p`, learn: difference() },
    {
      name: 'the same in a subquery',
      sql: `SELECT count(*), count(z) FROM (SELECT salary // ${GAP} AS z FROM p)`,
      learn: difference(),
    },
    {
      name: 'the same as a filter of the count',
      sql: `SELECT count(*), count(*) FILTER (WHERE z IS NOT NULL) FROM (SELECT salary // ${GAP} AS z FROM p)`,
      learn: difference(),
    },
    {
      name: 'the same in CASE',
      sql: `SELECT sum(CASE WHEN z IS NULL THEN 2 ELSE 1 END), count(*) FROM (SELECT salary // ${GAP} AS z FROM p)`,
      learn: beyond(1),
    },
    { name: 'a summand that is NULL', sql: `SELECT sum(100 + 0 * (1 // ${GAP})), count(*) FROM p`, learn: beyond(100) },
    {
      name: 'a default for what is NULL',
      sql: `SELECT sum(10 + coalesce(1 // ${GAP}, 5)), count(*) FROM p`,
      learn: ([row]) => row?.[0] ?? null,
    },
    {
      name: 'a summand that overflows',
      sql: 'SELECT sum(100 + 0 * (salary + 9223372036846775807)), count(*) FROM p',
      learn: beyond(100),
      control: `SELECT sum(CASE WHEN ${BIT} THEN 0 ELSE 100 END), count(*) FROM p`,
    },
    {
      name: 'a cast that gives NULL',
      sql: "SELECT count(*), count(CAST(replace(note, 'n', '') AS INTEGER)) FROM p",
      learn: difference(),
      control: "SELECT count(*), count(TRY_CAST(replace(note, 'n', '') AS INTEGER)) FROM p",
    },
    {
      name: 'the root of what is negative, counted',
      sql: 'SELECT count(*), count(r) FROM (SELECT sqrt(8000000 - salary) AS r FROM p)',
      learn: difference(),
    },
    {
      name: 'a stored value that one person lacks',
      sql: 'SELECT count(*), count(ended) FROM p',
      learn: difference(),
    },
    {
      name: 'the same as a filter',
      sql: 'SELECT sum(salary), sum(salary) FILTER (WHERE ended IS NOT NULL) FROM p',
      learn: ([row]) => (difference()([row!]) === null ? null : difference()([row!]) !== 0),
    },
    {
      name: 'the same in CASE',
      sql: 'SELECT sum(CASE WHEN ended IS NULL THEN 2 ELSE 1 END), count(*) FROM p',
      learn: beyond(1),
    },
    {
      name: 'the same by a default',
      sql: "SELECT sum(year(coalesce(ended, DATE '2021-01-01'))), count(*) FROM p",
      learn: beyond(2020),
    },
    {
      name: 'a window over a quotient',
      sql: `SELECT sum(z), count(*) FROM (SELECT count(1 // ${GAP}) OVER (PARTITION BY id) + 1 AS z FROM p)`,
      learn: beyond(2),
    },
  ]),
  ...spellings(7, [
    { name: 'NULL as the answer', sql: `SELECT sum(CASE WHEN ${BIT} THEN NULL ELSE 1 END) FROM p` },
    { name: 'the count of a CASE', sql: `SELECT count(CASE WHEN NOT (${BIT}) THEN 1 END) FROM p` },
    {
      name: 'ROLLUP: a total above a hidden group',
      sql: 'SELECT zip, sum(salary) FROM p GROUP BY ROLLUP (zip)',
      learn: totalBeside,
    },
    {
      name: 'CUBE',
      sql: 'SELECT zip, dept, sum(salary) FROM p GROUP BY CUBE (zip, dept)',
      learn: (rows) => totalBeside(rows.filter(([, dept]) => dept === null).map(([zip, , sum]) => [zip, sum])),
    },
    {
      name: 'GROUPING SETS',
      sql: 'SELECT zip, sum(salary) FROM p GROUP BY GROUPING SETS ((zip), ())',
      learn: totalBeside,
    },
    {
      name: 'a total beside its groups in a subquery',
      sql: 'SELECT zip, sum(salary), (SELECT sum(salary) FROM p) FROM p GROUP BY zip',
      learn: (rows) => totalBeside([...rows.map(([zip, sum]) => [zip, sum]), [null, rows[0]?.[2] ?? null]]),
    },
    {
      name: 'a total beside its groups in a union',
      sql: "SELECT zip, sum(salary) FROM p GROUP BY zip UNION ALL SELECT 'all', sum(salary) FROM p",
      learn: totalBeside,
    },
    {
      name: 'a total rebuilt by doubling every row',
      sql: 'SELECT k, CASE WHEN k = 0 THEN zip END AS z, sum(salary) AS s FROM p CROSS JOIN (VALUES (0), (1)) v(k) GROUP BY k, z ORDER BY k, z',
      learn: totalMinusGroups,
    },
    {
      name: 'a total rebuilt by a union with itself',
      sql: "SELECT z, sum(salary) AS s FROM (SELECT zip AS z, salary FROM p UNION ALL SELECT 'all', salary FROM p) GROUP BY z ORDER BY z = 'all', z",
      learn: (rows) => totalMinusGroups(rows.map(([z, s]) => [z === 'all' ? 1 : 0, z, s])),
    },
    {
      name: 'how many groups were left out',
      sql: `SELECT k, count(*) FROM (SELECT CASE WHEN ${BIT} THEN 1000 ELSE least(age, 45) // 2 END AS k FROM p) GROUP BY k`,
      learn: (rows) => rows.length,
      control: `SELECT DISTINCT CASE WHEN ${BIT} THEN 1000 ELSE least(age, 45) // 2 END FROM p`,
    },
    {
      name: 'a total beside its parts by FILTER',
      sql: `SELECT sum(salary), ${ZIPS.map((zip) => `sum(salary) FILTER (WHERE zip = '${zip}')`).join(', ')} FROM p`,
      learn: ([row]) => totalWithoutParts(row!),
    },
  ]),
];

/** `[total, part, part …]`: what is left; null where something is hidden. */
function totalWithoutParts([total, ...parts]: readonly unknown[]): number | null {
  if ([total, ...parts].includes(null)) return null;
  return parts.reduce((rest: number, part) => rest - Number(part), Number(total));
}

/** `[group, sum]`, the total under no group or `all`. */
function totalBeside(rows: readonly (readonly unknown[])[]): number | null {
  return totalMinusGroups(rows.map(([group, sum]) => [group === null || group === 'all' ? 1 : 0, group, sum]));
}

/**
 * `[is it the total, group, sum]`: what the target's group, which is never shown, adds up to. Only where all others are: what
 * several groups add up to is nobody's.
 */
function totalMinusGroups(rows: readonly (readonly unknown[])[]): number | null {
  const total = rows.find(([k]) => k === 1)?.[2] ?? null;
  const others = ZIPS.map((zip) => rows.find(([k, z]) => k === 0 && z === zip)?.[2] ?? null);
  return total === null || others.includes(null)
    ? null
    : Number(total) - others.reduce((sum: number, one) => sum + Number(one), 0);
}
