import type { SeededRandom } from '../attack/seeded-random.ts';

/** Comments, texts in quotes, words, numbers and signs; space between them means nothing. */
const TOKEN =
  /--[^\n]*\n|\/\*.*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*|\d+(?:\.\d+)?(?:e\d+)?|<>|<=|>=|\|\||::|\/\/|[^\s]/g;

export const tokensOf = (sql: string): readonly string[] => sql.match(TOKEN) ?? [];

const KEYWORD =
  /^(select|from|where|group|by|order|limit|and|or|not|case|when|then|else|end|join|on|as|having|union|all)$/i;

/** The same query as another person would type it: case, comments, line breaks. */
export function disguised(sql: string, random: SeededRandom): string {
  const spaces = [' ', ' ', ' ', '\n', '\t', '/* c */', ' -- c\n'];
  return tokensOf(sql)
    .map((token) => (KEYWORD.test(token) && random.below(4) === 0 ? token.toLowerCase() : token) + random.pick(spaces))
    .join('');
}

const STRAY = [
  '(',
  ')',
  ',',
  ';',
  '*',
  'NULL',
  'SELECT',
  'FROM',
  'pid',
  'DISTINCT',
  "'",
  '--',
  '$1',
  '?',
  ':a',
  '[',
  '{',
  '%',
  'OVER',
  'LATERAL',
  '\u0000',
];

/** A query with one to three tokens lost, doubled, exchanged or strange: mostly no query any more. */
export function mutated(sql: string, random: SeededRandom): string {
  let tokens = [...tokensOf(sql)];
  for (let i = 1 + random.below(3); i > 0; i -= 1) {
    const at = random.below(tokens.length);
    const other = random.below(tokens.length);
    const swapped = tokens.map((token, j) => (j === at ? tokens[other]! : j === other ? tokens[at]! : token));
    tokens = random.pick([
      () => tokens.filter((_, j) => j !== at),
      () => [...tokens.slice(0, at), tokens[at]!, ...tokens.slice(at)],
      () => swapped,
      () => [...tokens.slice(0, at), random.pick(STRAY), ...tokens.slice(at)],
      () => tokens.map((token, j) => (j === at ? random.pick(tokens) : token)),
    ])();
  }
  return tokens.join(' ');
}

/** The shortest query found by leaving out runs of tokens while it still fails (Zeller, Hildebrandt 2002). */
export async function shrunk(sql: string, fails: (sql: string) => Promise<boolean>): Promise<string> {
  let tokens = tokensOf(sql);
  for (let size = tokens.length >> 1; size > 0; ) {
    let removed = false;
    for (let at = 0; at + size <= tokens.length; ) {
      const shorter = [...tokens.slice(0, at), ...tokens.slice(at + size)];
      if (await fails(shorter.join(' '))) {
        tokens = shorter;
        removed = true;
      } else at += size;
    }
    if (!removed || size > tokens.length) size >>= 1;
  }
  return tokens.join(' ');
}
