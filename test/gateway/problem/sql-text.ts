import { ALL_SPELLINGS } from '../../../policies/sql/functions/registry.ts';

/** Lower-case words of SQL fragments besides functions: types, names that stand for the user's own, formats. */
const WORDS: ReadonlySet<string> = new Set([
  ...ALL_SPELLINGS,
  ...'any array bigint boolean catalog column date decimal double false function hugeint id inner integer interval'.split(
    ' ',
  ),
  ...'number outer schema table temporal text timestamp true varchar v1 coalesce greatest least nullif resources distinct time'.split(
    ' ',
  ),
  ...'current_date generate_series range var_ stddev_ covar_ regr_ general'.split(' '),
]);

/** Whether a text is SQL (or a route): no word but `names` in it is English. Quotes, backticks and `table.column` are not looked at. */
export function isSqlText(text: string, names: readonly string[] = []): boolean {
  const words =
    text.replace(/'[^']*'|`[^`]*`|\b[a-z_]\w*\.[a-z_]\w*|\b[A-Z][A-Z_]*\b/g, ' ').match(/(?<!\w)[A-Za-z_]\w+/g) ?? [];
  return words.every((word) => WORDS.has(word) || names.includes(word));
}
