import { AppError } from '../../../policies/errors.ts';
import { AGGREGATES, type AggregateEntry } from '../../../policies/sql/functions/aggregates.ts';
import { OPERATORS } from '../../../policies/sql/functions/operators.ts';
import type { ScalarEntry, Signature } from '../../../policies/sql/functions/scalar-entry.ts';
import { WINDOWS } from '../../../policies/sql/functions/windows.ts';
import { literal } from '../../../policies/sql/literals.ts';
import { DOUBLE, decimal, INTEGER, type SqlType, TEXT } from '../../../policies/sql/sql-type.ts';
import { sameType, typeName } from '../../../policies/sql/type-rules.ts';
import type { City } from './small-city.ts';
import { OPERATOR_FORMS } from './sql-constructs.ts';
import { code, codes, insteadOf, table } from './sql-markdown.ts';
import { PRIVATE, PROTECTED, type Verdict, verdictOf } from './sql-verdict.ts';

/** Functions, operators, aggregates and windows of the reference page, from the tables that the compiler itself uses. */

// ── Functions ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Types on which a result that depends on its arguments is shown. */
const SAMPLES: readonly SqlType[] = [INTEGER, decimal(18, 2), DOUBLE];
/** No rule accepts it, so that each says what it would. */
const NO_LITERAL = literal(TEXT, '');

function parameterText({ is, constant }: { is: string; constant?: Signature['params'][number]['constant'] }): string {
  const name = is === 'as-text' || is === 'countable' ? 'any' : is;
  if (constant === undefined) return name;
  const accepted = constant({ ...NO_LITERAL, value: null }) ?? '';
  return `literal ${accepted}`;
}

function resultText(result: Signature['result']): string {
  if (typeof result !== 'function') return typeName(result);
  const pairs = SAMPLES.map((type) => [type, result([type])] as const);
  if (pairs.every(([from, to]) => sameType(from, to))) return 'as its argument';
  const [, first] = pairs[0] ?? [INTEGER, INTEGER];
  if (pairs.every(([, to]) => sameType(first, to))) return typeName(first);
  return pairs.map(([from, to]) => `${typeName(to)} for ${typeName(from)}`).join(', ');
}

function signatureText({ params, rest, result }: Signature): string {
  const list = [...params.map(parameterText), ...(rest === undefined ? [] : ['…'])].join(', ');
  return `(${list}) → ${resultText(result)}`;
}

interface Row {
  readonly names: readonly string[];
  readonly cells: readonly string[];
  readonly en: string;
  readonly zh: string;
}

/** Entries that differ in name only stand in one row: `year, month, …: the … of a date`. */
function merged(rows: readonly Row[]): readonly Row[] {
  const groups = Map.groupBy(rows, ({ cells, zh }) => JSON.stringify([cells, zh]));
  return [...groups.values()].map((group) => {
    const [first = { names: [], cells: [], en: '', zh: '' }] = group;
    return { ...first, names: group.flatMap(({ names }) => names), en: common(group.map(({ en }) => en)) };
  });
}

function common(texts: readonly string[]): string {
  const [first = ''] = texts;
  if (texts.every((text) => text === first)) return first;
  const words = texts.map((text) => text.split(' '));
  const at = (index: number): readonly (string | undefined)[] => words.map((list) => list.at(index));
  const head: string[] = [];
  while (at(head.length).every((word) => word !== undefined && word === words[0]?.[head.length]))
    head.push(words[0]?.[head.length] ?? '');
  const tail: string[] = [];
  while (at(-1 - tail.length).every((word) => word !== undefined && word === words[0]?.at(-1 - tail.length)))
    tail.unshift(words[0]?.at(-1 - tail.length) ?? '');
  return [...head, '…', ...tail].join(' ');
}

