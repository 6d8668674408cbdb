import type { SeededRandom } from '../attack/seeded-random.ts';
import { expression, type Maker, type Scoped } from './random-expression.ts';
import { PERSON, prefixed, SOURCES, type Source, STRICTER, VISIT } from './random-sources.ts';
import type { UnitKind } from './raw-tables.ts';

/** A generated query and what is known of it by construction, without the compiler. */
export interface FuzzQuery {
  readonly sql: string;
  /** Constructs in it, for the acceptance rates. */
  readonly used: ReadonlySet<string>;
  /** The same groups and values without DISTINCT, ORDER BY and LIMIT: what shown rows are looked up in. null: not comparable. */
  readonly oracle: string | null;
  /** The query as far as its rows do not depend on their order: the answer, where nothing is withheld. null: it has a LIMIT, or does not say. */
  readonly whole: string | null;
  /** The groups that `sql` is made of, where it is made of groups. */
  readonly below: string | null;
  /** Keys and number of rows of the same FROM, WHERE and GROUP BY: asked of each unit alone. null: groups are not of units. */
  readonly probe: string | null;
  /** Each of whose rows are made from its own alone. */
  readonly units: readonly UnitKind[];
  readonly keys: number;
  /** Columns beside the keys that say nothing but them. */
  readonly fromKeys: ReadonlySet<number>;
  /** Values that name no column, by place. */
  readonly constants: ReadonlyMap<number, string>;
  /** Reads public rows only. */
  readonly isPublic: boolean;
}

export const NOTHING_KNOWN = {
  ...{ oracle: null, whole: null, below: null, probe: null, units: [], keys: 0 },
  ...{ fromKeys: new Set<number>(), constants: new Map<number, string>() },
} as const satisfies Partial<FuzzQuery>;

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
    () => `avg(${expression(maker, 'boolean', 1)})`,
    () => `sum(CASE WHEN ${expression(maker, 'boolean', 1)} THEN ${expression(maker, 'integer', 0)} ELSE 0 END)`,
    () =>
      `count(DISTINCT CASE WHEN ${expression(maker, 'boolean', 0)} THEN ${expression(maker, 'text', 0)} WHEN ${expression(maker, 'boolean', 0)} THEN ${expression(maker, 'text', 0)} END)`,
    () => `sum(${int()} - ${int()})`,
    () => `${random.pick(['regr_intercept', 'regr_r2', 'covar_samp', 'regr_avgx'])}(${int()}, ${int()})`,
    () => `count_if(${expression(maker, 'boolean', 1)})`,
    () => `${random.pick(['var_pop', 'stddev_samp', 'var_samp', 'stddev_pop'])}(${int()})`,
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
  if (random.below(60) === 0) return lateralQuery(maker);
  if (random.below(60) === 0) return privateQuery(maker);
  const conditionOver = (columns: readonly Scoped[]) => expression({ ...maker, scope: columns }, 'boolean', 1);
  const from = source.from(random, conditionOver);
  const always = source.where?.(random, conditionOver);
  const asked = random.below(2) === 0 ? [] : [whereOf(maker, source)];
  const conjuncts = always === undefined ? asked : [...asked.map((one) => `(${one})`), always];
  const where = conjuncts.length === 0 ? '' : ` WHERE ${conjuncts.join(' AND ')}`;
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
  const isPublic = source.isPublic === true;
  return { ...NOTHING_KNOWN, sql: withTail(oracle, outputs.length, maker), used, oracle, isPublic };
}

