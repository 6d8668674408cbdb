import type { SeededRandom } from '../attack/seeded-random.ts';
import { expression, type Maker, type Scoped } from './random-expression.ts';

/** A generated query and what is known of it by construction, without the compiler. */
export interface FuzzQuery {
  readonly sql: string;
  /** Constructs in it, for the acceptance rates. */
  readonly used: ReadonlySet<string>;
  /** The same groups and values without DISTINCT, ORDER BY and LIMIT: what shown rows are looked up in. null: not comparable. */
  readonly oracle: string | null;
  /** Keys and number of rows of the same FROM, WHERE and GROUP BY: asked of each person alone. null: groups are not of persons. */
  readonly probe: string | null;
  readonly keys: number;
  /** Columns beside the keys that say nothing but them. */
  readonly fromKeys?: ReadonlySet<number>;
  /** Reads public rows only. */
  readonly isPublic: boolean;
}

const PERSON: readonly Scoped[] = [
  ['sex', 'text'],
  ['city', 'text'],
  ['age', 'integer'],
  ['pay', 'integer'],
  ['note', 'text'],
  ['code', 'integer'],
  ['born', 'date'],
].map(([sql, kind]) => ({ sql, kind }) as Scoped);
/** Columns that need modes beyond `aggregate`: rarely asked. */
const STRICTER: readonly Scoped[] = [
  { sql: 'debt', kind: 'integer' },
  { sql: 'illness', kind: 'text' },
  { sql: 'address', kind: 'text' },
];
const VISIT: readonly Scoped[] = [
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
const prefixed = (prefix: string, scope: readonly Scoped[]) =>
  scope.map(({ sql, kind }) => ({ sql: `${prefix}.${sql}`, kind }));

interface Source {
  readonly name: string;
  readonly from: (random: SeededRandom, condition: (scope: readonly Scoped[]) => string) => string;
  readonly scope: readonly Scoped[];
  readonly isPublic?: true;
  /** Rows of one person come from that person's rows alone, and from nothing else. */
  readonly perPerson: boolean;
}

const personAndVisit = [...prefixed('p', PERSON), ...prefixed('v', VISIT)];
const SOURCES: readonly Source[] = [
  { name: 'person', from: () => 'person', scope: PERSON, perPerson: true },
  { name: 'visit', from: () => 'visit', scope: VISIT, perPerson: true },
  { name: 'pub', from: () => 'pub', scope: PUB, isPublic: true, perPerson: false },
  { name: 'inner join', from: () => 'person p JOIN visit v ON p.pid = v.pid', scope: personAndVisit, perPerson: true },
  {
    name: 'left join',
    from: () => 'person p LEFT JOIN visit v ON p.pid = v.pid',
    scope: personAndVisit,
    perPerson: true,
  },
  {
    name: 'join with a condition',
    from: (_, condition) => `person p JOIN visit v ON p.pid = v.pid AND ${condition(personAndVisit)}`,
    scope: personAndVisit,
    perPerson: true,
  },
  { name: 'USING', from: () => 'person JOIN visit USING (pid)', scope: [...PERSON, ...VISIT], perPerson: true },
  {
    name: 'full join',
    from: () => 'person p FULL JOIN visit v ON p.pid = v.pid',
    scope: personAndVisit,
    perPerson: true,
  },
  {
    name: 'join with public rows',
    from: () => 'person p JOIN pub ON p.city = pub.k',
    scope: [...prefixed('p', PERSON), ...prefixed('pub', PUB)],
    perPerson: true,
  },
  {
    name: 'null-safe join with public rows',
    from: (random) =>
      `person p ${random.pick(['JOIN', 'LEFT JOIN'])} ${random.pick(['pub', '(SELECT DISTINCT k FROM pub) pub'])} ON ${random.pick(['p.city IS NOT DISTINCT FROM pub.k', '(p.city = pub.k OR (p.city IS NULL AND pub.k IS NULL))'])}`,
    scope: [...prefixed('p', PERSON), { sql: 'pub.k', kind: 'text' }],
    perPerson: true,
  },
  {
    name: 'cross join with VALUES',
    from: () => 'person p CROSS JOIN (VALUES (1), (2), (NULL)) w(n)',
    scope: [...prefixed('p', PERSON), { sql: 'w.n', kind: 'integer' }],
    perPerson: true,
  },
  {
    name: 'derived table',
    from: (random, condition) =>
      `(SELECT pid, city, age + ${random.below(5)} AS age, pay * 2 AS pay, note FROM person WHERE ${condition(PERSON)}) t`,
    scope: PERSON.filter(({ sql }) => ['city', 'age', 'pay', 'note'].includes(sql)),
    perPerson: true,
  },
  {
    name: 'per person, then over persons',
    from: (_, condition) =>
      `(SELECT pid, count(*) AS c, sum(days) AS s, max(fee) AS m FROM visit WHERE ${condition(VISIT)} GROUP BY pid) t`,
    scope: ['c', 's', 'm'].map((sql) => ({ sql, kind: 'integer' as const })),
    perPerson: true,
  },
  {
    name: 'sums of several terms per person',
    from: (random, condition) =>
      `(SELECT pid, sum(fee - days) AS s, sum(fee * (${1 + random.below(9)} - days)) AS q, sum((days - 1) / 2) AS h FROM visit WHERE ${condition(VISIT)} GROUP BY pid) t`,
    scope: ['s', 'q', 'h'].map((sql) => ({ sql, kind: 'integer' as const })),
    perPerson: true,
  },
  {
    name: 'semi join',
    from: (_, condition) => `person SEMI JOIN (SELECT pid FROM visit WHERE ${condition(VISIT)}) x USING (pid)`,
    scope: PERSON,
    perPerson: true,
  },
  {
    name: 'union all',
    from: (_, condition) =>
      `(SELECT pid, fee AS a, dept AS b FROM visit UNION ALL SELECT pid, pay, city FROM person WHERE ${condition(PERSON)}) t`,
    scope: [
      { sql: 'a', kind: 'integer' },
      { sql: 'b', kind: 'text' },
    ],
    perPerson: true,
  },
  {
    name: 'window per person',
    from: () =>
      '(SELECT fee, days, row_number() OVER (PARTITION BY pid ORDER BY seen, fee, days, dept) AS r FROM visit) t',
    scope: ['fee', 'days', 'r'].map((sql) => ({ sql, kind: 'integer' as const })),
    perPerson: true,
  },
  { name: 'schema named', from: () => 'main.person', scope: PERSON, perPerson: true },
  {
    name: 'PIVOT per person',
    from: (_, condition) =>
      `(SELECT pid, dept, fee, days FROM visit WHERE ${condition(VISIT)}) PIVOT (sum(fee) AS s, count(days) AS n FOR dept IN ('d0', 'd1') GROUP BY pid) t`,
    scope: ['d0_s', 'd0_n', 'd1_s', 'd1_n'].map((sql) => ({ sql, kind: 'integer' as const })),
    perPerson: true,
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
    perPerson: true,
  },
  {
    name: 'series',
    from: (random) =>
      `range(${random.below(3)}, 6) AS w(n) ${random.pick(['JOIN', 'LEFT JOIN'])} visit v ON v.days = w.n`,
    scope: [...prefixed('v', VISIT), { sql: 'w.n', kind: 'integer' }],
    perPerson: false,
  },
  {
    name: 'list of values',
    from: () => "unnest(['east', 'west', 'x']) AS u(x) JOIN person p ON p.city = u.x",
    scope: [...prefixed('p', PERSON), { sql: 'u.x', kind: 'text' }],
    perPerson: true,
  },
  {
    name: 'bands of a written list',
    from: (random) =>
      `person p ${random.pick(['JOIN', 'LEFT JOIN'])} (VALUES (0, 30, 'young'), (30, 60, 'middle'), (60, 99, 'old')) b(lo, hi, band) ON p.age >= b.lo AND p.age < b.hi`,
    scope: [...prefixed('p', PERSON), { sql: 'b.band', kind: 'text' }, { sql: 'b.lo', kind: 'integer' }],
    perPerson: true,
  },
  {
    name: 'derived tables upon each other',
    from: (random, condition) =>
      `(SELECT pid, city, a AS age, b AS pay FROM (SELECT pid, city, age + ${random.below(5)} AS a, CASE WHEN ${condition(PERSON)} THEN pay ELSE 0 END AS b FROM person) s) t`,
    scope: PERSON.filter(({ sql }) => ['city', 'age', 'pay'].includes(sql)),
    perPerson: true,
  },
  {
    name: 'union per person',
    from: (_, condition) =>
      `(SELECT pid, count(*) AS c, sum(a) AS s FROM (SELECT pid, fee AS a FROM visit WHERE ${condition(VISIT)} UNION ALL SELECT pid, pay FROM person) u GROUP BY pid) t`,
    scope: ['c', 's'].map((sql) => ({ sql, kind: 'integer' as const })),
    perPerson: true,
  },
  {
    name: 'months of each person',
    from: () => "(SELECT DISTINCT pid, CAST(date_trunc('month', seen) AS date) AS m FROM visit) t",
    scope: [{ sql: 'm', kind: 'date' }],
    perPerson: true,
  },
  {
    name: 'self join',
    from: () => 'person p JOIN person q ON p.city = q.city',
    scope: [...prefixed('p', PERSON), ...prefixed('q', PERSON)],
    perPerson: false,
  },
];

function aggregate(maker: Maker): string {
  const { random, used } = maker;
  const int = () => expression(maker, 'integer', random.below(2));
  const call = random.pick([
    () => 'count(*)',
    () => 'count(*)',
    () => `count(${expression(maker, random.pick(['integer', 'text', 'date'] as const), 1)})`,
    () => `sum(${int()})`,
    () => `sum(${int()})`,
    () => `avg(${int()})`,
    () => `count(DISTINCT ${expression(maker, random.pick(['integer', 'text'] as const), 1)})`,
    () => `count(DISTINCT CASE WHEN ${expression(maker, 'boolean', 1)} THEN ${expression(maker, 'integer', 0)} END)`,
    () => `count(DISTINCT ${joined(maker)})`,
    () => `geomean(${int()})`,
    () => `count_if(${expression(maker, 'boolean', 1)})`,
    () => `${random.pick(['var_pop', 'stddev_samp', 'var_samp'])}(${int()})`,
    () => `${random.pick(['corr', 'covar_pop', 'regr_slope', 'regr_count'])}(${int()}, ${int()})`,
    () => `${random.pick(['min', 'max', 'median', 'mode', 'any_value', 'first', 'string_agg'])}(${int()})`,
  ])();
  used.add(call.slice(0, call.indexOf('(')));
  if (random.below(6) > 0) return call;
  used.add('FILTER');
  return `${call} FILTER (WHERE ${expression(maker, 'boolean', 1)})`;
}

/** Columns put together, and now and then something made of them. */
function joined({ random, scope, used }: Maker): string {
  used.add('columns put together');
  const column = () => random.pick(scope).sql;
  const text = () => `CAST(${column()} AS varchar)`;
  return random.pick([
    () => `(${column()}, ${column()})`,
    () => `${text()} || '-' || ${text()}`,
    () => `concat(${column()}, '/', ${column()})`,
    () => `concat(coalesce(${text()}, '37'), ${column()})`,
    () => `concat(CASE WHEN ${text()} = '37' THEN 'a' ELSE 'b' END, ${column()})`,
  ])();
}

/** One SELECT over a random source: grouped, or all in one, or rows. */
export function randomQuery(random: SeededRandom): FuzzQuery {
  const source = random.pick(SOURCES);
  const scope = random.below(25) === 0 && source.name === 'person' ? [...source.scope, ...STRICTER] : source.scope;
  const maker: Maker = { random, scope, used: new Set([source.name]) };
  const conditionOver = (columns: readonly Scoped[]) => expression({ ...maker, scope: columns }, 'boolean', 1);
  const from = source.from(random, conditionOver);
  const where = random.below(2) === 0 ? '' : ` WHERE ${whereOf(maker, source)}`;
  const isRows = random.below(source.isPublic ? 2 : 14) === 0;
  return isRows ? rowsQuery(maker, source, from, where) : groupedQuery(maker, source, from, where);
}

function whereOf(maker: Maker, { name }: Source): string {
  const { random } = maker;
  const condition = expression(maker, 'boolean', 2);
  if (name !== 'person' || random.below(5) > 0) return condition;
  return `(${condition}) AND ${random.below(3) === 0 ? above(maker) : member(maker)}`;
}

/** By rows of the same person. */
function member(maker: Maker): string {
  const { random, used } = maker;
  used.add('IN subquery');
  const inner = expression({ ...maker, scope: VISIT }, 'boolean', 1);
  return random.pick([
    `pid ${random.pick(['IN', 'NOT IN'])} (SELECT pid FROM visit WHERE ${inner})`,
    `EXISTS (SELECT 1 FROM visit v WHERE v.pid = person.pid AND ${inner})`,
  ]);
}

/** By a release. WHY times 0: what it gives is then the same with noise, and over one person's rows. */
function above({ random, used }: Maker): string {
  used.add('release that decides about rows');
  const by = random.pick(['pay', 'age']);
  return `${by} ${random.pick(['>', '<='])} (SELECT 0 * count(*) + ${random.below(90)} FROM person)`;
}

function rowsQuery(maker: Maker, source: Source, from: string, where: string): FuzzQuery {
  const { random, used } = maker;
  used.add('rows');
  const outputs = Array.from({ length: 1 + random.below(3) }, (_, i) => {
    const kind = random.pick(['integer', 'text', 'date', 'boolean'] as const);
    return `${expression(maker, kind, 2)} AS o${i}`;
  });
  const oracle = `SELECT ${outputs.join(', ')} FROM ${from}${where}`;
  return {
    sql: withTail(oracle, outputs.length, maker),
    used,
    oracle,
    probe: null,
    keys: 0,
    isPublic: source.isPublic === true,
  };
}

function groupedQuery(maker: Maker, source: Source, from: string, where: string): FuzzQuery {
  const { random, used } = maker;
  const keys = Array.from({ length: random.below(3) }, (_, i) => ({
    sql: expression(maker, random.pick(['integer', 'text', 'text', 'boolean'] as const), random.below(2)),
    name: `g${i}`,
  }));
  const values = Array.from({ length: 1 + random.below(3) }, () => chosenKey(maker, keys) ?? arithmetic(maker));
  const names = keys.map(({ name }) => name).join(', ');
  const selected = [
    ...keys.map(({ sql, name }) => `${sql} AS ${name}`),
    ...values.map((value, i) => `${value} AS a${i}`),
  ];
  const groupBy = keys.length === 0 ? '' : ` GROUP BY ${random.below(6) === 0 ? 'ALL' : names}`;
  if (keys.length > 0) used.add('GROUP BY');
  const having = keys.length > 0 && random.below(6) === 0 ? ` HAVING ${aggregate(maker)} > ${random.below(20)}` : '';
  if (having !== '') used.add('HAVING');
  const oracle = `SELECT ${selected.join(', ')} FROM ${from}${where}${groupBy}${having}`;
  const probeKeys = keys.map(({ sql, name }) => `${sql} AS ${name}, `).join('');
  const probe = `SELECT ${probeKeys}count(*) AS rows_of_it FROM ${from}${where}${keys.length === 0 ? '' : ` GROUP BY ${names}`}`;
  const fromKeys = new Set(values.flatMap((value, i) => (isChosen(value, keys) ? [keys.length + i] : [])));
  const plain = { used, keys: keys.length, fromKeys, isPublic: source.isPublic === true };
  if (random.below(10) === 0) return { sql: over(oracle, random, used), oracle: null, probe: null, ...plain };
  return { sql: withTail(oracle, selected.length, maker), oracle, probe: source.perPerson ? probe : null, ...plain };
}

const isChosen = (value: string, keys: readonly { readonly sql: string }[]): boolean =>
  keys.some(({ sql }) => /^(?:min|max|any_value)\(/.test(value) && value.endsWith(`(${sql})`));

/** What a group has one value of, chosen among them, as BI tools write it; null mostly. */
function chosenKey({ random, used }: Maker, keys: readonly { readonly sql: string }[]): string | null {
  if (keys.length === 0 || random.below(10) > 0) return null;
  used.add('choice of a key');
  return `${random.pick(['min', 'max', 'any_value'])}(${random.pick(keys).sql})`;
}

/** A value of aggregates: mostly one, sometimes a ratio or a difference of two. */
function arithmetic(maker: Maker): string {
  const { random, used } = maker;
  if (random.below(8) > 0) return aggregate(maker);
  used.add('arithmetic of aggregates');
  return `${aggregate(maker)} ${random.pick(['+', '-', '/', '*'])} ${aggregate(maker)}`;
}

/** What the user may do with groups: nothing of it is compared by value, all of it must neither fail nor leak. */
function over(query: string, random: SeededRandom, used: Set<string>): string {
  const construct = random.pick([
    'WITH',
    'derived over groups',
    'window',
    'UNION',
    'EXCEPT',
    'scalar subquery',
    'GROUPING SETS',
  ]);
  used.add(construct);
  switch (construct) {
    case 'WITH':
      return `WITH w AS (${query}) SELECT count(*), count(a0) FROM w`;
    case 'derived over groups':
      return `SELECT max(a0), min(a0), sum(a0) FROM (${query}) w`;
    case 'window':
      return `SELECT a0, rank() OVER (ORDER BY a0 DESC), sum(a0) OVER () FROM (${query}) w`;
    case 'UNION':
      return `(${query}) UNION ${random.pick(['', 'ALL '])}(${query})`;
    case 'EXCEPT':
      return `(${query}) ${random.pick(['EXCEPT', 'INTERSECT'])} (${query})`;
    case 'scalar subquery':
      return `SELECT (SELECT count(*) FROM (${query}) w) AS c, n FROM pub WHERE n > 0`;
    default:
      return query.replace(
        /GROUP BY (?!ALL)([^()]*)$/,
        random.pick(['GROUP BY ROLLUP ($1)', 'GROUP BY CUBE ($1)', 'GROUP BY GROUPING SETS (($1), ())']),
      );
  }
}

function withTail(query: string, width: number, { random, used }: Maker): string {
  let sql = query;
  if (random.below(12) === 0) {
    used.add('DISTINCT');
    sql = sql.replace('SELECT', 'SELECT DISTINCT');
  }
  if (random.below(3) === 0) {
    used.add('ORDER BY');
    sql += ` ORDER BY ${1 + random.below(width)}${random.pick(['', ' DESC', ' NULLS LAST'])}`;
  }
  if (random.below(8) === 0) {
    used.add('LIMIT');
    sql += ` LIMIT ${random.below(20)}${random.pick(['', ' OFFSET 1'])}`;
  }
  return sql;
}
