import type { SqlType } from '../sql-type.ts';
import { DOUBLE, decimal, INTEGER } from '../sql-type.ts';
import { engineType } from '../type-rules.ts';
import { integerBetween } from './constant-rules.ts';
import { engineCall, type ScalarEntry, type Signature } from './scalar-entry.ts';

const DOUBLE_TO_DOUBLE: readonly Signature[] = [{ params: [{ is: 'double' }], result: DOUBLE }];
const first = (types: readonly SqlType[]): SqlType => types[0] ?? DOUBLE;

/** Rounding to whole numbers keeps integers and decimals exact. */
function whole(types: readonly SqlType[]): SqlType {
  const type = first(types);
  return type.kind === 'decimal' ? decimal(type.precision, 0) : type;
}

const DIGITS = { is: 'integer', constant: integerBetween(-15, 15) } as const;
const WHOLE: readonly Signature[] = [{ params: [{ is: 'number' }], result: whole }];

/** DuckDB rounds decimals to decimals of its own choice of scale; the cast makes it the declared one. */
const wholeSql =
  (name: string): ScalarEntry['sql'] =>
  ([a = ''], call) => {
    if (call.type.kind === 'integer' || call.type.kind === 'hugeint') return a;
    const sql = `TRY(${name}(${a}))`;
    return call.type.kind === 'decimal' ? `TRY_CAST(${sql} AS DECIMAL(${call.type.precision},0))` : sql;
  };

const wholeEntry = (name: string, spellings: readonly string[], zh: string, en: string): ScalarEntry => ({
  name,
  spellings,
  signatures: WHOLE,
  sql: wholeSql(name),
  strict: true,
  total: 'finite in, finite out; a decimal that gains a digit gives NULL',
  doc: { zh, en },
});

const doubleEntry = (name: string, zh: string, en: string, domain: string): ScalarEntry => ({
  name,
  spellings: [name],
  signatures: DOUBLE_TO_DOUBLE,
  sql: engineCall(name),
  raises: true,
  nonFinite: true,
  strict: true,
  total: domain,
  doc: { zh, en },
});

