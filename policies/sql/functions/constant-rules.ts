import type { Literal } from '../plan.ts';
import type { ConstantRule } from './scalar-entry.ts';

/** Rules for arguments that must be literals, because their value decides type, time or space of the result. */

export function oneOf(values: readonly string[]): ConstantRule {
  return (value) =>
    typeof value.value === 'string' && values.includes(value.value.toLowerCase())
      ? null
      : values.map((v) => `'${v}'`).join(', ');
}

export function integerBetween(min: number, max: number): ConstantRule {
  return (value) => {
    const number = typeof value.value === 'string' ? Number(value.value) : Number.NaN;
    return Number.isInteger(number) && number >= min && number <= max ? null : `${min}…${max}`;
  };
}

export function textUpTo(max: number): ConstantRule {
  return (value) => (typeof value.value === 'string' && value.value.length <= max ? null : `'…' (1…${max})`);
}

export function textBetween(min: number, max: number): ConstantRule {
  return (value) =>
    typeof value.value === 'string' && value.value.length >= min && value.value.length <= max
      ? null
      : `'…' (${min}…${max})`;
}

/**
 * WHY: LIKE backtracks over each `%` once `_` stands between them, and its time would tell whose text it met; without
 * `_` the engine searches for the pieces in order.
 */
export const likePattern: ConstantRule = (value) => {
  const pattern = textOf(value);
  if (pattern === null || pattern.length > 200) return "'%…%' (1…200)";
  if (pattern.includes('_') && pattern.split('%').length - 1 > 1) return "'_…%' (at most one `%` beside `_`)";
  return pattern.split('%').length - 1 <= 8 ? null : "'%…%' (at most 8 `%`)";
};

const STRFTIME = /^(?:[^%]|%-[dmyHIMSj]|%[YymdHMSjbBaApIfwuVGUW%])+$/;
export const dateFormat: ConstantRule = (value) => {
  const format = textOf(value);
  return format !== null && format.length <= 60 && STRFTIME.test(format) ? null : "'%Y-%m-%d %H:%M:%S'";
};

/** Any literal but NULL. */
export const someLiteral: ConstantRule = ({ value }) => (value === null ? "'2000-01-01'" : null);

/** WHY one kind: months have no fixed length, so that DuckDB refuses them beside days. */
export const bucketWidth: ConstantRule = ({ value }) => {
  const wanted = "INTERVAL '15 minutes'";
  if (typeof value !== 'object' || value === null) return wanted;
  const { months, days, micros } = value;
  const fixed = days >= 0 && BigInt(micros) >= 0n && (days > 0 || micros !== '0') && days <= 36_500;
  return (months === 0 && fixed) || (months > 0 && months <= 12_000 && days === 0 && micros === '0') ? null : wanted;
};

/** WHY an own reader: an invalid pattern would be an engine error, and a large counted repeat costs memory in RE2. */
export const regexpPattern: ConstantRule = (value) => {
  const pattern = textOf(value);
  return pattern !== null && pattern.length <= 200 && isSafeRegexp(pattern) ? null : "'^[0-9]{4}(AB|CD)?.*$'";
};

/** WHY two groups at most: each may be the whole text, so that a text grows at most twice and by twenty a match. */
export const regexpReplacement: ConstantRule = (value) => {
  const text = textOf(value);
  const fits = text !== null && text.length <= 20 && /^(?:[^\\]|\\[0-9])*$/.test(text);
  return fits && (text.match(/\\[0-9]/g) ?? []).length <= 2 ? null : "'\\1-\\2'";
};

export function textOf(value: Literal): string | null {
  return typeof value.value === 'string' ? value.value : null;
}

const ATOM = /^(?:\\[dDwWsSb.\\+*?()[\]{}|^$/-]|\[\^?(?:\\[dws\\\]^-]|[^\]\\[])+\]|[^\\[\](){}*+?|])/;
const QUANTIFIER = /^(?:[*+?]|\{\d{1,2}(?:,\d{0,2})?\})\??/;

/** A regular subset that RE2 always accepts: atoms, classes, groups, alternation, repeats below 100 that do not nest. */
export function isSafeRegexp(pattern: string): boolean {
  let rest = pattern;
  const groups: { counted: boolean }[] = [{ counted: false }];
  while (rest !== '') {
    const top = groups.at(-1);
    if (top === undefined) return false;
    const step = regexpStep(rest, top, groups);
    if (step === 0) return false;
    rest = rest.slice(step);
  }
  return groups.length === 1;
}

/** Length of what was read, 0 where it is not accepted. */
function regexpStep(rest: string, top: { counted: boolean }, groups: { counted: boolean }[]): number {
  if (rest.startsWith('|')) return 1;
  if (rest.startsWith('(')) {
    groups.push({ counted: false });
    return rest.startsWith('(?:') ? 3 : rest.startsWith('(?') ? 0 : 1;
  }
  let length: number;
  let inner = false;
  if (rest.startsWith(')')) {
    groups.pop();
    if (groups.length === 0) return 0;
    length = 1;
    inner = top.counted;
  } else {
    const atom = ATOM.exec(rest);
    if (atom === null || !isOrderedClass(atom[0])) return 0;
    length = atom[0].length;
  }
  const repeat = QUANTIFIER.exec(rest.slice(length))?.[0] ?? '';
  const counted = repeat.startsWith('{');
  if (counted && (inner || !isOrderedRepeat(repeat))) return 0;
  if (counted || inner) {
    const parent = groups.at(-1);
    if (parent !== undefined) parent.counted = true;
  }
  return length + repeat.length;
}

function isOrderedRepeat(repeat: string): boolean {
  const [, low = '0', high = ''] = /^\{(\d+)(?:,(\d*))?\}/.exec(repeat) ?? [];
  return high === '' || Number(low) <= Number(high);
}

/** `[z-a]` is an error in RE2; `[` inside a class could open a POSIX class. */
function isOrderedClass(atom: string): boolean {
  if (!atom.startsWith('[')) return true;
  const body = atom.slice(atom.startsWith('[^') ? 2 : 1, -1);
  for (const range of body.matchAll(/(\\?.)-(\\?.)/gsu)) {
    const [, low = '', high = ''] = range;
    if (low.startsWith('\\') || high.startsWith('\\') || low > high) return false;
  }
  return true;
}
