import type { SyntaxNode } from '../syntax-node.ts';
import type { SyntaxBuilder } from './syntax-build.ts';

/** Date formats of other systems as those of strftime; null where one says something that neither it nor `MADE` has a word for. */

type Words = readonly (readonly [word: string, strftime: string])[];

/** Longer words first; those of digits in any case. Source: PostgreSQL 17, 9.8; Oracle and Snowflake agree in these. */
const TEMPLATE: Words = [
  ...([
    ['YYYY', '%Y'],
    ['IYYY', '%G'],
    ['HH24', '%H'],
    ['HH12', '%I'],
    ['FMMonth', '%B'],
    ['FMDay', '%A'],
    ['Month', '%{month}'],
    ['Day', '%{day}'],
  ] as const),
  ...([
    ['DDD', '%j'],
    ['Mon', '%b'],
    ['YY', '%y'],
    ['MM', '%m'],
    ['DD', '%d'],
    ['IW', '%V'],
    ['HH', '%I'],
  ] as const),
  ...([
    ['MI', '%M'],
    ['SS', '%S'],
    ['US', '%f'],
    ['Dy', '%a'],
    ['AM', '%p'],
    ['PM', '%p'],
    ['Q', '%{quarter}'],
  ] as const),
];

/** Source: .NET custom date formats, Java's DateTimeFormatter; Spark, Presto and T-SQL's FORMAT agree in these. */
const LETTERS: Words = [
  ...([
    ['yyyy', '%Y'],
    ['yy', '%y'],
    ['MMMM', '%B'],
    ['MMM', '%b'],
    ['MM', '%m'],
    ['dddd', '%A'],
    ['ddd', '%a'],
    ['dd', '%d'],
  ] as const),
  ...([
    ['EEEE', '%A'],
    ['EEE', '%a'],
    ['HH', '%H'],
    ['hh', '%I'],
    ['mm', '%M'],
    ['ss', '%S'],
    ['tt', '%p'],
  ] as const),
];

/** Source: MySQL 8.4, DATE_FORMAT. WHY spelled out: `%M` is a month there and a minute in strftime. */
const MYSQL: Words = [
  ...([
    ['%Y', '%Y'],
    ['%y', '%y'],
    ['%m', '%m'],
    ['%c', '%-m'],
    ['%d', '%d'],
    ['%e', '%-d'],
    ['%j', '%j'],
  ] as const),
  ...([
    ['%H', '%H'],
    ['%k', '%-H'],
    ['%h', '%I'],
    ['%I', '%I'],
    ['%l', '%-I'],
    ['%i', '%M'],
    ['%s', '%S'],
  ] as const),
  ...([
    ['%S', '%S'],
    ['%p', '%p'],
    ['%M', '%B'],
    ['%b', '%b'],
    ['%W', '%A'],
    ['%a', '%a'],
    ['%v', '%V'],
  ] as const),
  ...([
    ['%x', '%G'],
    ['%T', '%H:%M:%S'],
    ['%%', '%%'],
  ] as const),
];

export const fromTemplate = (format: string): string | null =>
  translated(format, TEMPLATE, /^(?:"([^"%]*)"|([^A-Za-z0-9"%\\]))/);
export const fromMysql = (format: string): string | null => translated(format, MYSQL, /^([^%\\])/);
export const fromLetters = (format: string): string | null =>
  translated(format, LETTERS, /^(?:'([^'%]*)'|([^A-Za-z'%\\]))/);

/** `literally`: what stands for itself; its groups hold the text. */
function translated(format: string, words: Words, literally: RegExp): string | null {
  let made = '';
  for (let rest = format; rest !== ''; ) {
    const word = words.find(([from]) => rest.startsWith(from) || isDigitsIn(words, from, rest));
    const plain = word === undefined ? literally.exec(rest) : null;
    if (word === undefined && plain === null) return null;
    made += word?.[1] ?? plain?.slice(1).find((text) => text !== undefined) ?? '';
    rest = rest.slice(word?.[0].length ?? plain?.[0].length ?? rest.length);
  }
  return made.includes('%') ? made : null;
}

/** `yyyy-mm`: the case of a template's words of capitals says nothing. */
function isDigitsIn(words: Words, word: string, rest: string): boolean {
  return words === TEMPLATE && !/[a-z]/.test(word) && rest.slice(0, word.length).toUpperCase() === word;
}

/** What strftime has no word for. PostgreSQL pads names to nine characters. */
const MADE: Readonly<Record<string, (date: SyntaxNode, make: SyntaxBuilder) => SyntaxNode>> = {
  quarter: (date, make) => make.cast(make.call('quarter', [date]), 'VARCHAR'),
  month: (date, make) => make.call('rpad', [make.call('monthname', [date]), make.integer(9), make.text(' ')]),
  day: (date, make) => make.call('rpad', [make.call('dayname', [date]), make.integer(9), make.text(' ')]),
};

/** A date as text in a format of the three above. */
export function dateAsText(date: SyntaxNode, format: string, make: SyntaxBuilder): SyntaxNode {
  const parts = format.split(/(%\{\w+\})/).filter((part) => part !== '');
  const texts = parts.map((part) => {
    const made = MADE[/^%\{(\w+)\}$/.exec(part)?.[1] ?? ''];
    if (made !== undefined) return made(date, make);
    return part.includes('%') ? make.call('strftime', [date, make.text(part)]) : make.text(part);
  });
  return texts.reduce((left, right) => make.call('||', [left, right], { is_operator: true }));
}
