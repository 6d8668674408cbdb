/** Date formats of other systems as those of strftime; null where one says something that strftime has no word for. */

type Words = readonly (readonly [word: string, strftime: string])[];

/** Longer words first. Source: PostgreSQL 17, 9.8; Oracle and Snowflake agree in these. */
const TEMPLATE: Words = [
  ...([
    ['YYYY', '%Y'],
    ['IYYY', '%G'],
    ['HH24', '%H'],
    ['HH12', '%I'],
    ['FMMonth', '%B'],
    ['FMDay', '%A'],
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
    ['Dy', '%a'],
    ['AM', '%p'],
    ['PM', '%p'],
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

/** `literally`: what stands for itself; its groups hold the text. */
function translated(format: string, words: Words, literally: RegExp): string | null {
  let made = '';
  for (let rest = format; rest !== ''; ) {
    const word = words.find(([from]) => rest.startsWith(from));
    const plain = word === undefined ? literally.exec(rest) : null;
    if (word === undefined && plain === null) return null;
    made += word?.[1] ?? plain?.slice(1).find((text) => text !== undefined) ?? '';
    rest = rest.slice(word?.[0].length ?? plain?.[0].length ?? rest.length);
  }
  return made === '' ? null : made;
}
