import type { Literal } from '../plan.ts';
import { BOOLEAN, INTEGER, TEXT } from '../sql-type.ts';
import {
  integerBetween,
  likePattern,
  oneOf,
  regexpPattern,
  regexpReplacement,
  textBetween,
  textOf,
  textUpTo,
} from './constant-rules.ts';
import { engineCall, type ScalarEntry, type Signature } from './scalar-entry.ts';

/** Most characters of a text that an expression may build: what grows is cut here, so that memory stays bounded. */
export const TEXT_LENGTH_MAX = 10_000;

const text = { is: 'text' } as const;
const asText = { is: 'as-text' } as const;
const length = { is: 'integer', constant: integerBetween(-TEXT_LENGTH_MAX, TEXT_LENGTH_MAX) } as const;
const anyCount = { is: 'integer' } as const;
const TEXT_TO_TEXT: readonly Signature[] = [{ params: [text], result: TEXT }];
const pattern = { is: 'text', constant: regexpPattern } as const;
const replacement = { is: 'text', constant: regexpReplacement } as const;
const cut = (sql: string): string => `left(${sql}, ${TEXT_LENGTH_MAX})`;

const plain = (
  name: string,
  spellings: readonly string[],
  signatures: readonly Signature[],
  zh: string,
  en: string,
): ScalarEntry => ({
  name,
  spellings,
  signatures,
  sql: engineCall(name),
  strict: true,
  total: 'defined for every text; no longer than its argument',
  doc: { zh, en },
});

/** Counts of any size are clamped, because DuckDB refuses some beyond 32 bits. */
const clamped = (sql: string): string => `greatest(-${TEXT_LENGTH_MAX}, least(${sql}, ${TEXT_LENGTH_MAX}))`;

const matcher = (
  name: string,
  spellings: readonly string[],
  constant: typeof likePattern,
  sql: ScalarEntry['sql'],
  zh: string,
  en: string,
): ScalarEntry => ({
  name,
  spellings,
  signatures: [{ params: [text, { is: 'text', constant }], result: BOOLEAN }],
  sql,
  strict: true,
  total: 'the pattern is a literal that was checked',
  doc: { zh, en },
});

const pad = (name: 'lpad' | 'rpad', zh: string, en: string): ScalarEntry => ({
  name,
  spellings: [name],
  signatures: [
    {
      params: [
        text,
        { is: 'integer', constant: integerBetween(0, 1000) },
        { is: 'text', constant: textBetween(1, 10) },
      ],
      result: TEXT,
    },
  ],
  sql: ([a = '', n = '', fill = '']) => `${name}(${a}, CAST(${n} AS INTEGER), ${fill})`,
  strict: true,
  total: 'length and padding are literals',
  doc: { zh, en },
});

