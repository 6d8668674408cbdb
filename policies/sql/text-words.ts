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
const SIGNS = new RegExp(`${QUOTED}|\\bdiv\\b(?=\\s+\\d)|\\{(?:\\s*(?:fn|ts|d)(?=\\s))?|\\}`, 'gisu');

export function wordsOf(text: string): readonly TextWord[] {
  return [...text.matchAll(WORDS)].flatMap(({ index, groups }) =>
    groups?.['word'] === undefined ? [] : [{ word: groups['word'], at: index }],
  );
}

/**
 * What the parser is given, in signs that it reads: names in backticks, as other systems quote them, in double quotes; `x DIV 10` with `//`; the
 * escapes of ODBC, `{fn year(d)}` and `{ts '2024-01-31 00:00:00'}`, in parentheses. Every place stays where it is. No operator of DuckDB's has a backtick,
 * no value is followed by DIV and a number, and no brace by such a word: nothing else is meant by them.
 */
export function withStandardSigns(text: string): string {
  if (!/[`{]|\bdiv\b/iu.test(text)) return text;
  const escapes: boolean[] = [];
  return text.replace(SIGNS, (part: string) => {
    if (part.startsWith('`')) return part.length > 1 ? `"${part.slice(1, -1)}"` : part;
    if (/^div$/iu.test(part)) return '// ';
    if (part.startsWith('{')) {
      escapes.push(part.length > 1);
      return part.length > 1 ? '('.padEnd(part.length) : part;
    }
    return part === '}' && escapes.pop() === true ? ')' : part;
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
