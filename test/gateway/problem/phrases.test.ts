import { describe, expect, test } from 'vitest';
import { PHRASES, phraseFor } from '../../../gateway/messages/phrases.ts';
import { problemOf } from '../../../gateway/problem.ts';
import { PRODUCT_FILES, type SyntaxNode, walk } from '../../tidy/source-tree.ts';
import { isSqlText } from './sql-text.ts';

/** Texts of both folders that reach no message. */
const NOT_FACTS: ReadonlySet<string> = new Set([
  'not implemented',
  ' or ',
  'token',
  '[{} present]',
  'a JSON column does not fit: {}',
]);
/** Files whose texts are SQL to run, rules of Cedar, or public titles in both languages. */
const NOT_MESSAGES =
  /^(policies\/(access|sql\/emit|sql\/forms|sql\/functions\/(?!refused|constant))|catalog\/first-batch)/;
/** Properties that hold facts, and those that hold documentation. */
const FACT_KEYS = new Set(['accepted', 'actual', 'construct', 'expected', 'problem', 'use']);
const DOC_KEYS = new Set(['doc', 'total', 'zh', 'en', 'title', 'version']);
/** Calls whose texts are invariants, and those whose text is the use of an identifier. */
const ASSERTS = new Set(['assert', 'Error', 'AssertionFailed', 'exec', 'prepare', 'pragma']);
const USES = new Set(['misuse', 'identifierUse', 'refuseTokens']);

/** The value of a literal, with `{}` where a template has an expression. */
function textOf(node: SyntaxNode): string | null {
  if (node.type === 'Literal') return typeof node['value'] === 'string' ? node['value'] : null;
  if (node.type !== 'TemplateLiteral') return null;
  return (node['quasis'] as { value: { cooked: string } }[]).map(({ value }) => value.cooked).join('{}');
}

function nameOf(node: unknown): string {
  const { name, property } = (node ?? {}) as { name?: string; property?: { name?: string } };
  return name ?? property?.name ?? '';
}

/** Whether a text may be thrown in words: several of them anywhere, a single one only where it is surely a fact. */
function mayBePhrase(text: string, parent: SyntaxNode | null): boolean {
  const key = parent?.type === 'Property' ? nameOf(parent['key']) : '';
  const callee = /Expression$/.test(parent?.type ?? '') ? nameOf(parent?.['callee']) : '';
  if (DOC_KEYS.has(key) || ASSERTS.has(callee) || NOT_FACTS.has(text)) return false;
  return text.includes(' ') || FACT_KEYS.has(key) || USES.has(callee);
}

/** What the catalogue says to SQLite. */
const isStatement = (path: string, text: string): boolean =>
  path.startsWith('catalog/') && /^\s*[A-Z]{4,} |\n| = |\{\} IN /.test(text);

const WRITTEN = PRODUCT_FILES.filter(
  ({ path }) => /^(policies|catalog)\//.test(path) && !NOT_MESSAGES.test(path),
).flatMap(({ path, program }) => {
  const texts: [path: string, text: string][] = [];
  walk(program, (node, parent) => {
    const text = textOf(node);
    if (text === null || !/[a-z]/.test(text) || isStatement(path, text)) return;
    if (mayBePhrase(text, parent)) texts.push([path, text]);
  });
  return texts;
});

/** A text of the source as it is thrown: with something in its holes. */
const filledIn = (text: string): string => text.replaceAll('{}', '7');
const inChinese = (text: string): string | null => phraseFor('accepted', text, false, 'zh');

test('every phrase in policies and catalog has its Chinese', () => {
  expect(WRITTEN.length).toBeGreaterThan(150);
  const missing = WRITTEN.filter(([, text]) => !isSqlText(filledIn(text)) && inChinese(filledIn(text)) === null);
  expect(missing).toEqual([]);
});

test('no phrase is left over', () => {
  /** Put together from the name of a type. */
  const COMPOSED = /^(date|timestamp) \(DATE/;
  const source = PRODUCT_FILES.filter(({ path }) => !path.startsWith('gateway/messages/')).map(({ text }) =>
    text.replaceAll('\\`', '`'),
  );
  const isSaid = (key: string): boolean => {
    const pieces = key.split(/\{(?:#|list)?\}/);
    return source.some((text) => pieces.every((piece) => text.includes(piece)));
  };
  expect(Object.keys(PHRASES).filter((key) => !COMPOSED.test(key) && !isSaid(key))).toEqual([]);
});

describe('phraseFor', () => {
  test.each([
    ['accepted', "'…' (1…100)", '长度为 1 到 100 个字符的文本', 'a text of 1 to 100 characters'],
    ['accepted', '-15…15', '-15 到 15', '-15 to 15'],
    ['expected', 'identifier of `person`', '`person` 的标识项', 'an identifier of `person`'],
    ['use', 'aggregate max', '聚合函数 `max`', 'aggregate `max`'],
    [
      'accepted',
      'a join on `a` or `b` with a table that names a person, enterprise, household or institution',
      '用 `a`、`b` 连接一张标明个人、企业、家庭或机构的表',
      null,
    ],
    [
      'accepted',
      'the same on the identifier of every unit of that table: person, enterprise',
      '按该表每种单元的标识项匹配：个人、企业',
      null,
    ],
  ] as const)('%s: %s', (fact, text, zh, en) => {
    expect(phraseFor(fact, text, false, 'zh')).toBe(zh);
    expect(phraseFor(fact, text, false, 'en')).toBe(en ?? text);
  });

  test('leaves SQL and names alone, whatever they are called', () => {
    expect(phraseFor('accepted', 'LIMIT 10', false, 'zh')).toBeNull();
    expect(phraseFor('accepted', 'toString', false, 'zh')).toBeNull();
    for (const fact of ['column', 'table', 'granted', 'near'])
      expect(phraseFor(fact, 'a literal', true, 'zh')).toBeNull();
    expect(phraseFor('what', 'groups', true, 'zh')).toBeNull();
    expect(phraseFor('what', 'groups', false, 'zh')).toBe('分组数');
  });
});

describe('a phrase in a sentence', () => {
  const inBoth = (code: Parameters<typeof problemOf>[0]['code'], facts: Record<string, string>) =>
    (['en', 'zh-CN'] as const).map((language) => problemOf({ code, facts, place: null }, language).detail);

  test('stands without backticks, and without the space that Chinese puts before what is foreign', () => {
    expect(inBoth('POLICY_IDENTIFIER_USE', { column: 'pid', use: 'literal' })).toEqual([
      'identifier `pid` cannot be used in a comparison with a literal',
      '标识项 `pid` 不能用于与常量的比较',
    ]);
    expect(inBoth('POLICY_IDENTIFIER_USE', { column: 'pid', use: '=' })).toEqual([
      'identifier `pid` cannot be used in `=`',
      '标识项 `pid` 不能用于 `=`',
    ]);
    expect(inBoth('SQL_CONSTRUCT_REFUSED', { construct: 'ORDER BY of a set operation' })).toEqual([
      'this ORDER BY of a set operation is not accepted',
      '不接受集合运算的这种 ORDER BY',
    ]);
    expect(inBoth('SQL_TYPE_MISMATCH', { what: 'sum', expected: 'number', actual: 'text' })).toEqual([
      '`sum` needs a number; found `text`',
      '`sum` 需要数值；实际为 `text`',
    ]);
  });
});
