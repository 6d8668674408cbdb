import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CATALOGUES, chooseLanguage, FILLINGS, LANGUAGES } from '../../../gateway/messages/language.ts';
import { fillTemplate, placeholdersOf } from '../../../gateway/messages/message.ts';
import { ERROR_CODES } from '../../../policies/index.ts';

/** The facts that policies/errors.ts lists beside each code. */
const FACTS: ReadonlyMap<string, readonly string[]> = new Map(
  [
    ...readFileSync(new URL('../../../policies/errors.ts', import.meta.url), 'utf8').matchAll(
      /^ {2}'([A-Z_]+)', \/\/ (.*)$/gm,
    ),
  ].map(([, code = '', comment = '']) => [code, comment.startsWith('(none)') ? [] : factsOf(comment)]),
);

function factsOf(comment: string): string[] {
  return comment
    .replace(/^facts: /, '')
    .split(':')[0]!
    .split(',')
    .map((word) => word.trim().replace('[]', ''));
}

describe.each(LANGUAGES)('the messages in %s', (language) => {
  it('say something for every code, and use no fact that the code does not carry', () => {
    for (const code of ERROR_CODES) {
      const { title, detail, hint } = CATALOGUES[language][code];
      expect([code, title !== '', detail !== '', hint !== '']).toEqual([code, true, true, true]);
      const used = [detail, hint].flatMap(placeholdersOf);
      expect([code, used.filter((fact) => !FACTS.get(code)?.includes(fact))]).toEqual([code, []]);
    }
  });

  it('read well with no fact at all: no placeholder, bracket or doubled space is left', () => {
    for (const code of ERROR_CODES) {
      const { detail } = CATALOGUES[language][code];
      const facts = Object.fromEntries((FACTS.get(code) ?? []).map((fact) => [fact, 'x']));
      expect(fillTemplate(detail, facts, FILLINGS[language])).not.toMatch(/[{}[\]]| {2}/);
    }
  });
});

it('English is lower case at the start of every sentence', () => {
  for (const code of ERROR_CODES) {
    const { title, detail, hint } = CATALOGUES.en[code];
    for (const text of [title, detail, hint]) expect(text).not.toMatch(/^(?!SQL|SELECT|GET|PUT|CAST|Accept)[A-Z]/);
  }
});

describe('fillTemplate', () => {
  const fill = (template: string, facts: Record<string, string | number | string[]>, language: 'en' | 'zh-CN' = 'en') =>
    fillTemplate(template, facts, FILLINGS[language]);

  it('quotes words, joins lists, leaves out what is unknown', () => {
    expect(fill('no `{a}`[ near `{near}`]', { a: 'x', near: ['b', 'c'] })).toBe('no `x` near `b`, `c`');
    expect(fill('no `{a}`[ near `{near}`]', { a: 'x', near: [] })).toBe('no `x`');
    expect(fill('无 `{a}`', { a: ['x', 'y'] }, 'zh-CN')).toBe('无 `x`、`y`');
  });

  it('takes the words of its own language where both come', () => {
    expect(fill('{problem}', { problem: 'bad', problemZh: '不对' })).toBe('bad');
    expect(fill('{problem}', { problem: 'bad', problemZh: '不对' }, 'zh-CN')).toBe('不对');
  });

  it('never reads the user’s words as a template, nor lets them break the line', () => {
    expect(fill('`{a}` {b}', { a: '{b}[{b}]', b: '1' })).toBe('`{b}[{b}]` 1');
    expect(fill('{a}', { a: 'x\r\nSet-Cookie: y\u0000' })).toBe('x Set-Cookie: y');
    expect(fill('{a}', { a: 'x'.repeat(9_999) })).toHaveLength(401);
  });
});

describe('chooseLanguage', () => {
  it.each([
    [undefined, 'zh-CN'],
    ['', 'zh-CN'],
    ['en', 'en'],
    ['en-GB,en;q=0.9', 'en'],
    ['zh-CN,en;q=0.9', 'zh-CN'],
    ['fr, en;q=0.5, zh;q=0.4', 'en'],
    ['en;q=0.5, *;q=0.5', 'zh-CN'],
    ['en;q=0', 'zh-CN'],
    ['de', 'zh-CN'],
    [';;;q=,en;q=2', 'zh-CN'],
  ] as const)('%s → %s', (header, language) => {
    expect(chooseLanguage(header)).toBe(language);
  });
});
