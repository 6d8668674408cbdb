import {
  type AuditFilters,
  type Db,
  ERASED,
  type FoundEntry,
  findQueryPlan,
  type KnownRefusal,
  knownSetCount,
  listGuardRefusals,
  searchEntries,
  unansweredLookups,
} from '#catalog';
import { type BehaviourSignal, behaviourSignals, type Question } from '#policies';

/** What the security office asks of many entries at once. Bounded: what is left out is said. */

export interface ReadingPeriod {
  readonly from: string;
  readonly until: string;
}

const ENTRIES_MAX = 20_000;
const PAGE = 1_000;
const GUARD_REFUSALS_MAX = 50;
const DAY_MS = 86_400_000;

/** Every entry that the filters find, oldest first, up to a bound; the newest ones where there are more. */
function readAll(
  db: Db,
  filters: AuditFilters,
): { readonly entries: readonly FoundEntry[]; readonly isComplete: boolean } {
  const found: FoundEntry[] = [];
  let before: number | undefined;
  for (;;) {
    const { entries, next } = searchEntries(db, filters, { before, limit: PAGE });
    found.push(...entries);
    if (next === null) return { entries: found.reverse(), isComplete: true };
    if (found.length >= ENTRIES_MAX) return { entries: found.reverse(), isComplete: false };
    before = next;
  }
}

/** How exposed one resource is: who got what of it, how often, how finely. */
export interface Exposure {
  readonly resource: string;
  readonly released: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly people: number;
  readonly organisations: number;
  readonly plans: number;
  /** Different canonical plans that were answered. */
  readonly queries: number;
  /** Different sets of rows that answers stand on, over all versions and for all time: what the guard compares. */
  readonly knownSets: number;
  /** The newest answers that the differencing guard hid something of, and whose answers that came near to. */
  readonly guardRefusals: readonly KnownRefusal[];
  readonly columns: readonly { readonly column: string; readonly released: number }[];
  readonly first: string | null;
  readonly last: string | null;
  readonly isComplete: boolean;
}

export function exposureOf(db: Db, resource: string, period: ReadingPeriod): Exposure {
  const { entries, isComplete } = readAll(db, { resource, ...period });
  const ends = entries.filter(({ entry }) => entry.kind === 'outcome' || entry.kind === 'refusal');
  const released = ends.filter(({ entry }) => entry.decision === 'permit');
  const distinct = (of: (found: FoundEntry) => string | undefined) =>
    new Set(released.map(of).filter((value) => value !== undefined)).size;
  const columns = released.flatMap(({ entry }) =>
    (entry.tables ?? []).filter((table) => table.resource === resource).flatMap((table) => table.columns),
  );
  return {
    resource,
    released: released.length,
    refused: countBy(ends.flatMap(({ entry }) => (entry.decision === 'deny' ? [entry.code ?? 'unknown'] : []))),
    people: distinct(({ entry: { who } }) => (who === undefined ? undefined : `${who.org}/${who.sub}`)),
    organisations: distinct(({ entry }) => entry.who?.org),
    plans: distinct(({ entry }) => entry.plan),
    queries: distinct(({ entry }) => entry.queryHash),
    knownSets: knownSetCount(db, resource),
    guardRefusals: listGuardRefusals(db, resource, period, GUARD_REFUSALS_MAX),
    columns: Object.entries(countBy(columns)).map(([column, count]) => ({ column, released: count })),
    first: released[0]?.entry.at ?? null,
    last: released.at(-1)?.entry.at ?? null,
    isComplete,
  };
}

export interface Behaviour {
  readonly questions: number;
  readonly signals: readonly BehaviourSignal[];
  readonly isComplete: boolean;
}

/** One person's questions: each job once, by its intent or its refusal. What names no plan was no question. */
export function behaviourOf(db: Db, person: string, org: string, period: ReadingPeriod): Behaviour {
  const { entries, isComplete } = readAll(db, { person, org, ...period });
  return { ...behaviourIn(db, { sub: person, org }, entries, period), isComplete };
}

/** A person and what its questions raise. */
export interface Raised extends Omit<Behaviour, 'isComplete'> {
  readonly org: string;
  readonly sub: string;
}

/** Whoever raises a signal, the alarms first, then by how many. Names that were erased and drills are nobody's. */
export function whoRaises(
  db: Db,
  org: string | undefined,
  period: ReadingPeriod,
): { readonly people: readonly Raised[]; readonly isComplete: boolean } {
  const { entries, isComplete } = readAll(db, { org, ...period });
  const named = entries.filter(
    ({ entry: { who, drill } }) => drill !== true && who !== undefined && who.sub !== ERASED,
  );
  const byPerson = Map.groupBy(named, ({ entry: { who } }) => `${who!.org}/${who!.sub}`);
  const people = [...byPerson.values()].flatMap((own): readonly Raised[] => {
    const { sub, org: of } = own[0]!.entry.who!;
    const { questions, signals } = behaviourIn(db, { sub, org: of }, own, period);
    const raised = signals.filter(({ isRaised }) => isRaised);
    return raised.length === 0 ? [] : [{ org: of, sub, questions, signals: raised }];
  });
  const alarms = ({ signals }: Raised) => signals.filter(({ grade }) => grade === 'alarm').length;
  const weight = (one: Raised) => [alarms(one), one.signals.length, one.questions] as const;
  return { people: people.toSorted((a, b) => compare(weight(b), weight(a))), isComplete };
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

function behaviourIn(
  db: Db,
  { sub, org }: { readonly sub: string; readonly org: string },
  entries: readonly FoundEntry[],
  period: ReadingPeriod,
): Omit<Behaviour, 'isComplete'> {
  const failures = entries.filter(({ entry }) => entry.kind === 'outcome' && entry.decision === 'deny');
  const codeOf = new Map(failures.map(({ entry }) => [entry.job, entry.code ?? 'INTERNAL']));
  // WHY asked first: hardly anybody asks about single subjects, and a reading may be about everybody.
  const hasLookups = entries.some(({ entry }) => entry.subject !== undefined);
  const unanswered = hasLookups ? unansweredLookups(db, { org, sub }, daysOf(period)) : [];
  const lookups = new Map(unanswered.map((one) => [one.id, one]));
  const isRefusal = ({ entry }: FoundEntry) => entry.kind === 'refusal';
  const questions = entries
    .filter((found) => found.entry.kind === 'intent' || (isRefusal(found) && found.entry.plan !== undefined))
    .map(({ index, entry }): Question => {
      const queryHash = entry.queryHash ?? null;
      const code = entry.kind === 'refusal' ? entry.code : codeOf.get(entry.job);
      return {
        index,
        at: entry.at,
        // What a freeze stopped says nothing of the question.
        isDenied: code !== undefined && code !== 'POLICY_FROZEN',
        metCanary: code === 'POLICY_CANARY',
        queryHash,
        plan: queryHash === null ? null : findQueryPlan(db, queryHash),
        lookup: lookups.get(entry.job ?? '') ?? null,
      };
    });
  const forbidden = entries.filter((found) => isRefusal(found) && found.entry.plan === undefined);
  return { questions: questions.length, signals: behaviourSignals(questions, forbidden) };
}

/** Days of Asia/Shanghai that a period touches are among these. */
function daysOf({ from, until }: ReadingPeriod): { readonly first: string; readonly last: string } {
  const day = (at: string, byMs: number) => new Date(Date.parse(at) + byMs).toISOString().slice(0, 'YYYY-MM-DD'.length);
  return { first: day(from, 0), last: day(until, DAY_MS) };
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words.toSorted()) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
