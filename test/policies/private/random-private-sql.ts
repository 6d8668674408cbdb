import type { SeededRandom } from '../../attack/seeded-random.ts';

/** What a FROM clause gives: names of units, numbers, and expressions to group by. */
interface Source {
  readonly from: string;
  readonly units: readonly string[];
  readonly numbers: readonly string[];
  readonly keys: readonly string[];
}

const isFirm = (unit: string): boolean => unit.endsWith('.firm');

/** Queries over the tables of `neighbour-city.ts`, as they come: joins, subqueries per unit, windows, unions, conditions by other tables. Many are refused. */
export class RandomPrivateSql {
  readonly #random: SeededRandom;
  #aliases = 0;
  constructor(random: SeededRandom) {
    this.#random = random;
  }

  query(): string {
    this.#aliases = 0;
    const source = this.#source(this.#random.pick([0, 1, 1, 2]));
    const keys = this.#chance(0.65) ? this.#several(this.#random.pick([1, 1, 2]), () => this.#pick(source.keys)) : [];
    const conditions = [
      ...(this.#chance(0.3) ? [this.#condition(source)] : []),
      ...(this.#chance(0.3) ? [this.#conditionByOthers(source)] : []),
    ];
    const measures = this.#several(1 + this.#random.below(3), () => this.#measure(source));
    const columns = [...keys, ...measures].map((expr, at) => `${expr} AS o${at}`).join(', ');
    const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
    const by = `GROUP BY ${keys.join(', ')}`;
    if (keys.length > 0 && this.#chance(0.15)) {
      const most = this.#pick(['count(*)', `count(DISTINCT ${this.#pick(source.units)})`]);
      return `SELECT ${keys.join(', ')} FROM ${source.from}${where} ${by} ORDER BY ${most} DESC LIMIT 2`;
    }
    const sets = keys.length > 1 && this.#chance(0.2) ? `ROLLUP (${keys.join(', ')})` : keys.join(', ');
    return `SELECT ${columns} FROM ${source.from}${where}${keys.length === 0 ? '' : ` GROUP BY ${sets}`}`;
  }

  #chance = (share: number): boolean => this.#random.next() < share;
  #pick = <T>(list: readonly T[]): T => this.#random.pick(list);
  #whole = (below: number): number => this.#random.below(below);
  #alias(): string {
    this.#aliases += 1;
    return `a${this.#aliases}`;
  }
  #several = (count: number, make: () => string): readonly string[] => [
    ...new Set(Array.from({ length: count }, make)),
  ];