function groupedQuery(maker: Maker, source: Source, from: string, where: string): FuzzQuery {
  const { random, used } = maker;
  const keys = Array.from({ length: random.below(3) }, (_, i) => ({
    sql: expression(maker, random.pick(['integer', 'text', 'text', 'boolean'] as const), random.below(2)),
    name: `g${i}`,
  }));
  const values = Array.from(
    { length: 1 + random.below(3) },
    () => chosenKey(maker, keys) ?? usualValue(maker, source) ?? arithmetic(maker),
  );
  const names = keys.map(({ name }) => name).join(', ');
  const selected = [
    ...keys.map(({ sql, name }) => `${sql} AS ${name}`),
    ...values.map((value, i) => `${value} AS a${i}`),
  ];
  const sets = keys.length > 0 && random.below(12) === 0 ? groupingSets(maker, keys.length) : null;
  const by = sets ?? (random.below(6) === 0 ? 'ALL' : names);
  const groupBy = keys.length === 0 ? '' : ` GROUP BY ${by}`;
  if (keys.length > 0) used.add('GROUP BY');
  const having =
    keys.length > 0 && random.below(6) === 0
      ? ` HAVING ${usualValue(maker, source) ?? aggregate(maker)} > ${random.below(20)}`
      : '';
  if (having !== '') used.add('HAVING');
  const oracle = `SELECT ${selected.join(', ')} FROM ${from}${where}${groupBy}${having}`;
  const probeKeys = keys.map(({ sql, name }) => `${sql} AS ${name}, `).join('');
  const probeBy = keys.length === 0 ? '' : ` GROUP BY ${sets ?? names}`;
  const probe = `SELECT ${probeKeys}count(*) AS rows_of_it FROM ${from}${where}${probeBy}`;
  const plain = {
    ...{ used, units: source.units, keys: keys.length, isPublic: source.isPublic === true },
    fromKeys: new Set(values.flatMap((value, i) => (isChosen(value, keys) ? [keys.length + i] : []))),
    constants: new Map(
      values.flatMap((value, i) => (namesNothing(value, source.scope) ? [[keys.length + i, value] as const] : [])),
    ),
  };
  if (source.isExtreme === true && SECOND_ORDER.test(oracle)) return { ...NOTHING_KNOWN, ...plain, sql: oracle };
  if (random.below(8) === 0) {
    const sql = over(oracle, keys.length, maker);
    return { ...plain, sql, oracle: null, probe: null, whole: sql, below: oracle };
  }
  const sql = withTail(oracle, selected.length, maker);
  return { ...plain, sql, oracle, below: null, probe, whole: used.has('LIMIT') ? null : sql };
}

const SECOND_ORDER = /\b(?:var|stddev|corr|covar|regr)/;

const namesNothing = (value: string, scope: readonly Scoped[]): boolean =>
  /^count/.test(value) && !value.includes('*') && !scope.some(({ sql }) => value.includes(sql));

/** What sources of their own kind are there for; null mostly elsewhere. */
function usualValue({ random, used, ...maker }: Maker, { values }: Source): string | null {
  if (values === undefined || random.below(4) === 0) return null;
  const value = random.pick(values);
  used.add('usual value');
  if (random.below(4) > 0) return value;
  used.add('FILTER');
  return `${value} FILTER (WHERE ${expression({ random, used, ...maker }, 'boolean', 1)})`;
}

function groupingSets({ random, used }: Maker, keys: number): string {
  used.add('GROUPING SETS');
  const names = Array.from({ length: keys }, (_, i) => `g${i}`).join(', ');
  return random.pick([
    `ROLLUP (${names})`,
    `CUBE (${names})`,
    `GROUPING SETS ((${names}), ())`,
    `GROUPING SETS ((g0), (${names}))`,
  ]);
}

/** Aggregates of each row of a written list. */
function lateralQuery({ random, used }: Maker): FuzzQuery {
  used.clear();
  used.add('LATERAL');
  const condition = expression({ random, used, scope: prefixed('p', PERSON) }, 'boolean', 1);
  const value = random.pick(['count(*)', 'sum(p.pay)', 'avg(p.age)', 'count(DISTINCT p.city)']);
  const key = random.pick([
    { list: "('f'), ('m'), ('x')", by: 'p.sex' },
    { list: "('east'), ('west'), ('nowhere'), (NULL)", by: 'p.city' },
  ]);
  const sql = `SELECT s.code, g.a FROM (VALUES ${key.list}) s(code), LATERAL (SELECT ${value} AS a FROM person p WHERE ${key.by} = s.code AND ${condition}) g`;
  return { ...NOTHING_KNOWN, sql, used, oracle: sql, whole: sql, keys: 1, isPublic: false };
}

