/**
 * Random queries over the small city, as text: every clause, subqueries of every kind wherever a value may stand. What
 * DuckDB answers differently each time (rows of a tie, division by zero as infinity) is left out.
 */

export type Random = (below: number) => number;

type Kind = 'number' | 'text' | 'date' | 'boolean';
interface Column {
  readonly sql: string;
  readonly kind: Kind | 'person' | 'firm';
}
type Scope = readonly Column[];

const TABLES: Readonly<Record<string, readonly (readonly [name: string, kind: Column['kind']])[]>> = {
  person: [
    ['pid', 'person'],
    ['age', 'number'],
    ['income', 'number'],
    ['sex', 'text'],
    ['div_code', 'text'],
    ['born', 'date'],
    ['active', 'boolean'],
  ],
  visit: [
    ['pid', 'person'],
    ['dept', 'text'],
    ['fee', 'number'],
    ['days', 'number'],
  ],
  job: [
    ['pid', 'person'],
    ['uscc', 'firm'],
    ['since', 'date'],
    ['wage', 'number'],
  ],
  firm: [
    ['uscc', 'firm'],
    ['name', 'text'],
    ['industry', 'text'],
    ['staff', 'number'],
    ['div_code', 'text'],
  ],
};

const LITERALS: Readonly<Record<Kind, readonly string[]>> = {
  number: ['0', '1', '7', '30', '2.5', '-3', '100'],
  text: ["'f'", "'A'", "'100'", "'Firm_1'", "''", "'d1'"],
  date: ["DATE '1980-05-17'", "DATE '2001-02-03'"],
  boolean: ['TRUE', 'FALSE'],
};

