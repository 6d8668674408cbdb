import { hash } from 'node:crypto';
import type { ColumnId, Expr, Rel, Scan } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { conjunctsOf, relsWithin } from '../plan-walk.ts';
import { and } from './build.ts';
import { isCalendarPart } from './calendar.ts';
import { canonicalText } from './canonical.ts';
import { rowText } from './row-text.ts';

/**
 * By what a grouping's rows were asked for, as text, without the plain conditions and keys that any dashboard has: a stored
 * column's value (`dept = 'a'`, `GROUP BY dept`), and classes of one column (`year(day)`, `age // 10`). WHY without: a group
 * and the same rows picked by a filter are to be one. What is left (ranges, negations, CASE, existence) can be written so
 * that it leaves out one person, or nobody, depending on the data (release/guard/judge.ts).
 */
export function askedText(rel: Rel, keys: readonly Expr[], conditions: readonly Expr[]): string {
  const isStored = storedIn(rel);
  const { rows, text } = rowText(withoutPlain(rel, isStored));
  const odd = conditions.flatMap(conjunctsOf).filter((one) => !isPlainCondition(one, isStored));
  const classes = keys.filter((key) => !isPlainKey(key, isStored)).map(text);
  const narrowing = [...new Set([...narrowingIn(rel, isStored), ...odd.map(text)])].sort();
  return `${[rows(odd), ...classes.sort()].join('/')}#${narrowing.length === 0 ? '' : digestOf(JSON.stringify(narrowing))}`;
}

/** All of the text but what `isNarrowedOtherwise` reads, which sets that were released before it was kept have not. */
export const wordsAsked = (asked: string): string => asked.split('#', 1)[0]!;

/** Of the text only what narrows the rows, without the classes that they are put in. */
export const conditionsAsked = (asked: string): string => asked.split(/[/#]/u, 1)[0]!;

/**
 * Whether other conditions narrow the rows, whatever tables they are joined with besides. WHY: a question with one table more is another one, and yet
 * its rows of a table that both have are the same, or differ in one person, as the data will have it.
 */
export function isNarrowedOtherwise(one: string, other: string): boolean {
  const [a, b] = [one, other].map((asked) => asked.split('#')[1]);
  // Of sets that were released before this was kept, nobody knows.
  return a !== undefined && b !== undefined && a !== b;
}

/** All that is not plain anywhere in a relation, in the subqueries that its rows are joined with too. */
function narrowingIn(rel: Rel, isStored: IsStored): readonly string[] {
  return relsWithin(rel).flatMap((part) => {
    if (part.kind === 'filter') return oddIn(part.predicate, isStored).map(rowText(part.input).text);
    if (part.kind === 'limit' || part.kind === 'values') return [digestOf(canonicalText(part))];
    if (part.kind === 'scan') return part.source.kind === 'given' ? [digestOf(canonicalText(inAnyVersion(part)))] : [];
    if (part.kind !== 'join') return [];
    const unequal = (part.on === null ? [] : oddIn(part.on, isStored)).filter((one) => !isOfColumns(one));
    const absent = part.join === 'anti' ? [JSON.stringify([part.join, rowText(part.right).rows([])])] : [];
    return [...absent, ...unequal.map(rowText(part).text)];
  });
}

const oddIn = (predicate: Expr, isStored: IsStored): readonly Expr[] =>
  conjunctsOf(predicate).filter((one) => !isPlainCondition(one, isStored));

const isOfColumns = (expr: Expr): boolean =>
  expr.kind === 'call' && expr.fn === 'eq' && expr.args.every(({ kind }) => kind === 'column');

const digestOf = (text: string): string => hash('sha256', text, 'base64url').slice(0, 22);

type IsStored = (expr: Expr) => boolean;

/** Columns of stored tables, under whatever name they are handed on. */
function storedIn(rel: Rel): IsStored {
  const stored = new Set<ColumnId>();
  for (const part of [...relsWithin(rel)].reverse()) {
    if (part.kind === 'scan' && part.source.kind === 'table') for (const { id } of columnsOf(part)) stored.add(id);
    const named = part.kind === 'project' ? part.columns : part.kind === 'aggregate' ? part.keys : [];
    for (const { id, expr } of named) if (expr.kind === 'column' && stored.has(expr.id)) stored.add(id);
  }
  return (expr) => expr.kind === 'column' && stored.has(expr.id);
}

function isPlainCondition(expr: Expr, isStored: IsStored): boolean {
  if (isStored(expr) || expr.kind === 'literal') return true;
  if (expr.kind !== 'call') return false;
  if (expr.fn === 'not') return isStored(expr.args[0]!);
  const [a, b] = expr.args;
  return expr.fn === 'eq' && ((isStored(a!) && b!.kind === 'literal') || (isStored(b!) && a!.kind === 'literal'));
}

const CLASSES: ReadonlySet<string> = new Set(['integer_divide', 'left', 'substring']);

function isPlainKey(expr: Expr, isStored: IsStored): boolean {
  if (isStored(expr) || expr.kind === 'literal' || isCalendarPart(expr, isStored)) return true;
  if (expr.kind === 'cast') return isPlainKey(expr.arg, isStored);
  const isClass = expr.kind === 'call' && CLASSES.has(expr.fn);
  return isClass && expr.args.every((arg) => isStored(arg) || arg.kind === 'literal');
}

/** The same relation with plain conditions left out, in whatever version of its tables. */
function withoutPlain(rel: Rel, isStored: IsStored): Rel {
  const below = (input: Rel) => withoutPlain(input, isStored);
  const odd = (predicate: Expr) => conjunctsOf(predicate).filter((one) => !isPlainCondition(one, isStored));
  switch (rel.kind) {
    case 'scan':
      return inAnyVersion(rel);
    case 'values':
      return rel;
    case 'filter': {
      const kept = odd(rel.predicate);
      return kept.length === 0 ? below(rel.input) : { ...rel, predicate: and(kept), input: below(rel.input) };
    }
    case 'join': {
      const isInner = rel.join === 'inner' || rel.join === 'cross';
      const kept = rel.on === null || !isInner ? [] : odd(rel.on);
      const on = isInner ? (kept.length === 0 ? null : and(kept)) : rel.on;
      return { ...rel, on, left: below(rel.left), right: below(rel.right) };
    }
    case 'set-operation':
      return { ...rel, left: below(rel.left), right: below(rel.right) };
    default:
      return { ...rel, input: below(rel.input) };
  }
}

/** WHY what made a list that is given too: asked of the next version, it is the same question. */
function inAnyVersion(scan: Scan): Scan {
  const { source } = scan;
  if (source.kind === 'table') return { ...scan, source: { ...source, version: 0 } };
  return source.kind === 'given' ? { ...scan, source: { ...source, made: withoutVersions(source.made) } } : scan;
}

const withoutVersions = (rel: Rel): Rel =>
  JSON.parse(JSON.stringify(rel, (key, value: unknown) => (key === 'version' ? 0 : value))) as Rel;