/** Mode `dp`, by a declared list and in all. WHY no other values: of these, nobody's part is cut off. */
function privateQuery({ random, used }: Maker): FuzzQuery {
  used.clear();
  used.add('differentially private groups');
  const scope = PERSON.filter(({ sql }) => sql !== 'note' && sql !== 'code');
  const where = random.below(2) === 0 ? '' : ` WHERE ${expression({ random, used, scope }, 'boolean', 1)}`;
  const keys = random.below(3);
  const [key, by] = [
    ['', ''],
    ['sex AS g0, ', ' GROUP BY sex'],
    ['city AS g0, ', ' GROUP BY city'],
  ][keys]!;
  const values = random.pick([
    'sum(score) AS a0',
    'count(score) AS a0, sum(score) AS a1',
    'sum(score) AS a0, sum(pay) AS a1',
  ]);
  const sql = `SELECT ${key}${values} FROM person${where}${by}`;
  return { ...NOTHING_KNOWN, sql, used, oracle: sql, keys: Math.min(keys, 1), isPublic: false };
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

/** What the user may do with groups: compared where nothing is withheld; nothing of it may fail or leak. */
function over(query: string, keys: number, { random, used }: Maker): string {
  const construct = random.pick(Object.entries(OVER).flatMap(([name, { keysMin }]) => (keys >= keysMin ? [name] : [])));
  used.add(construct);
  return OVER[construct]!.write(query, random);
}

interface Over {
  readonly keysMin: number;
  readonly write: (query: string, random: SeededRandom) => string;
}
const OVER: Readonly<Record<string, Over>> = {
  WITH: { keysMin: 0, write: (query) => `WITH w AS (${query}) SELECT count(*), count(a0) FROM w` },
  'derived over groups': { keysMin: 0, write: (query) => `SELECT max(a0), min(a0), sum(a0) FROM (${query}) w` },
  window: {
    keysMin: 0,
    write: (query) => `SELECT a0, rank() OVER (ORDER BY a0 DESC), sum(a0) OVER () FROM (${query}) w`,
  },
  'window frame': {
    keysMin: 1,
    write: (query, random) =>
      `SELECT g0, ${random.pick(['sum', 'max', 'count'])}(a0) OVER (ORDER BY g0${random.pick([' DESC', ''])}) AS s, dense_rank() OVER (ORDER BY g0) AS r FROM (${query}) w`,
  },
  QUALIFY: { keysMin: 1, write: (query) => `SELECT g0, a0 FROM (${query}) w QUALIFY rank() OVER (ORDER BY g0) <= 3` },
  'groups grouped again': {
    keysMin: 1,
    write: (query) =>
      `SELECT g0 IS NULL AS h, count(*) AS n, max(a0) AS m FROM (${query}) w GROUP BY h HAVING count(*) > 0`,
  },
  'groups joined': {
    keysMin: 1,
    write: (query) =>
      `WITH w AS (${query}) SELECT x.g0, x.a0, y.a0 FROM w x JOIN w y ON x.g0 IS NOT DISTINCT FROM y.g0`,
  },
  UNION: { keysMin: 0, write: (query, random) => `(${query}) UNION ${random.pick(['', 'ALL '])}(${query})` },
  'union of aggregates over different tables': {
    keysMin: 0,
    write: (query) =>
      `SELECT 'a' AS what, count(a0) AS n FROM (${query}) w UNION ALL SELECT 'visit', count(*) FROM visit`,
  },
  EXCEPT: { keysMin: 0, write: (query, random) => `(${query}) ${random.pick(['EXCEPT', 'INTERSECT'])} (${query})` },
  'scalar subquery': {
    keysMin: 0,
    write: (query) => `SELECT (SELECT count(*) FROM (${query}) w) AS c, n FROM pub WHERE n > 0`,
  },
};

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