/** A generator of queries; the same numbers give the same queries. */
export function randomSql(random: Random): () => string {
  let aliases = 0;
  const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;
  const chance = (percent: number): boolean => random(100) < percent;

  function source(): { readonly sql: string; readonly columns: Scope } {
    const table = pick(Object.keys(TABLES));
    const alias = `t${aliases++}`;
    const columns = (TABLES[table] ?? []).map(([name, kind]) => ({ sql: `${alias}.${name}`, kind }));
    return { sql: `${table} ${alias}`, columns };
  }

  /** One table, or two joined by an identifier that both have, else by a condition. */
  function from(): { readonly sql: string; readonly columns: Scope } {
    const left = source();
    if (chance(55)) return left;
    const right = source();
    const columns = [...left.columns, ...right.columns];
    const join = pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'SEMI JOIN', 'ANTI JOIN']);
    const pair = samePair(left.columns, right.columns);
    const on = pair ?? `${value('number', left.columns, [], 0)} = ${value('number', right.columns, [], 0)}`;
    const extra = chance(30) && join !== 'FULL JOIN' ? ` AND ${condition(columns, [], join === 'JOIN' ? 1 : 0)}` : '';
    const visible = /SEMI|ANTI/.test(join) ? left.columns : columns;
    return { sql: `${left.sql} ${join} ${right.sql} ON ${on}${extra}`, columns: visible };
  }

  function samePair(left: Scope, right: Scope): string | null {
    for (const a of left) {
      const b = right.find(({ kind }) => kind === a.kind && (kind === 'person' || kind === 'firm'));
      if (b !== undefined) return `${a.sql} = ${b.sql}`;
    }
    return null;
  }

  function value(kind: Kind, scope: Scope, outer: Scope, depth: number): string {
    const own = [...scope, ...(chance(40) ? outer : [])].filter((column) => column.kind === kind);
    if (depth <= 0 || chance(35)) return own.length > 0 && chance(80) ? pick(own).sql : pick(LITERALS[kind]);
    const inner = (of: Kind): string => value(of, scope, outer, depth - 1);
    switch (kind) {
      case 'number':
        return pick([
          () => `(${inner('number')} ${pick(['+', '-', '*'])} ${inner('number')})`,
          () => `coalesce(${inner('number')}, ${inner('number')})`,
          () => `CASE WHEN ${condition(scope, outer, depth - 1)} THEN ${inner('number')} ELSE ${inner('number')} END`,
          () => `length(${inner('text')})`,
          () => `extract(${pick(['year', 'month', 'dow'])} FROM ${inner('date')})`,
          () => `greatest(${inner('number')}, ${inner('number')})`,
          () => scalar(`${pick(['sum', 'min', 'max', 'count'])}`, [...scope, ...outer], depth - 1),
        ])();
      case 'text':
        return pick([
          () => `upper(${inner('text')})`,
          () => `(${inner('text')} || ${inner('text')})`,
          () => `substring(${inner('text')}, 1, 2)`,
          () => `coalesce(${inner('text')}, '-')`,
        ])();
      case 'date':
        return pick([
          () => `CAST(${inner('date')} + INTERVAL ${random(40)} DAY AS date)`,
          () => `CAST(date_trunc('month', ${inner('date')}) AS date)`,
          () => `nullif(${inner('date')}, ${inner('date')})`,
        ])();
      default:
        return condition(scope, outer, depth);
    }
  }

  function condition(scope: Scope, outer: Scope, depth: number): string {
    const kind = pick(['number', 'text', 'date'] as const);
    const inner = (): string => value(kind, scope, outer, depth - 1);
    const simple = (): string => `${inner()} ${pick(['=', '<>', '<', '<=', '>', '>='])} ${inner()}`;
    if (depth <= 0) return `(${simple()})`;
    const all = [...scope, ...outer];
    const nested = (): string => condition(scope, outer, depth - 1);
    return pick([
      simple,
      () => `(${nested()} ${pick(['AND', 'OR'])} ${nested()})`,
      () => `NOT (${nested()})`,
      () => `${inner()} IS ${pick(['', 'NOT '])}NULL`,
      () => `${inner()} BETWEEN ${inner()} AND ${inner()}`,
      () => `${inner()} ${pick(['', 'NOT '])}IN (${inner()}, ${inner()})`,
      () => `${inner()} IS ${pick(['', 'NOT '])}DISTINCT FROM ${inner()}`,
      () => `${pick(['', 'NOT '])}EXISTS (${rows('number', all, depth - 1)})`,
      () => `${inner()} ${pick(['', 'NOT '])}IN (${rows(kind, all, depth - 1)})`,
      () => `${inner()} ${pick(['=', '<', '>=', '<>'])} ${pick(['ANY', 'ALL'])} (${rows(kind, all, depth - 1)})`,
    ])();
  }

  /** A subquery of one column. DuckDB cannot read outer columns in the ON of an outer join, nor does this write any. */
  function rows(kind: Kind, outer: Scope, depth: number): string {
    const { sql, columns } = from();
    const where = chance(85) ? ` WHERE ${tie(columns, outer) ?? condition(columns, outer, depth)}` : '';
    const item = value(kind, columns, chance(20) ? outer : [], depth);
    const body = `SELECT ${chance(15) ? 'DISTINCT ' : ''}${item} FROM ${sql}${where}`;
    if (depth <= 0 || chance(85)) return body;
    return `${body} ${pick(['UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT'])} ${rows(kind, outer, depth - 1)}`;
  }

  function tie(columns: Scope, outer: Scope): string | null {
    const pair = chance(50) ? samePair(columns, outer) : null;
    return pair === null ? null : chance(50) ? pair : `${pair} AND ${condition(columns, outer, 1)}`;
  }

  /** A subquery of one row for certain: an aggregate without groups. */
  function scalar(fn: string, outer: Scope, depth: number): string {
    const { sql, columns } = from();
    const where = chance(80) ? ` WHERE ${tie(columns, outer) ?? condition(columns, outer, depth)}` : '';
    return `(SELECT ${fn}(${value('number', columns, [], depth)}) FROM ${sql}${where})`;
  }

  function aggregate(scope: Scope): string {
    const argument = value('number', scope, [], 1);
    const filter = chance(25) ? ` FILTER (WHERE ${condition(scope, [], 1)})` : '';
    return `${pick(['sum', 'avg', 'min', 'max', 'count', 'count(DISTINCT'])}(${argument})${filter}`.replace(
      'count(DISTINCT(',
      'count(DISTINCT (',
    );
  }

  function window(scope: Scope): string {
    // Every column decides the order, so that equal rows alone are interchangeable.
    const order = scope.filter(({ kind }) => kind !== 'person' && kind !== 'firm').map(({ sql }) => sql);
    const partition = chance(50) ? `PARTITION BY ${value('text', scope, [], 1)} ` : '';
    const frame = pick(['', ' ROWS BETWEEN 2 PRECEDING AND CURRENT ROW', ' RANGE UNBOUNDED PRECEDING']);
    const key = chance(50) ? value('number', scope, [], 1) : order.join(', ');
    return pick([
      () => `rank() OVER (${partition}ORDER BY ${key})`,
      () => `sum(${value('number', scope, [], 0)}) OVER (${partition}ORDER BY ${order.join(', ')}${frame})`,
      () => `count(*) OVER (${partition}ORDER BY ${key} RANGE UNBOUNDED PRECEDING)`,
      () => `max(${value('number', scope, [], 1)}) OVER (${partition.trim()})`,
    ])();
  }

  function select(): string {
    const { sql, columns } = from();
    const where = chance(60) ? ` WHERE ${condition(columns, [], 2)}` : '';
    const kinds: readonly Kind[] = ['number', 'text', 'date', 'boolean'];
    if (chance(40)) {
      const items = [1, 2].map(() => value(pick(kinds), columns, [], 2));
      const extra = chance(25) ? `, ${window(columns)}` : '';
      return `SELECT ${chance(15) ? 'DISTINCT ' : ''}${items.join(', ')}${extra} FROM ${sql}${where}`;
    }
    const keys = Array.from({ length: random(3) }, () => value(pick(['text', 'number'] as const), columns, [], 1));
    const sets = chance(20) && keys.length > 0 ? pick(['ROLLUP', 'CUBE']) : null;
    const group = keys.map((_, index) => `${index + 1}`).join(', ');
    const by = keys.length === 0 ? '' : ` GROUP BY ${sets === null ? group : `${sets} (${keys.join(', ')})`}`;
    const having = chance(25) ? ` HAVING ${aggregate(columns)} > ${chance(40) ? scalar('avg', [], 1) : '1'}` : '';
    const items = [...keys, aggregate(columns), aggregate(columns)];
    return `SELECT ${items.join(', ')} FROM ${sql}${where}${by}${having}`;
  }

  return () => {
    aliases = 0;
    return chance(12) ? `SELECT count(*) FROM (${select()}) q` : select();
  };
}
