import { describe, expect, test } from 'vitest';
import {
  keywordBefore,
  parameterOf,
  statementsOf,
  typeWritten,
  withStandardSigns,
  wordsOf,
} from '../../../policies/sql/text-words.ts';

const words = (text: string): readonly string[] => wordsOf(text).map(({ word }) => word);

describe('wordsOf', () => {
  test.each([
    ['SELECT a.b, 中文', ['SELECT', 'a', '.', 'b', ',', '中文']],
    [`x 'it''s ?' "a ""b""" E'\\'?' y`, ['x', 'y']],
    ['x -- ? $1\ny /* ; */ z', ['x', 'y', 'z']],
    ['$$ ? $$ $t$ ; $$ $t$ $1 ?', ['$1', '?']],
    [`'never closed ; ?`, []],
    ['', []],
  ])('%s', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  // One that looked back or ahead for each would take minutes, and the test's own time would end it.
  test.each([
    "'",
    '"',
    '/*',
    '$a$',
    "e'",
    '--',
    '$',
    "''",
    '`',
    '`"',
    '`a',
    '[',
    '[a',
    '[a]',
    '(',
    'TOP ',
    'SELECT TOP 1 ',
  ])('takes a long row of %s', (piece) => {
    expect(wordsOf(piece.repeat(200_000)).length).toBeLessThanOrEqual(600_000);
    expect(withStandardSigns(piece.repeat(200_000)).length).toBeGreaterThanOrEqual(piece.length * 200_000);
  });
});

test.each([
  ['SELECT `a b` FROM `t` x', 'SELECT "a b" FROM "t" x'],
  [
    'SELECT \'`a`\', "`b`", $$ `c` $$ -- `d`\n, `e` /* `f` */',
    'SELECT \'`a`\', "`b`", $$ `c` $$ -- `d`\n, "e" /* `f` */',
  ],
  ['SELECT `a"b`', 'SELECT `a"b`'],
  ['SELECT a, `c', 'SELECT a, `c'],
  ['SELECT age DIV 10, age div 5', 'SELECT age //  10, age //  5'],
  ["SELECT 'a DIV 1' AS div, div", "SELECT 'a DIV 1' AS div, div"],
  ["SELECT {fn YEAR({d '2024-01-31'})}, {'d': 1}", "SELECT (   YEAR((  '2024-01-31'))), {'d': 1}"],
  ["WHERE d > {ts '2024-01-31 00:00:00'}", "WHERE d > (   '2024-01-31 00:00:00')"],
  ['SELECT {d: 1}', 'SELECT {d: 1}'],
  ["SELECT [t].[a b], ['a'], [1], x::int[] -- [c]", 'SELECT "t"."a b", [\'a\'], [1], x::int[] -- [c]'],
  ['SELECT TOP 10 a FROM t ORDER BY 1;', 'SELECT        a FROM t ORDER BY 1\nLIMIT 10'],
  [
    'SELECT DISTINCT TOP (5) a FROM (SELECT TOP 3 b FROM u)',
    'SELECT DISTINCT         a FROM (SELECT TOP 3 b FROM u)\nLIMIT 5',
  ],
  ['WITH x AS (SELECT 1) SELECT TOP 2 * FROM x', 'WITH x AS (SELECT 1) SELECT       * FROM x\nLIMIT 2'],
  ['SELECT TOP 5 PERCENT a FROM t', 'SELECT TOP 5 PERCENT a FROM t'],
  ['SELECT TOP 5 a FROM t UNION SELECT b FROM u', 'SELECT TOP 5 a FROM t UNION SELECT b FROM u'],
  ['SELECT TOP 5 a FROM t; SELECT 1', 'SELECT TOP 5 a FROM t; SELECT 1'],
  ["SELECT top, 'SELECT TOP 5' FROM t", "SELECT top, 'SELECT TOP 5' FROM t"],
])('signs of other systems: %s', (text, expected) => expect(withStandardSigns(text)).toBe(expected));

test('keywordBefore gives the last one before the offset', () => {
  const text = "a union b UNION /* union */ 'union' c";
  expect(keywordBefore(wordsOf(text), ['UNION'], text.length)).toEqual({ word: 'UNION', at: 10 });
  expect(keywordBefore(wordsOf(text), ['UNION'], 9)).toEqual({ word: 'union', at: 2 });
  expect(keywordBefore(wordsOf(text), ['EXCEPT'], null)).toBeNull();
});

test('statementsOf gives the first word of each', () => {
  expect(statementsOf("-- x\n;SELECT ';';; DROP t;").map(({ word, at }) => [word, at])).toEqual([
    ['SELECT', 6],
    ['DROP', 19],
  ]);
});

test('parameterOf finds a parameter as it is written', () => {
  expect(parameterOf("SELECT '?', ?, ?", '2')).toEqual({ word: '?', at: 15 });
  expect(parameterOf('SELECT $2, $name', 'name')).toEqual({ word: '$name', at: 11 });
  expect(parameterOf('SELECT 1', '1')).toBeNull();
});

describe('typeWritten', () => {
  test.each([
    ['x::varchar', 1, 'varchar'],
    ['x:: decimal(18, 2) + 1', 1, 'decimal(18, 2)'],
    ['x::integer[] y', 1, 'integer[]'],
    ['CAST(x AS Text)', 0, 'Text'],
    ["try_cast(CAST(')' AS text) || (y) AS double precision) AS z", 0, 'double precision'],
    ['EXTRACT(year FROM x)', 0, null],
    ['CAST(x', 0, null],
    ['x', null, null],
  ])('%s', (text, at, expected) => {
    expect(typeWritten(text, at)).toBe(expected);
  });
});