  #table(): Source {
    const a = this.#alias();
    const of = (from: string, units: string[], numbers: string[], keys: string[]): Source => {
      const named = (columns: string[]) => columns.map((column) => column.replaceAll('$', a));
      return { from: `${from} ${a}`, units: named(units), numbers: named(numbers), keys: named(keys) };
    };
    const trips = ['$.district', '$.kind', '$.hour', '$.stop', '$.hour // 6', '$.minutes > 300'];
    return this.#pick([
      () => of('trips', ['$.person'], ['$.fare', '$.minutes', '$.hour', 'least(greatest($.weight, -9), 9)'], trips),
      () => of('people', ['$.person'], ['$.income'], ['$.home', '$.income // 250000']),
      () => of('posts', ['$.person', '$.firm'], ['$.wage'], ['$.site', '$.wage // 10000']),
      () => of('firms', ['$.firm'], ['$.turnover'], ['$.sector']),
      () => of('payments', ['$.payer', '$.payee'], ['$.amount'], ['$.what']),
    ])();
  }

  #source(depth: number): Source {
    if (depth === 0) return this.#table();
    const make = this.#pick([
      () => this.#table(),
      () => this.#joined(depth),
      () => this.#joined(depth),
      () => this.#besidePublic(depth),
      () => this.#perUnit(depth),
      () => this.#perUnit(depth),
      () => this.#united(),
      () => this.#windowed(depth),
    ]);
    return make();
  }

  /** An equality of two columns that name one kind of unit; null where chance finds none. */
  #match(a: Source, b: Source): string | null {
    const pairs = a.units.flatMap((x) => b.units.flatMap((y) => (isFirm(x) === isFirm(y) ? [`${x} = ${y}`] : [])));
    return pairs.length === 0 ? null : this.#pick(pairs);
  }

  #joined(depth: number): Source {
    const [a, b] = [this.#source(depth - 1), this.#source(depth - 1)];
    const on = this.#match(a, b);
    if (on === null) return a;
    const more = this.#chance(0.2) ? ` AND ${this.#pick(b.numbers)} > ${this.#whole(300)}` : '';
    const join = this.#pick(['JOIN', 'JOIN', 'JOIN', 'LEFT JOIN', 'FULL JOIN', 'RIGHT JOIN']);
    const other = b.from.includes(' JOIN ') ? `(${b.from})` : b.from;
    return {
      from: `${a.from} ${join} ${other} ON ${on}${more}`,
      units: [...a.units, ...b.units],
      numbers: [...a.numbers, ...b.numbers],
      keys: [...a.keys, ...b.keys],
    };
  }

  #besidePublic(depth: number): Source {
    const source = this.#source(depth - 1);
    const hour = source.keys.find((key) => key.endsWith('.hour'));
    if (hour === undefined) return source;
    const a = this.#alias();
    return {
      ...source,
      from: `${source.from} ${this.#pick(['JOIN', 'LEFT JOIN'])} hours ${a} ON ${a}.at = ${hour}`,
      numbers: [...source.numbers, `${a}.price`],
      keys: [...source.keys, `${a}.part`, `${a}.label`],
    };
  }

  #perUnit(depth: number): Source {
    const source = this.#source(depth - 1);
    const [unit, a] = [this.#pick(source.units), this.#alias()];
    const name = unit.split('.')[1]!;
    const key = this.#chance(0.3) ? this.#pick(source.keys) : null;
    const made = this.#pick(['sum(#)', 'max(#)', 'min(#)', 'avg(#)', 'count(#)', 'count(DISTINCT #)']);
    const columns = `${unit} AS ${name}, ${key === null ? '' : `${key} AS k, `}count(*) AS n, ${made.replace('#', this.#pick(source.numbers))} AS v`;
    const where = this.#chance(0.3) ? ` WHERE ${this.#condition(source)}` : '';
    const having = this.#chance(0.2) ? ` HAVING count(*) > ${this.#whole(3)}` : '';
    const by = `GROUP BY ${unit}${key === null ? '' : `, ${key}`}`;
    return {
      from: `(SELECT ${columns} FROM ${source.from}${where} ${by}${having}) AS ${a}`,
      units: [`${a}.${name}`],
      numbers: [`least(greatest(${a}.v, 0), 100)`, `${a}.n`],
      keys: [`least(${a}.n, 3)`, ...(key === null ? [] : [`${a}.k`])],
    };
  }

  #united(): Source {
    const [a, sides] = [this.#alias(), [this.#table(), this.#table()]];
    const selects = sides.map(
      ({ from, units, keys, numbers }) =>
        `SELECT ${units[0]} AS u, ${keys[0]} AS k, CAST(${this.#pick(numbers)} AS DOUBLE) AS v FROM ${from}`,
    );
    const word = this.#pick(['UNION ALL', 'UNION ALL', 'UNION', 'EXCEPT', 'INTERSECT']);
    return {
      from: `(${selects.join(` ${word} `)}) AS ${a}`,
      units: [`${a}.u`],
      numbers: [`least(greatest(${a}.v, 0), 100)`],
      keys: [`${a}.k`],
    };
  }

  #windowed(depth: number): Source {
    const source = this.#source(depth - 1);
    const a = this.#alias();
    const [unit, number, key] = [source.units[0]!, source.numbers[0]!, source.keys[0]!];
    const name = unit.split('.')[1]!;
    const made = this.#pick(['row_number()', 'count(*)', `sum(${number})`, `lag(${number})`, 'rank()']);
    const over = `PARTITION BY ${this.#pick([...source.units, ...source.units, key])} ORDER BY ${number}`;
    return {
      from: `(SELECT ${unit} AS ${name}, ${key} AS k, ${number} AS v, ${made} OVER (${over}) AS w FROM ${source.from}) AS ${a}`,
      units: [`${a}.${name}`],
      numbers: [`least(greatest(${a}.v, 0), 100)`, `least(greatest(${a}.w, 0), 5)`],
      keys: [`${a}.k`, `least(greatest(${a}.w, 0), 5)`],
    };
  }

  #condition(source: Source): string {
    const [x, y, key] = [this.#pick(source.numbers), this.#pick(source.numbers), this.#pick(source.keys)];
    return this.#pick([
      `${x} > ${this.#whole(500)}`,
      `${x} <= ${this.#whole(50)}`,
      `${x} IS NOT NULL`,
      `${x} IS NULL`,
      `${key} IS NOT NULL`,
      `${x} BETWEEN ${this.#whole(20)} AND ${20 + this.#whole(200)}`,
      `${x} IN (3, 7, 50)`,
      `NOT (${x} < ${this.#whole(100)})`,
      `CASE WHEN ${x} > 10 THEN ${y} > 5 ELSE true END`,
    ]);
  }

  #conditionByOthers(source: Source): string {
    const other = this.#source(1);
    const match = this.#match(source, other);
    const [x, y] = [this.#pick(source.numbers), this.#pick(other.numbers)];
    const any = `(SELECT ${this.#pick(['avg', 'median', 'max'])}(${y}) FROM ${other.from})`;
    if (match === null) return this.#pick([`${x} > ${any}`, `${x} IN (SELECT ${y} FROM ${other.from})`]);
    const [own, theirs] = match.split(' = ') as [string, string];
    return this.#pick([
      `EXISTS (SELECT 1 FROM ${other.from} WHERE ${match} AND ${this.#condition(other)})`,
      `NOT EXISTS (SELECT 1 FROM ${other.from} WHERE ${match})`,
      `${own} IN (SELECT ${theirs} FROM ${other.from} WHERE ${this.#condition(other)})`,
      `${own} NOT IN (SELECT ${theirs} FROM ${other.from})`,
      `${x} > (SELECT avg(${y}) FROM ${other.from} WHERE ${match})`,
      `${x} > ${any}`,
    ]);
  }

  #measure(source: Source): string {
    const [x, y] = [this.#pick(source.numbers), this.#pick(source.numbers)];
    const [unit, key] = [this.#pick(source.units), this.#pick(source.keys)];
    const made = this.#pick([
      ...['count(*)', `count(${x})`, `count(DISTINCT ${unit})`, `count(DISTINCT ${x})`, `count(DISTINCT ${key})`],
      ...[`count_if(${x} > 4)`, `sum(${x})`, `avg(${x})`, `sum(sqrt(${x}))`, `sum(abs(${x}) - 2 * ${y})`],
      ...[`sum(least(greatest(${x} * ${y}, -5), 50))`, `sum(least(greatest(1000 / (${x} - 7), -4), 9))`],
      ...[`sum(CASE WHEN ${x} > 20 THEN ${y} ELSE -3 END)`, `var_pop(${x})`, `corr(${x}, ${y})`],
      ...[`median(${x})`, `max(${x})`, `quantile_cont(${x}, 0.3)`, `mode(${key})`],
    ]);
    return this.#chance(0.2) ? `${made} FILTER (WHERE ${this.#condition(source)})` : made;
  }
}
