import type { Offset } from './plan.ts';

/** A word or sign of the user's own text. For the places and words of messages only: nothing is decided by it. */
export interface TextWord {
  readonly word: string;
  readonly at: number;
}

const QUOTED =
  /--[^\n]*|\/\*.*?(?:\*\/|$)|\$(?<tag>\w*)\$.*?(?:\$\k<tag>\$|$)|[eE]'(?:[^'\\]|\\.|'')*'?|'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`(?<name>[^`"]+)`/
    .source;
/** Comments, quoted texts and quoted names are passed over; a parameter is one word. */
const WORDS = new RegExp(`${QUOTED}|(?<word>\\$?[\\p{L}\\p{N}_]+|\\S)`, 'gsu');
const BRACKETED = /\[[\p{L}_][\p{L}\p{N}_ $]{0,127}\]/u.source;
const SIGNS = new RegExp(`${QUOTED}|${BRACKETED}|\\bdiv\\b(?=\\s+\\d)|\\{(?:\\s*(?:fn|ts|d)(?=\\s))?|\\}`, 'gisu');

export function wordsOf(text: string): readonly TextWord[] {
  return [...text.matchAll(WORDS)].flatMap(({ index, groups }) =>
    groups?.['word'] === undefined ? [] : [{ word: groups['word'], at: index }],
  );
}

/**
 * What the parser is given, in signs that it reads: names in backticks or brackets, as other systems quote them, in double quotes; `x DIV 10` with `//`;
 * the escapes of ODBC, `{fn year(d)}` and `{ts '2024-01-31 00:00:00'}`, in parentheses; `SELECT TOP 10 …` with LIMIT at the end. Every place stays where it
 * is. No operator of DuckDB's has a backtick, no value is followed by DIV and a number, no brace by such a word, no SELECT by TOP and a number, and lists
 * of one column are nowhere admitted: nothing else is meant by them.
 */
export function withStandardSigns(text: string): string {
  return withLimit(withPlainSigns(text));
}

function withPlainSigns(text: string): string {
  if (!/[`{[]|\bdiv\b/iu.test(text)) return text;
  const escapes: boolean[] = [];
  return text.replace(SIGNS, (part: string) => {
    if (part.startsWith('`')) return part.length > 1 ? `"${part.slice(1, -1)}"` : part;
    if (part.startsWith('[')) return `"${part.slice(1, -1)}"`;
    if (/^div$/iu.test(part)) return '// ';
    if (part.startsWith('{')) {
      escapes.push(part.length > 1);
      return part.length > 1 ? '('.padEnd(part.length) : part;
    }
    return part === '}' && escapes.pop() === true ? ')' : part;
  });
}

/** Of the one SELECT that is in no parentheses: of several put together it would be another's. */
function withLimit(text: string): string {
  if (!/\btop\b/iu.test(text)) return text;
  const words = outermostWords(text);
  const is = (at: number, word: string): boolean => words[at]?.word.toUpperCase() === word;
  const top = words.findIndex(
    (_, at) => is(at, 'TOP') && (is(at - 1, 'SELECT') || (is(at - 1, 'DISTINCT') && is(at - 2, 'SELECT'))),
  );
  const count = words[top + 1];
  const end = words.findIndex(({ word }) => word === ';');
  const isAlone = words.every(({ word }) => !BESIDE.has(word.toUpperCase())) && (end < 0 || end === words.length - 1);
  if (top < 0 || count === undefined || !isAlone || !/^(?:\d{1,9}|\(\d{1,9}\))$/u.test(count.word)) return text;
  const [from, to] = [words[top]!.at, text.indexOf(count.word.at(-1)!, count.at + count.word.length - 1) + 1];
  if (/^\s*(?:,|percent\b|with\s+ties\b)/iu.test(text.slice(to))) return text;
  const body = text.slice(0, from) + ' '.repeat(to - from) + text.slice(to, words[end]?.at ?? text.length);
  return `${body}\nLIMIT ${count.word.replace(/\D/gu, '')}`;
}
const BESIDE: ReadonlySet<string> = new Set(['UNION', 'INTERSECT', 'EXCEPT', 'LIMIT', 'FETCH', 'OFFSET', 'QUALIFY']);

/** What is in no parentheses; a number in parentheses is one word. */
function outermostWords(text: string): readonly TextWord[] {
  let depth = 0;
  const words = wordsOf(text);
  return words.flatMap((word, index): readonly TextWord[] => {
    depth += word.word === '(' ? 1 : word.word === ')' ? -1 : 0;
    const [inside, close] = words.slice(index + 1, index + 3);
    const isNumber = word.word === '(' && depth === 1 && close?.word === ')' && /^\d+$/u.test(inside!.word);
    if (isNumber) return [{ word: text.slice(word.at, close.at + 1).replace(/\s/gu, ''), at: word.at }];
    return depth > 0 || word.word === ')' ? [] : [word];
  });
}

/** The last of these words (upper case) before an offset; null where there is none. */
export function keywordBefore(
  words: readonly TextWord[],
  keywords: readonly string[],
  before: Offset,
): TextWord | null {
  const end = before ?? Number.POSITIVE_INFINITY;
  const found = words.findLast(({ word, at }) => at < end && keywords.includes(word.toUpperCase()));
  return found ?? null;
}

/** The first word of every statement. */
export function statementsOf(text: string): readonly TextWord[] {
  const words = wordsOf(text);
  return words.filter(({ word }, index) => word !== ';' && (index === 0 || words[index - 1]?.word === ';'));
}

/** A parameter as it is written: `$1`, `$name`, or the n-th `?`. */
export function parameterOf(text: string, identifier: string): TextWord | null {
  const words = wordsOf(text);
  const named = words.find(({ word }) => word === `$${identifier}`);
  return named ?? words.filter(({ word }) => word === '?')[Number(identifier) - 1] ?? null;
}

/** The type that a cast names, given where `::` or CAST stands; null where it cannot be told. */
export function typeWritten(text: string, at: Offset): string | null {
  if (at === null) return null;
  const rest = text.slice(at);
  const short = /^::\s*(\w+(?:\s*\([\d\s,]*\))?(?:\s*\[\d*\])*)/u.exec(rest);
  if (short !== null) return short[1] ?? null;
  let [depth, from] = [0, 0];
  for (const { word, at: offset } of /^(?:try_)?cast\b/iu.test(rest) ? wordsOf(rest) : []) {
    if (word === '(') depth += 1;
    else if (word === ')') depth -= 1;
    else if (depth === 1 && word.toUpperCase() === 'AS') from = offset + word.length;
    if (word === ')' && depth === 0) return from === 0 ? null : rest.slice(from, offset).trim();
  }
  return null;
}
