import type { SeededRandom } from '../attack/seeded-random.ts';
import type { Scoped } from './random-expression.ts';
import type { UnitKind } from './raw-tables.ts';

export const PERSON: readonly Scoped[] = [
  ['sex', 'text'],
  ['city', 'text'],
  ['age', 'integer'],
  ['pay', 'integer'],
  ['note', 'text'],
  ['code', 'integer'],
  ['born', 'date'],
].map(([sql, kind]) => ({ sql, kind }) as Scoped);
/** Columns that need modes beyond `aggregate`: rarely asked. */
export const STRICTER: readonly Scoped[] = [
  { sql: 'debt', kind: 'integer' },
  { sql: 'illness', kind: 'text' },
  { sql: 'address', kind: 'text' },
];
export const VISIT: readonly Scoped[] = [
  { sql: 'dept', kind: 'text' },
  { sql: 'fee', kind: 'integer' },
  { sql: 'days', kind: 'integer' },
  { sql: 'seen', kind: 'date' },
];
const PUB: readonly Scoped[] = [
  { sql: 'k', kind: 'text' },
  { sql: 'n', kind: 'integer' },
  { sql: 'd', kind: 'date' },
];
const JOB: readonly Scoped[] = [
  { sql: 'wage', kind: 'integer' },
  { sql: 'since', kind: 'date' },
];
const FIRM: readonly Scoped[] = [
  { sql: 'trade', kind: 'text' },
  { sql: 'staff', kind: 'integer' },
];
const BILL: readonly Scoped[] = [
  { sql: 'kind', kind: 'text' },
  { sql: 'cost', kind: 'integer' },
];
const EDGE: readonly Scoped[] = [
  { sql: 'x', kind: 'integer' },
  { sql: 'y', kind: 'integer' },
  { sql: 't', kind: 'text' },
  { sql: 'w', kind: 'date' },
  { sql: 'b', kind: 'boolean' },
];
export const prefixed = (prefix: string, scope: readonly Scoped[]) =>
  scope.map(({ sql, kind }) => ({ sql: `${prefix}.${sql}`, kind }));

const PERSONS: readonly UnitKind[] = ['person'];

export interface Source {
  readonly name: string;
  readonly from: (random: SeededRandom, condition: (scope: readonly Scoped[]) => string) => string;
  readonly scope: readonly Scoped[];
  readonly isPublic?: true;
  /** Whose rows come from the rows of one such unit alone, and from nothing else: whoever a shown group is of is counted one by one. */
  readonly units: readonly UnitKind[];
  /** A conjunct that always stands in WHERE. */
  readonly where?: Source['from'];
  /** Squares of its numbers are beyond doubles: spreads and regressions of them are not what DuckDB says, which is off itself. */
  readonly isExtreme?: true;
  /** What is mostly asked for. */
  readonly values?: readonly string[];
}

