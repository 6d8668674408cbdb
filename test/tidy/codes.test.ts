import { describe, expect, test } from 'vitest';
import { CATALOGUES, FILLINGS } from '../../gateway/messages/language.ts';
import { placeholdersOf } from '../../gateway/messages/message.ts';
import { ERROR_CODES, type ErrorCode } from '../../policies/errors.ts';
import { PRODUCT_FILES, readText } from './source-tree.ts';

/** Codes that nothing in this version throws, and why they stand in the list. */
const EXPLAINED: Partial<Record<ErrorCode, string>> = {};

/** Files that list or read codes without throwing them. */
const LISTS = ['policies/errors.ts', 'gateway/problem.ts', 'gateway/messages/', 'gateway/cli/'];

const throwing = PRODUCT_FILES.filter(({ path }) => !LISTS.some((list) => path.startsWith(list)));
const isThrown = (code: ErrorCode) => throwing.some(({ text }) => text.includes(`'${code}'`));

test('every code is thrown somewhere, or it is explained why not', () => {
  expect(ERROR_CODES.filter((code) => !isThrown(code) && EXPLAINED[code] === undefined)).toEqual([]);
});

test('no explanation is left over', () => {
  expect(Object.keys(EXPLAINED).filter((code) => isThrown(code as ErrorCode))).toEqual([]);
});

test('no code stands in the list twice', () => {
  expect(ERROR_CODES.filter((code, index) => ERROR_CODES.indexOf(code) !== index)).toEqual([]);
});

describe.each(['zh-CN', 'en'] as const)('the messages in %s', (language) => {
  const catalogue = CATALOGUES[language];

  test('have words for every code, in their language', () => {
    const hasHan = (text: string) => /\p{Script=Han}/u.test(text);
    for (const code of ERROR_CODES) {
      const { title, detail, hint } = catalogue[code];
      expect(title, code).not.toBe('');
      expect(hasHan(title), code).toBe(language === 'zh-CN');
      expect(hasHan(detail + hint), code).toBe(language === 'zh-CN' && detail + hint !== '');
    }
  });

  test('fill only facts that the list names beside the code', () => {
    const facts = factsBesideCodes();
    const wrong = ERROR_CODES.flatMap((code) => {
      const { title, detail, hint } = catalogue[code];
      const used = placeholdersOf(`${title} ${detail} ${hint}`);
      return used.filter((fact) => !(facts.get(code) ?? '').includes(fact)).map((fact) => `${code}: {${fact}}`);
    });
    expect(wrong).toEqual([]);
  });
});

test('both languages fill the same facts', () => {
  expect(Object.keys(FILLINGS)).toEqual(Object.keys(CATALOGUES));
  const factsOf = (language: 'zh-CN' | 'en', code: ErrorCode) => {
    const { title, detail, hint } = CATALOGUES[language][code];
    return [...new Set(placeholdersOf(`${title} ${detail} ${hint}`))].sort();
  };
  for (const code of ERROR_CODES) expect(factsOf('zh-CN', code), code).toEqual(factsOf('en', code));
});

/** The comment beside each code in policies/errors.ts. */
function factsBesideCodes(): Map<string, string> {
  const lines = readText('policies/errors.ts').matchAll(/^ {2}'([A-Z_]+)', \/\/ (.*)$/gm);
  return new Map([...lines].map((match) => [match[1] ?? '', match[2] ?? '']));
}
