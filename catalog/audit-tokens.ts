import { hash } from 'node:crypto';
import { risksOf } from '#policies/vocabulary';
import type { AuditEntry } from './audit-entries.ts';
import { ERASED } from './logged-people.ts';

/**
 * The tokens under which the search index knows an entry. Each is ASCII: a letter for what it says, then the hex of the
 * UTF-8 text, so that no tokenizer's idea of letters, case or accents stands between what is asked and what is found.
 *
 * Free text: runs of letters and digits are words, compared without case; Han text, which has no spaces, is taken in
 * overlapping pairs, and a text is found when all of its pairs are.
 */

export type Facet =
  | 'risk'
  | 'person'
  | 'org'
  | 'plan'
  | 'job'
  | 'kind'
  | 'mode'
  | 'decision'
  | 'code'
  | 'provider'
  | 'use';

const FACET_LETTER: Readonly<Record<Facet, string>> = {
  risk: 'r',
  person: 's',
  org: 'o',
  plan: 'p',
  job: 'j',
  kind: 'k',
  mode: 'm',
  decision: 'd',
  code: 'c',
  provider: 'v',
  use: 'u',
};
const HAN = /^\p{Script=Han}/u;
const RUNS = /\p{Script=Han}+|(?:(?!\p{Script=Han})[\p{L}\p{N}])+/gu;
/** WHY: digests, another in each entry, are most of what the index holds; 24 hex digits tell them apart. */
const WORD_LENGTH_MAX = 24;

export function facetToken(facet: Facet, value: string): string {
  return FACET_LETTER[facet] + hex(value);
}

const REMEMBERED_MAX = 8_192;

/** WHY: the same people, columns and purposes come in entry after entry, and making their tokens is most of the work. */
function remembering<T>(make: (text: string) => T, most = REMEMBERED_MAX): (text: string) => T {
  const made = new Map<string, T>();
  return (text) => {
    const known = made.get(text);
    if (known !== undefined) return known;
    if (made.size >= most) made.clear();
    const result = make(text);
    made.set(text, result);
    return result;
  };
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

/** A use of data, as narrow or wide as asked: any of the three may be left open. */
export interface Use {
  readonly resource?: string | undefined;
  readonly column?: string | undefined;
  readonly level?: string | undefined;
}

export function useToken({ resource = '', column = '', level = '' }: Use): string {
  return shortToken(`${resource}\n${column}\n${level}`);
}

const SHORT_DIGITS = 20;

/** WHY a digest: an entry has four uses a column, and in hex each is as long as three names; nobody asks for beginnings of one. */
const shortToken = remembering(
  (text: string): string => FACET_LETTER.use + hash('sha256', text, 'hex').slice(0, SHORT_DIGITS),
);

/** What an entry names by an id. */
export interface EntryContext {
  readonly providerOf: (resource: string) => string | null;
  /** The canonical plan of a query's hash. */
  readonly planOf: (hash: string) => string | null;
}

/** Every token of an entry, without duplicates. */
export function entryTokens(entry: AuditEntry, { providerOf, planOf }: EntryContext): ReadonlySet<string> {
  const tokens = new Set<string>();
  const add = (facet: Facet, value: string | null | undefined) => {
    if (value !== null && value !== undefined) tokens.add(facetToken(facet, value));
  };
  add('kind', entry.kind);
  if (entry.who?.sub !== ERASED) add('person', entry.who?.sub);
  add('org', entry.who?.org);
  add('plan', entry.plan);
  add('job', entry.job);
  add('mode', entry.mode);
  add('decision', entry.decision);
  add('code', entry.code);
  for (const { resource, columns, level } of entry.tables ?? []) {
    add('provider', providerOf(resource));
    for (const token of usesOf([resource, level, ...columns].join('\n'))) tokens.add(token);
  }
  for (const risk of risksOf(entry)) add('risk', risk);
  addText(tokens, entry);
  // WHY the intent alone: the outcome has the same job, and a plan's words are many.
  const plan = entry.kind === 'intent' && entry.queryHash !== undefined ? planOf(entry.queryHash) : null;
  if (plan !== null) for (const token of planTokens(plan)) tokens.add(token);
  return tokens;
}

const PLANS_REMEMBERED_MAX = 256;

/** The words of a canonical plan: what its JSON says, not the names of its members. */
const planTokens = remembering((plan: string): readonly string[] => {
  const strings = [...plan.matchAll(/("(?:[^"\\]|\\.)*")(:?)/g)];
  const words = strings.flatMap(([, quoted = '""', colon]) => (colon === ':' ? [] : [String(JSON.parse(quoted))]));
  return [...new Set(words.flatMap(textTokens))];
}, PLANS_REMEMBERED_MAX);

/** All ways to ask for the uses of a table: with or without each part. Takes resource, level and columns as lines. */
const usesOf = remembering((lines: string): readonly string[] => {
  const [resource, level, ...columns] = lines.split('\n');
  return [undefined, ...columns].flatMap((column) => [
    useToken({ resource, column }),
    useToken({ resource, column, level }),
    useToken({ column, level }),
    ...(column === undefined ? [] : [useToken({ column })]),
  ]);
});

/**
 * The words of every text in the entry, except its time and version, which are asked for otherwise. What is another in
 * each entry is not worth remembering.
 */
function addText(tokens: Set<string>, entry: AuditEntry): void {
  const { v: _v, at: _at, job = '', queryHash = '', resultSha256 = '', who, about, ...rest } = entry;
  for (const unique of [job, queryHash, resultSha256]) for (const token of textTokens(unique)) tokens.add(token);
  const visit = (value: unknown): void => {
    if (typeof value === 'string') for (const token of knownTextTokens(value)) tokens.add(token);
    else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) visit(part);
  };
  visit([rest, who?.sub, who?.org, who?.role, about?.sub, about?.org]);
}

export function textTokens(text: string): readonly string[] {
  const tokens: string[] = [];
  for (const [run] of text.normalize('NFKC').toLowerCase().matchAll(RUNS)) {
    if (HAN.test(run)) tokens.push(...hanTokens(run));
    else tokens.push(`w${hex(run.slice(0, WORD_LENGTH_MAX))}`);
  }
  return tokens;
}

const knownTextTokens = remembering(textTokens);

/** Overlapping pairs, and the last character alone, so that any single character begins a token. */
function hanTokens(run: string): readonly string[] {
  const characters = [...run];
  return characters.map((character, position) => `h${hex(character + (characters[position + 1] ?? ''))}`);
}

/**
 * What a free-text question needs: all of these. A word that ends in `*` asks for its beginnings.
 *
 * @returns FTS5 terms.
 */
export function textQuery(text: string): readonly string[] {
  const terms: string[] = [];
  const runs = text
    .normalize('NFKC')
    .toLowerCase()
    .matchAll(/(?<run>\p{Script=Han}+|(?:(?!\p{Script=Han})[\p{L}\p{N}])+)(?<star>\*?)/gu);
  for (const { groups } of runs) {
    const run = groups?.['run'] ?? '';
    if (HAN.test(run)) terms.push(...hanQuery([...run]));
    else terms.push(`w${hex(run.slice(0, WORD_LENGTH_MAX))}${groups?.['star'] ?? ''}`);
  }
  return terms;
}

function hanQuery(characters: readonly string[]): readonly string[] {
  if (characters.length === 1) return [`h${hex(characters.join(''))}*`];
  return characters.slice(1).map((character, position) => `h${hex(`${characters[position]}${character}`)}`);
}