export const MATH_FUNCTIONS: readonly ScalarEntry[] = [
  {
    name: 'abs',
    spellings: ['abs', '@'],
    signatures: [{ params: [{ is: 'number' }], result: first }],
    sql: engineCall('abs'),
    raises: true,
    strict: true,
    total: 'the smallest integer gives NULL by TRY',
    doc: { zh: '绝对值', en: 'absolute value' },
  },
  {
    name: 'sign',
    spellings: ['sign'],
    signatures: [{ params: [{ is: 'number' }], result: INTEGER }],
    sql: ([a = '']) => `CAST(sign(${a}) AS BIGINT)`,
    strict: true,
    total: 'gives −1, 0 or 1',
    doc: { zh: '符号', en: 'sign' },
  },
  {
    name: 'round',
    spellings: ['round'],
    signatures: [
      { params: [{ is: 'number' }], result: whole },
      { params: [{ is: 'number' }, DIGITS], result: first },
    ],
    sql: roundSql,
    nonFinite: true,
    strict: true,
    total: 'digits are a literal; overflow gives NULL',
    doc: { zh: '四舍五入', en: 'rounding, half away from zero' },
  },
  wholeEntry('floor', ['floor'], '向下取整', 'largest whole number not above'),
  wholeEntry('ceil', ['ceil', 'ceiling'], '向上取整', 'smallest whole number not below'),
  {
    ...wholeEntry('trunc', ['trunc'], '截断取整', 'whole part; with digits, cut behind them'),
    signatures: [...WHOLE, { params: [{ is: 'number' }, DIGITS], result: first }],
    sql: truncSql,
    nonFinite: true,
    total: 'digits are a literal; a decimal that gains a digit gives NULL',
  },
  doubleEntry('sqrt', '平方根', 'square root', 'a negative argument gives NULL by TRY'),
  doubleEntry('cbrt', '立方根', 'cube root', 'defined everywhere'),
  doubleEntry('exp', '指数', 'exponential', 'overflow to infinity gives NULL'),
  doubleEntry('ln', '自然对数', 'natural logarithm', 'zero and negative arguments give NULL by TRY'),
  {
    ...doubleEntry('log10', '常用对数', 'decimal logarithm', 'zero and negative arguments give NULL by TRY'),
    spellings: ['log10'],
  },
  {
    ...doubleEntry(
      'log',
      '对数，默认以 10 为底',
      'logarithm, of base 10 or of the first argument',
      'undefined logarithms give NULL by TRY',
    ),
    signatures: [...DOUBLE_TO_DOUBLE, { params: [{ is: 'double' }, { is: 'double' }], result: DOUBLE }],
  },
  doubleEntry('log2', '二进对数', 'binary logarithm', 'zero and negative arguments give NULL by TRY'),
  doubleEntry('sin', '正弦', 'sine', 'finite arguments only'),
  doubleEntry('cos', '余弦', 'cosine', 'finite arguments only'),
  doubleEntry('tan', '正切', 'tangent', 'poles give a finite double or NULL'),
  doubleEntry('asin', '反正弦', 'arc sine', 'outside −1…1 gives NULL by TRY'),
  doubleEntry('acos', '反余弦', 'arc cosine', 'outside −1…1 gives NULL by TRY'),
  doubleEntry('atan', '反正切', 'arc tangent', 'defined everywhere'),
  doubleEntry('radians', '角度转弧度', 'degrees to radians', 'defined everywhere'),
  doubleEntry('degrees', '弧度转角度', 'radians to degrees', 'overflow gives NULL'),
  {
    name: 'atan2',
    spellings: ['atan2'],
    signatures: [{ params: [{ is: 'double' }, { is: 'double' }], result: DOUBLE }],
    sql: engineCall('atan2'),
    raises: true,
    nonFinite: true,
    strict: true,
    total: 'defined everywhere',
    doc: { zh: '方位角', en: 'angle of a point' },
  },
  {
    name: 'power',
    spellings: ['pow', 'power', '^', '**'],
    signatures: [{ params: [{ is: 'double' }, { is: 'double' }], result: DOUBLE }],
    sql: engineCall('pow'),
    raises: true,
    nonFinite: true,
    strict: true,
    total: 'overflow and undefined powers give NULL',
    doc: { zh: '乘方', en: 'power' },
  },
  {
    name: 'pi',
    spellings: ['pi'],
    signatures: [{ params: [], result: DOUBLE }],
    sql: () => 'pi()',
    strict: true,
    total: 'a constant',
    doc: { zh: '圆周率', en: 'the number pi' },
  },
];

function roundSql(args: readonly string[], call: Parameters<ScalarEntry['sql']>[1]): string {
  const [a = '', digits] = args;
  const type = call.type;
  if (digits === undefined) return wholeSql('round')(args, call);
  if (type.kind === 'double') return `TRY(round(${a}, CAST(${digits} AS INTEGER)))`;
  const literal = call.args[1];
  const places = literal?.kind === 'literal' ? Number(literal.value) : 0;
  // WHY by hand: DuckDB gives decimals another scale, and refuses digits that a decimal does not have.
  if (type.kind === 'decimal') {
    if (places >= type.scale) return a;
    const kept = `DECIMAL(${type.precision},${Math.max(places, 0)})`;
    const rounded =
      places >= 0
        ? `TRY_CAST(${a} AS ${kept})`
        : `TRY_CAST(TRY(round(TRY_CAST(${a} AS HUGEINT), ${places})) AS ${kept})`;
    return `TRY_CAST(${rounded} AS DECIMAL(${type.precision},${type.scale}))`;
  }
  return places >= 0 ? a : `TRY_CAST(TRY(round(${a}, ${places})) AS ${type.kind === 'hugeint' ? 'HUGEINT' : 'BIGINT'})`;
}

function truncSql(args: readonly string[], call: Parameters<ScalarEntry['sql']>[1]): string {
  const [a = '', digits] = args;
  const type = call.type;
  if (digits === undefined) return wholeSql('trunc')(args, call);
  const places = `CAST(${digits} AS INTEGER)`;
  if (type.kind === 'double') return `TRY(trunc(${a}, ${places}))`;
  const literal = call.args[1];
  const count = literal?.kind === 'literal' ? Number(literal.value) : 0;
  if (count >= (type.kind === 'decimal' ? type.scale : 0)) return a;
  return `TRY_CAST(TRY(trunc(${a}, ${count})) AS ${engineType(type)})`;
}
