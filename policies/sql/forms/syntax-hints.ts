import { wordsOf } from '../text-words.ts';

/**
 * What other systems write that this dialect's parser cannot read, with what is accepted instead. For messages only: the text is refused
 * either way, and nothing is decided by it. `words` in upper case: `#` stands for a number, `?` for any one word, `^` for where the parser
 * stopped, at the word behind it; without it, the words may stand anywhere.
 */
export interface SyntaxHint {
  readonly words: string;
  readonly accepted: string;
  /** Over the tables of the reference page. */
  readonly example: string;
}

const hint = (words: string, accepted: string, example: string): SyntaxHint => ({ words, accepted, example });

export const SYNTAX_HINTS: readonly SyntaxHint[] = [
  hint('TOP ^ #', 'SELECT … ORDER BY n DESC LIMIT 10', 'SELECT TOP 10 PERCENT sex FROM person GROUP BY sex'),
  hint('`', '"name"', 'SELECT count(*) FROM `person'),
  hint('^ [', '"name"', 'SELECT sex AS [s-1] FROM person'),
  hint('FROM [', '"name"', 'SELECT count(*) FROM [person-1]'),
  hint('IN ( [', '"name"', 'SELECT * FROM person PIVOT (sum(age) FOR sex IN ([f-1], [m])) p'),
  hint(
    '^ APPLY',
    'JOIN (SELECT k, count(*) … GROUP BY k) x ON x.k = t.k',
    'SELECT * FROM firm CROSS APPLY (SELECT 1) x',
  ),
  hint('LIMIT # , #', 'LIMIT 10 OFFSET 5', 'SELECT sex, count(*) FROM person GROUP BY sex LIMIT 5, 10'),
  hint('^ WITH ROLLUP', 'GROUP BY ROLLUP (a, b)', 'SELECT sex, count(*) FROM person GROUP BY sex WITH ROLLUP'),
  hint('^ WITH CUBE', 'GROUP BY CUBE (a, b)', 'SELECT sex, count(*) FROM person GROUP BY sex WITH CUBE'),
  hint('^ WITH (', 'FROM t', 'SELECT count(*) FROM person WITH (NOLOCK)'),
  hint('^ OPTION (', 'ORDER BY a LIMIT 10', 'SELECT sex, count(*) FROM person GROUP BY sex OPTION (MAXDOP 1)'),
  hint('( + ^ )', 'LEFT JOIN t ON a.id = b.id', 'SELECT count(*) FROM person p, job j WHERE p.pid = j.pid(+)'),
  hint('^ MINUS', 'EXCEPT', 'SELECT sex FROM person GROUP BY sex MINUS SELECT dept FROM visit'),
  hint('MINUS ^ SELECT', 'EXCEPT', 'SELECT sex FROM person MINUS SELECT dept FROM visit'),
  hint('* EXCEPT ( ^ ?', '* EXCLUDE (a, b)', 'SELECT * EXCEPT (pid) FROM person'),
  hint('SAFE_CAST ( ? ^ AS', 'TRY_CAST(x AS bigint)', 'SELECT SAFE_CAST(sex AS int) FROM person'),
  hint('CONVERT ( ? ( # ) ^ ,', 'CAST(x AS varchar)', 'SELECT CONVERT(varchar(7), born, 120) FROM person'),
  hint('^ REGEXP', "regexp_matches(text, 'pattern')", "SELECT count(*) FROM visit WHERE dept REGEXP '^d'"),
  hint('^ RLIKE', "regexp_matches(text, 'pattern')", "SELECT count(*) FROM visit WHERE dept RLIKE '^d'"),
  hint('^ DECLARE', "WITH p AS (SELECT DATE '2024-01-31' AS d) SELECT …", "DECLARE @d date = '2024-01-31'"),
  hint(
    'SELECT ^ WITH ? OPTIONS',
    'SELECT a, count(*) FROM t GROUP BY a',
    'SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS(epsilon = 1) sex, count(*) FROM person GROUP BY sex',
  ),
  hint(
    'TIMESTAMP ( ^',
    "TIMESTAMP '2024-01-31 00:00:00', CAST(x AS timestamp)",
    "SELECT count(*) FROM visit WHERE seen > TIMESTAMP('2024-01-31')",
  ),
  hint('( ? ^ BY #', 'floor(x / 10) * 10', 'SELECT bucket(age BY 10), count(*) FROM person GROUP BY 1'),
  hint('^ :', 'a literal', 'SELECT count(*) FROM person WHERE age > :age'),
  hint('^ { {', 'a table that the plan grants', "SELECT count(*) FROM {{ ref('person') }}"),
];

const PATTERNS = SYNTAX_HINTS.map(({ words, accepted }) => {
  const parts = words.split(' ');
  const stop = parts.indexOf('^');
  return { parts: parts.filter((part) => part !== '^'), stop: stop < 0 ? null : stop, accepted };
});

/** The form to write instead, by the words around where the parser stopped (null: it does not say where); null where none is known. */
export function acceptedNear(text: string, offset: number | null): string | null {
  const words = wordsOf(text);
  const at = offset === null ? -1 : words.findIndex((word) => word.at >= offset);
  const isAt = (parts: readonly string[], from: number) =>
    parts.every((part, index) => isWord(part, words[from + index]?.word));
  const found = PATTERNS.find(({ parts, stop }) =>
    stop === null ? words.some((_, from) => isAt(parts, from)) : at >= stop && isAt(parts, at - stop),
  );
  return found?.accepted ?? null;
}

function isWord(part: string, word: string | undefined): boolean {
  if (word === undefined) return false;
  return part === '?' || (part === '#' ? /^\d+$/.test(word) : part === word.toUpperCase());
}