export const TEXT_FUNCTIONS: readonly ScalarEntry[] = [
  plain('lower', ['lower', 'lcase'], TEXT_TO_TEXT, '转小写', 'lower case'),
  plain('upper', ['upper', 'ucase'], TEXT_TO_TEXT, '转大写', 'upper case'),
  ...(['trim', 'ltrim', 'rtrim'] as const).map((name) =>
    plain(
      name,
      name === 'trim' ? ['trim', 'btrim'] : [name],
      [
        { params: [text], result: TEXT },
        { params: [text, { is: 'text', constant: textUpTo(20) }], result: TEXT },
      ],
      '去除两端字符',
      'removes characters at the ends',
    ),
  ),
  plain('reverse', ['reverse'], TEXT_TO_TEXT, '反转', 'reversed text'),
  plain(
    'length',
    ['length', 'len', 'char_length', 'character_length'],
    [{ params: [text], result: INTEGER }],
    '字符数',
    'number of characters',
  ),
  {
    ...plain('strlen', ['strlen'], [{ params: [text], result: INTEGER }], '字节数', 'number of bytes'),
    total: 'defined for every text',
  },
  plain(
    'translate',
    ['translate'],
    [{ params: [text, { is: 'text', constant: textUpTo(50) }, { is: 'text', constant: textUpTo(50) }], result: TEXT }],
    '逐字符替换',
    'replaces characters one by one',
  ),
  plain(
    'starts_with',
    ['starts_with', 'prefix', '^@'],
    [{ params: [text, text], result: BOOLEAN }],
    '以…开头',
    'begins with',
  ),
  plain('ends_with', ['ends_with', 'suffix'], [{ params: [text, text], result: BOOLEAN }], '以…结尾', 'ends with'),
  plain('contains', ['contains'], [{ params: [text, text], result: BOOLEAN }], '包含', 'contains'),
  plain(
    'strpos',
    ['strpos', 'instr', 'position'],
    [{ params: [text, text], result: INTEGER }],
    '首次出现的位置',
    'first position of',
  ),
  {
    ...plain('ascii', ['ascii'], [{ params: [text], result: INTEGER }], '首字符编码', 'code of the first character'),
    sql: ([a = '']) => `CAST(ascii(${a}) AS BIGINT)`,
  },
  ...(['left', 'right'] as const).map(
    (name): ScalarEntry => ({
      ...plain(name, [name], [{ params: [text, anyCount], result: TEXT }], '取一端若干字符', 'characters at one end'),
      sql: ([a = '', n = '']) => `${name}(${a}, ${clamped(n)})`,
    }),
  ),
  {
    ...plain(
      'substring',
      ['substring', 'substr', 'mid'],
      [
        { params: [text, anyCount], result: TEXT },
        { params: [text, anyCount, anyCount], result: TEXT },
      ],
      '子串',
      'part of a text',
    ),
    sql: ([a = '', ...counts]) => `substring(${[a, ...counts.map(clamped)].join(', ')})`,
  },
  {
    name: 'concat_operator',
    spellings: ['||'],
    signatures: [{ params: [asText, asText], result: TEXT }],
    sql: ([a = '', b = '']) => cut(`(${a} || ${b})`),
    strict: true,
    total: 'the result is cut to 10,000 characters',
    doc: { zh: '拼接', en: 'concatenation' },
  },
  {
    name: 'concat',
    spellings: ['concat'],
    signatures: [{ params: [asText], rest: asText, result: TEXT }],
    sql: (args) => cut(`concat(${args.join(', ')})`),
    total: 'the result is cut to 10,000 characters',
    doc: { zh: '拼接，忽略空值', en: 'concatenation that skips nulls' },
  },
  {
    name: 'concat_ws',
    spellings: ['concat_ws'],
    signatures: [{ params: [{ is: 'text', constant: textUpTo(20) }, asText], rest: asText, result: TEXT }],
    sql: (args) => cut(`concat_ws(${args.join(', ')})`),
    total: 'the separator is a literal; the result is cut to 10,000 characters',
    doc: { zh: '以分隔符拼接', en: 'concatenation with a separator' },
  },
  {
    name: 'replace',
    spellings: ['replace'],
    signatures: [
      {
        params: [text, { is: 'text', constant: textBetween(1, 100) }, { is: 'text', constant: textUpTo(4) }],
        result: TEXT,
      },
    ],
    sql: (args) => cut(`replace(${args.join(', ')})`),
    strict: true,
    total: 'both literals are short, so that a text grows four times at most; the result is cut to 10,000 characters',
    doc: { zh: '替换', en: 'replacement' },
  },
  pad('lpad', '左侧补齐', 'padded on the left'),
  pad('rpad', '右侧补齐', 'padded on the right'),
  {
    name: 'split_part',
    spellings: ['split_part'],
    signatures: [{ params: [text, { is: 'text', constant: textBetween(1, 20) }, length], result: TEXT }],
    sql: engineCall('split_part'),
    strict: true,
    total: 'a part that is not there is an empty text',
    doc: { zh: '按分隔符取第几段', en: 'the n-th part between separators' },
  },
  matcher('like', ['~~'], likePattern, ([a = '', p = '']) => `(${a} LIKE ${p})`, '模式匹配', 'matches a pattern'),
  matcher(
    'ilike',
    ['~~*'],
    likePattern,
    ([a = '', p = '']) => `(${a} ILIKE ${p})`,
    '不分大小写的模式匹配',
    'matches a pattern, any case',
  ),
  {
    name: 'like_escape',
    spellings: ['like_escape'],
    signatures: [
      {
        params: [text, { is: 'text', constant: likePattern }, { is: 'text', constant: textBetween(1, 1) }],
        result: BOOLEAN,
      },
    ],
    sql: ([a = '', p = '', e = '']) => `(${a} LIKE ${p} ESCAPE ${e})`,
    raises: true,
    strict: true,
    total: 'pattern and escape are literals that were checked',
    doc: { zh: '带转义符的模式匹配', en: 'matches a pattern with an escape character' },
  },
  {
    ...matcher(
      'regexp_matches',
      ['regexp_matches', 'regexp_like'],
      regexpPattern,
      engineCall('regexp_matches'),
      '含正则匹配',
      'contains a match of a regular expression',
    ),
    signatures: [
      { params: [text, pattern], result: BOOLEAN },
      { params: [text, pattern, { is: 'text', constant: oneOf(['c', 'i']) }], result: BOOLEAN },
    ],
  },
  {
    name: 'regexp_replace',
    spellings: ['regexp_replace'],
    signatures: [
      { params: [text, pattern, replacement], result: TEXT },
      { params: [text, pattern, replacement, { is: 'text', constant: oneOf(['g', 'i', 'gi']) }], result: TEXT },
    ],
    sql: ([a = '', ...rest]) => cut(`regexp_replace(${[cut(a), ...rest].join(', ')})`),
    strict: true,
    total: 'pattern and replacement are literals, the text is cut to 10,000 characters before and after',
    doc: { zh: '替换正则匹配部分', en: 'replaces what matches a regular expression' },
  },
  matcher(
    'regexp_full_match',
    ['regexp_full_match'],
    regexpPattern,
    engineCall('regexp_full_match'),
    '全文正则匹配',
    'matches a regular expression as a whole',
  ),
  {
    name: 'regexp_extract',
    spellings: ['regexp_extract'],
    signatures: [
      { params: [text, pattern], result: TEXT },
      {
        params: [text, pattern, { is: 'integer', constant: integerBetween(0, 9) }],
        result: TEXT,
      },
    ],
    sql: ([a = '', p = '', group]) =>
      `regexp_extract(${a}, ${p}${group === undefined ? '' : `, CAST(${group} AS INTEGER)`})`,
    strict: true,
    total: 'the pattern is a literal that was checked; no match gives an empty text',
    doc: { zh: '提取正则匹配部分', en: 'the part that matches a regular expression' },
  },
];

/** An escape that ends the pattern is an error in DuckDB. */
export function endsInEscape(pattern: Literal, character: Literal): boolean {
  const [body, mark] = [textOf(pattern), textOf(character)];
  return body !== null && mark !== null && mark !== '' && body.replaceAll(`${mark}${mark}`, '').endsWith(mark);
}