const integers = (...names: readonly string[]): readonly Scoped[] => names.map((sql) => ({ sql, kind: 'integer' }));
const personAndVisit = [...prefixed('p', PERSON), ...prefixed('v', VISIT)];
export const SOURCES: readonly Source[] = [
  { name: 'person', from: () => 'person', scope: PERSON, units: PERSONS },
  { name: 'visit', from: () => 'visit', scope: VISIT, units: PERSONS },
  { name: 'pub', from: () => 'pub', scope: PUB, isPublic: true, units: [] },
  { name: 'inner join', from: () => 'person p JOIN visit v ON p.pid = v.pid', scope: personAndVisit, units: PERSONS },
  {
    name: 'left join',
    from: () => 'person p LEFT JOIN visit v ON p.pid = v.pid',
    scope: personAndVisit,
    units: PERSONS,
  },
  {
    name: 'join with a condition',
    from: (_, condition) => `person p JOIN visit v ON p.pid = v.pid AND ${condition(personAndVisit)}`,
    scope: personAndVisit,
    units: PERSONS,
  },
  { name: 'USING', from: () => 'person JOIN visit USING (pid)', scope: [...PERSON, ...VISIT], units: PERSONS },
  {
    name: 'full join',
    from: () => 'person p FULL JOIN visit v ON p.pid = v.pid',
    scope: personAndVisit,
    units: PERSONS,
  },
  {
    name: 'join with public rows',
    from: () => 'person p JOIN pub ON p.city = pub.k',
    scope: [...prefixed('p', PERSON), ...prefixed('pub', PUB)],
    units: PERSONS,
  },
  {
    name: 'null-safe join with public rows',
    from: (random) =>
      `person p ${random.pick(['JOIN', 'LEFT JOIN'])} ${random.pick(['pub', '(SELECT DISTINCT k FROM pub) pub'])} ON ${random.pick(['p.city IS NOT DISTINCT FROM pub.k', '(p.city = pub.k OR (p.city IS NULL AND pub.k IS NULL))'])}`,
    scope: [...prefixed('p', PERSON), { sql: 'pub.k', kind: 'text' }],
    units: PERSONS,
  },
  {
    name: 'cross join with VALUES',
    from: () => 'person p CROSS JOIN (VALUES (1), (2), (NULL)) w(n)',
    scope: [...prefixed('p', PERSON), { sql: 'w.n', kind: 'integer' }],
    units: PERSONS,
  },
  {
    name: 'derived table',
    from: (random, condition) =>
      `(SELECT pid, city, age + ${random.below(5)} AS age, pay * 2 AS pay, note FROM person WHERE ${condition(PERSON)}) t`,
    scope: PERSON.filter(({ sql }) => ['city', 'age', 'pay', 'note'].includes(sql)),
    units: PERSONS,
  },
  {
    name: 'per person, then over persons',
    from: (_, condition) =>
      `(SELECT pid, count(*) AS c, sum(days) AS s, max(fee) AS m FROM visit WHERE ${condition(VISIT)} GROUP BY pid) t`,
    scope: ['c', 's', 'm'].map((sql) => ({ sql, kind: 'integer' as const })),
    units: PERSONS,
  },
  {
    name: 'sums of several terms per person',
    from: (random, condition) =>
      `(SELECT pid, sum(fee - days) AS s, sum(fee * (${1 + random.below(9)} - days)) AS q, sum((days - 1) / 2) AS h FROM visit WHERE ${condition(VISIT)} GROUP BY pid) t`,
    scope: ['s', 'q', 'h'].map((sql) => ({ sql, kind: 'integer' as const })),
    units: PERSONS,
  },
  {
    name: 'semi join',
    from: (_, condition) => `person SEMI JOIN (SELECT pid FROM visit WHERE ${condition(VISIT)}) x USING (pid)`,
    scope: PERSON,
    units: PERSONS,
  },
  {
    name: 'union all',
    from: (_, condition) =>
      `(SELECT pid, fee AS a, dept AS b FROM visit UNION ALL SELECT pid, pay, city FROM person WHERE ${condition(PERSON)}) t`,
    scope: [
      { sql: 'a', kind: 'integer' },
      { sql: 'b', kind: 'text' },
    ],
    units: PERSONS,
  },
  {
    name: 'window per person',
    from: () =>
      '(SELECT fee, days, row_number() OVER (PARTITION BY pid ORDER BY seen, fee, days, dept) AS r FROM visit) t',
    scope: ['fee', 'days', 'r'].map((sql) => ({ sql, kind: 'integer' as const })),
    units: PERSONS,
  },
  { name: 'schema named', from: () => 'main.person', scope: PERSON, units: PERSONS },
  {
    name: 'PIVOT per person',
    from: (_, condition) =>
      `(SELECT pid, dept, fee, days FROM visit WHERE ${condition(VISIT)}) PIVOT (sum(fee) AS s, count(days) AS n FOR dept IN ('d0', 'd1') GROUP BY pid) t`,
    scope: ['d0_s', 'd0_n', 'd1_s', 'd1_n'].map((sql) => ({ sql, kind: 'integer' as const })),
    units: PERSONS,
  },
  {
    name: 'conditions per person',
    from: (_, condition) =>
      `(SELECT pid, bool_or(${condition(VISIT)}) AS b, bool_and(${condition(VISIT)}) AS e, count(*) AS c FROM visit GROUP BY pid) t`,
    scope: [
      { sql: 'b', kind: 'boolean' },
      { sql: 'e', kind: 'boolean' },
      { sql: 'c', kind: 'integer' },
    ],
    units: PERSONS,
  },
  {
    name: 'series',
    from: (random) =>
      `range(${random.below(3)}, 6) AS w(n) ${random.pick(['JOIN', 'LEFT JOIN'])} visit v ON v.days = w.n`,
    scope: [...prefixed('v', VISIT), { sql: 'w.n', kind: 'integer' }],
    units: [],
  },
  {
    name: 'list of values',
    from: () => "unnest(['east', 'west', 'x']) AS u(x) JOIN person p ON p.city = u.x",
    scope: [...prefixed('p', PERSON), { sql: 'u.x', kind: 'text' }],
    units: PERSONS,
  },
  {
    name: 'bands of a written list',
    from: (random) =>
      `person p ${random.pick(['JOIN', 'LEFT JOIN'])} (VALUES (0, 30, 'young'), (30, 60, 'middle'), (60, 99, 'old')) b(lo, hi, band) ON p.age >= b.lo AND p.age < b.hi`,
    scope: [...prefixed('p', PERSON), { sql: 'b.band', kind: 'text' }, { sql: 'b.lo', kind: 'integer' }],
    units: PERSONS,
  },
  {
    name: 'derived tables upon each other',
    from: (random, condition) =>
      `(SELECT pid, city, a AS age, b AS pay FROM (SELECT pid, city, age + ${random.below(5)} AS a, CASE WHEN ${condition(PERSON)} THEN pay ELSE 0 END AS b FROM person) s) t`,
    scope: PERSON.filter(({ sql }) => ['city', 'age', 'pay'].includes(sql)),
    units: PERSONS,
  },
  {
    name: 'union per person',
    from: (_, condition) =>
      `(SELECT pid, count(*) AS c, sum(a) AS s FROM (SELECT pid, fee AS a FROM visit WHERE ${condition(VISIT)} UNION ALL SELECT pid, pay FROM person) u GROUP BY pid) t`,
    scope: ['c', 's'].map((sql) => ({ sql, kind: 'integer' as const })),
    units: PERSONS,
  },
  {
    name: 'months of each person',
    from: () => "(SELECT DISTINCT pid, CAST(date_trunc('month', seen) AS date) AS m FROM visit) t",
    scope: [{ sql: 'm', kind: 'date' }],
    units: PERSONS,
  },
  {
    name: 'self join',
    from: () => 'person p JOIN person q ON p.city = q.city',
    scope: [...prefixed('p', PERSON), ...prefixed('q', PERSON)],
    units: [],
  },
  {
    name: 'rows of two kinds of units',
    from: (random) => `job j ${random.pick(['JOIN', 'JOIN', 'LEFT JOIN'])} firm f ON j.uscc = f.uscc`,
    scope: [...prefixed('j', JOB), ...prefixed('f', FIRM)],
    units: ['person', 'enterprise'],
    values: ['count(*)', 'sum(j.wage)', 'count(DISTINCT j.pid)', 'count(DISTINCT j.uscc)', 'avg(f.staff)'],
  },
  {
    name: 'three tables',
    from: () => 'person p JOIN job j USING (pid) JOIN firm f USING (uscc)',
    scope: [...prefixed('p', PERSON), ...prefixed('j', JOB), ...prefixed('f', FIRM)],
    units: ['person', 'enterprise'],
  },
  {
    name: 'per firm, then over firms (means of means)',
    from: (_, condition) =>
      `(SELECT uscc, avg(wage) AS m, count(*) AS c, sum(wage) AS s, count(DISTINCT pid) AS p FROM job WHERE ${condition(JOB)} GROUP BY uscc) t`,
    scope: integers('c', 'p'),
    units: ['enterprise'],
    values: ['avg(m)', 'avg(s)', 'sum(s)', 'sum(c)', 'avg(c)', 'count(*)', 'stddev_pop(m)', 'var_samp(c)', 'avg(p)'],
  },
  {
    name: 'matched by rows of several kinds of units',
    from: () => 'visit',
    where: (random, condition) =>
      random.pick([
        `pid ${random.pick(['IN', 'NOT IN'])} (SELECT j.pid FROM job j JOIN firm f ON j.uscc = f.uscc WHERE ${condition(prefixed('f', FIRM))})`,
        `${random.pick(['', 'NOT '])}EXISTS (SELECT 1 FROM job j WHERE j.pid = visit.pid AND ${condition(prefixed('j', JOB))})`,
      ]),
    scope: VISIT,
    units: PERSONS,
    values: ['count(*)', 'sum(days)', 'count(DISTINCT pid)', 'avg(fee)'],
  },
  {
    name: 'beside groups of the person',
    from: (_, condition) =>
      `visit v JOIN (SELECT pid, count(*) AS n FROM job WHERE ${condition(JOB)} GROUP BY pid) m ON m.pid = v.pid`,
    scope: prefixed('v', VISIT),
    units: PERSONS,
    values: ['count(*)', 'sum(v.days)', 'count(DISTINCT v.pid)'],
  },
  {
    name: 'matched by a number of rows',
    from: () => 'visit v',
    where: (random, condition) =>
      random.pick([
        `v.no ${random.pick(['IN', 'NOT IN'])} (SELECT no FROM bill WHERE ${condition(BILL)})`,
        `${random.pick(['', 'NOT '])}EXISTS (SELECT 1 FROM bill b WHERE b.no = v.no AND ${condition(prefixed('b', BILL))})`,
      ]),
    scope: prefixed('v', VISIT),
    units: [],
    values: ['count(DISTINCT v.no)', 'count(DISTINCT v.no)', 'count(DISTINCT v.pid)'],
  },
  {
    name: 'joined by a number of rows',
    from: () => 'visit v JOIN bill b ON b.no = v.no',
    scope: [...prefixed('v', VISIT), ...prefixed('b', BILL)],
    units: [],
  },
  {
    name: 'correlated aggregate',
    from: (_, condition) =>
      `(SELECT city, age, (SELECT count(*) FROM visit v WHERE v.pid = person.pid AND ${condition(prefixed('v', VISIT))}) AS c FROM person) t`,
    scope: [{ sql: 'city', kind: 'text' }, ...integers('age', 'c')],
    units: PERSONS,
  },
  {
    name: 'matched or not, as a value',
    from: (_, condition) =>
      `(SELECT city, pay, pid IN (SELECT pid FROM visit WHERE ${condition(VISIT)}) AS b, EXISTS (SELECT 1 FROM job j WHERE j.pid = person.pid) AS e FROM person) t`,
    scope: [
      { sql: 'city', kind: 'text' },
      ...integers('pay'),
      { sql: 'b', kind: 'boolean' },
      { sql: 'e', kind: 'boolean' },
    ],
    units: PERSONS,
  },
  ...(['sex', 'born', 'age'] as const).map(
    (name): Source => ({
      name: `printed rows by ${name}`,
      from: (random) => random.pick(['person', 'person', '(SELECT * FROM person) t', 'main.person']),
      scope: PERSON.filter(({ sql }) => sql === name),
      units: PERSONS,
      values: ['count(*)', 'sum(pay)', 'avg(pay)', 'count(pay)', `count(${name})`],
    }),
  ),
  ...(['days', 'seen'] as const).map(
    (name): Source => ({
      name: `printed rows by ${name}`,
      from: (random, condition) =>
        random.pick([
          'visit',
          `(SELECT ${name}, days AS d FROM visit WHERE ${condition(VISIT.filter(({ sql }) => sql === name))}) t`,
        ]),
      scope: VISIT.filter(({ sql }) => sql === name),
      units: PERSONS,
      values: ['count(*)', `count(${name})`, 'count(*)'],
    }),
  ),
  {
    name: 'printed rows of two kinds of units',
    from: () => 'job',
    scope: JOB.filter(({ sql }) => sql === 'since'),
    units: ['person', 'enterprise'],
    values: ['count(*)', 'sum(hours)', 'avg(hours)', 'count(hours)'],
  },
  { name: 'extremes', from: () => 'edge', scope: EDGE, units: PERSONS, isExtreme: true },
  {
    name: 'printed rows with extremes',
    from: () => 'edge',
    scope: EDGE.slice(4),
    units: PERSONS,
    values: ['count(*)', 'sum(z)', 'avg(z)', 'count(z)'],
  },
  {
    name: 'extremes by day',
    from: () => 'edge',
    scope: EDGE.slice(3, 4),
    units: PERSONS,
    values: ['count(*)', 'sum(z)', 'avg(z)', 'count(z)'],
  },
  {
    name: 'no rows at all',
    from: () => 'nobody',
    scope: EDGE,
    units: PERSONS,
    values: ['count(*)', 'sum(z)', 'avg(z)'],
  },
  { name: 'one row', from: () => 'single', scope: EDGE, units: PERSONS, values: ['count(*)', 'sum(z)', 'avg(z)'] },
  {
    name: 'no rows, joined',
    from: (random) => `person p ${random.pick(['JOIN', 'LEFT JOIN'])} nobody e ON e.pid = p.pid`,
    scope: [...prefixed('p', PERSON), ...prefixed('e', EDGE)],
    units: PERSONS,
  },
];