export function functionTable(entries: readonly ScalarEntry[]): string {
  const rows = entries
    .filter(({ spellings }) => spellings.length > 0)
    .map(
      ({ spellings, signatures, total, doc }): Row => ({
        names: spellings.map((word) => SPELLED[word] ?? word),
        cells: [signatures.map((one) => code(signatureText(one))).join(' '), total],
        ...doc,
      }),
    );
  return table(
    ['function', 'parameters → result', 'meaning', '含义', 'why it is total'],
    merged(rows).map(({ names, cells: [signature = '', total = ''], en, zh }) => [
      codes(names),
      signature,
      en,
      zh,
      total,
    ]),
  );
}

/** Spellings of the parser's own, as people write them. */
const SPELLED: Readonly<Record<string, string>> = { '~~': 'LIKE', '~~*': 'ILIKE', like_escape: 'LIKE … ESCAPE' };

export async function operatorTable(city: City): Promise<string> {
  const rows = await Promise.all(
    OPERATORS.flatMap(({ name, total, doc }) => {
      const forms = OPERATOR_FORMS[name];
      if (forms === undefined) return [];
      return [operatorRow(city, forms, doc, total)];
    }),
  );
  return table(['operator → result', 'meaning', '含义', 'why it is total'], rows);
}

async function operatorRow(
  city: City,
  forms: readonly string[],
  doc: ScalarEntry['doc'],
  total: string,
): Promise<readonly string[]> {
  const cells = await Promise.all(
    forms.map(async (form) => {
      const verdict = await verdictOf(city, `SELECT ${form} FROM person`);
      if (verdict instanceof AppError) throw verdict;
      return `${code(form)} → ${typeName(verdict.type)}`;
    }),
  );
  return [cells.join('; '), doc.en, doc.zh, total];
}

// ── Aggregates and windows ───────────────────────────────────────────────────────────────────────────────────────

const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  countable: ['pid'],
  boolean: ['active'],
  any: ['sex'],
  number: ['income'],
  double: ['income', 'age'],
};

/** A call of the aggregate over the small city. */
function callOf({ spellings, params }: AggregateEntry): string {
  const [name = ''] = spellings;
  if (name === 'count_star') return 'count(*)';
  const args = params.map(({ is, constant }, index) =>
    constant === undefined ? (ARGUMENTS[is]?.[index] ?? ARGUMENTS[is]?.[0] ?? 'NULL') : '0.5',
  );
  return `${name}(${args.join(', ')})`;
}

const answerOf = (verdict: Verdict): string => (verdict instanceof AppError ? `no: ${insteadOf(verdict)}` : 'yes');

export async function aggregateTable(city: City): Promise<string> {
  const rows = await Promise.all(
    AGGREGATES.filter(({ spellings }) => spellings.length > 0).map(async (entry): Promise<Row> => {
      const sql = `SELECT ${callOf(entry)} FROM person`;
      const [open, closed] = [await verdictOf(city, sql), await verdictOf(city, sql, PROTECTED)];
      if (open instanceof AppError) throw open;
      const names = entry.spellings.map((word) => (word === 'count_star' ? 'count(*)' : word));
      const forms = [...(entry.distinct ? ['DISTINCT'] : []), ...(entry.window ? ['OVER'] : [])];
      const signature = signatureText({ params: entry.params as Signature['params'], result: entry.result });
      const inPrivate = answerOf(await verdictOf(city, sql, PRIVATE));
      return {
        names,
        cells: [code(signature), forms.join(', '), answerOf(closed), inPrivate, entry.total],
        ...entry.doc,
      };
    }),
  );
  return table(
    ['aggregate', 'parameters → result', 'also', 'mode `aggregate`', 'mode `dp`', 'meaning', '含义', 'why it is total'],
    merged(rows).map(({ names, cells: [signature = '', also = '', mode = '', inPrivate = '', total = ''], en, zh }) => [
      codes(names),
      signature,
      also,
      mode,
      inPrivate,
      en,
      zh,
      total,
    ]),
  );
}

export function windowTable(): string {
  return table(
    ['function', 'parameters → result', 'frame', 'meaning', '含义', 'why it is total'],
    WINDOWS.map(({ name, params, result, framed, total, doc }) => [
      code(name),
      code(signatureText({ params, result })),
      framed ? 'yes' : 'no',
      doc.en,
      doc.zh,
      total,
    ]),
  );
}
