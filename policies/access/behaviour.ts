import { isOffHours } from './risk.ts';

/** What one person's questions look like over a time: signals that a human judges, each with its reason. Pure. */

export const SIGNALS = [
  'canary',
  'denial-rate',
  'forbidden',
  'near-duplicates',
  'sequential-lookups',
  'off-hours',
  'burst',
] as const;
export type Signal = (typeof SIGNALS)[number];

/** One question, as the log tells it. */
export interface Question {
  readonly index: number;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly isDenied: boolean;
  /** A value that must never leave stood in its answer. */
  readonly metCanary: boolean;
  /** The canonical plan; null where none is kept, as of a refused query. */
  readonly plan: string | null;
  readonly queryHash: string | null;
  /** Of a question about one subject that got no answer; null for all others. */
  readonly lookup: UnansweredLookup | null;
}

/** Digests, to count by. */
export interface UnansweredLookup {
  readonly day: string;
  readonly subject: string;
  /** What neighbours have in common (policies/lookups/enumeration.ts). */
  readonly stem: string;
}

/** `alarm`: to act on at once. `notice`: to look at. */
export type SignalGrade = 'alarm' | 'notice';

export interface BehaviourSignal {
  readonly signal: Signal;
  readonly grade: SignalGrade;
  readonly value: number;
  /** From here on the signal is raised. */
  readonly threshold: number;
  readonly isRaised: boolean;
  /** Questions that it rests on. */
  readonly of: number;
  /** Log entries to look at first. */
  readonly entries: readonly number[];
}

const EXAMPLES_MAX = 10;
/** Below so many questions a share says nothing. */
const QUESTIONS_MIN = 10;
const BURST_MS = 60_000;
const THRESHOLDS: Readonly<Record<Signal, number>> = {
  canary: 1,
  'denial-rate': 0.3,
  forbidden: 5,
  'near-duplicates': 10,
  'sequential-lookups': 5,
  'off-hours': 0.5,
  burst: 30,
};

/**
 * - `canary`: answers that held a value that must never leave. The one alarm, and first.
 * - `denial-rate`: share of questions that were refused.
 * - `forbidden`: requests for what the person has no right to, questions aside: others' jobs, the log, freezes.
 * - `near-duplicates`: most different queries that differ in literals only.
 * - `sequential-lookups`: longest run of such queries in which one number goes on by the same step each time; or, where that is more,
 *   most subjects of a day that were looked up without an answer and differ in their last places only.
 * - `off-hours`: share asked outside office hours.
 * - `burst`: most questions within one minute.
 *
 * @param questions in order of time.
 * @param forbidden log entries of the requests that were refused for want of a right.
 */
export function behaviourSignals(
  questions: readonly Question[],
  forbidden: readonly Pick<Question, 'index'>[] = [],
): readonly BehaviourSignal[] {
  const share = (signal: Signal, meant: readonly Question[]) =>
    signalOf(signal, questions.length < QUESTIONS_MIN ? 0 : meant.length / questions.length, meant, questions.length);
  const families = familiesOf(questions);
  const largest = longest(families.map(({ members }) => members));
  const run = longest([...families.map(sequentialRun), ...neighbours(questions)]);
  const canaries = questions.filter(({ metCanary }) => metCanary);
  return [
    signalOf('canary', canaries.length, canaries, questions.length),
    share(
      'denial-rate',
      questions.filter(({ isDenied }) => isDenied),
    ),
    signalOf('forbidden', forbidden.length, forbidden, forbidden.length),
    signalOf('near-duplicates', largest.length, largest, questions.length),
    signalOf('sequential-lookups', run.length, run, questions.length),
    share(
      'off-hours',
      questions.filter(({ at }) => isOffHours(at)),
    ),
    burst(questions),
  ];
}

function signalOf(
  signal: Signal,
  value: number,
  meant: readonly Pick<Question, 'index'>[],
  of: number,
): BehaviourSignal {
  const threshold = THRESHOLDS[signal];
  const entries = meant.slice(-EXAMPLES_MAX).map(({ index }) => index);
  const grade = signal === 'canary' ? 'alarm' : 'notice';
  return {
    signal,
    grade,
    value: Math.round(value * 1_000) / 1_000,
    threshold,
    isRaised: value >= threshold,
    of,
    entries,
  };
}

interface Family {
  /** Different queries of one shape, by time. */
  readonly members: readonly Question[];
  readonly literals: readonly (readonly string[])[];
}

/** Queries by their plan with the literals taken out. */
function familiesOf(questions: readonly Question[]): readonly Family[] {
  const families = new Map<string, { members: Question[]; literals: (readonly string[])[] }>();
  const seen = new Set<string>();
  for (const question of questions) {
    const { plan, queryHash } = question;
    if (plan === null || queryHash === null || seen.has(queryHash)) continue; // the same query again tells nothing new
    seen.add(queryHash);
    const { shape, literals } = withoutLiterals(plan);
    const family = families.get(shape) ?? { members: [], literals: [] };
    families.set(shape, family);
    family.members.push(question);
    family.literals.push(literals);
  }
  return [...families.values()];
}

/** A canonical plan is JSON in which a literal is an object of that kind (policies/sql/plan.ts). */
function withoutLiterals(plan: string): { readonly shape: string; readonly literals: readonly string[] } {
  const literals: string[] = [];
  const shape = JSON.stringify(JSON.parse(plan), (_key, value: unknown) => {
    const isLiteral = typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'literal';
    if (!isLiteral) return value;
    literals.push(JSON.stringify('value' in value ? value.value : null));
    return '?';
  });
  return { shape, literals };
}

/** The longest run in which exactly one literal changes, each time by the same amount. */
function sequentialRun({ members, literals }: Family): readonly Question[] {
  let best: readonly Question[] = [];
  let start = 0;
  let last: string | null = null;
  for (let i = 1; i <= members.length; i += 1) {
    const step = i < members.length ? stepOf(literals[i - 1] ?? [], literals[i] ?? []) : null;
    if (i < members.length && step !== null && (last === null || step === last)) {
      last = step;
      continue;
    }
    if (i - start > best.length && last !== null) best = members.slice(start, i);
    [start, last] = step === null ? [i, null] : [i - 1, step];
  }
  return best;
}

/** `position:difference` of the one literal that is another number; null otherwise. */
function stepOf(before: readonly string[], after: readonly string[]): string | null {
  const changed = after.flatMap((value, i) => (value === before[i] ? [] : [i]));
  const [only] = changed;
  if (only === undefined || changed.length > 1) return null;
  const number = (text: string | undefined) => Number((text ?? '').replaceAll('"', '') || Number.NaN);
  const difference = number(after[only]) - number(before[only]);
  return Number.isFinite(difference) && difference !== 0 ? `${only}:${difference}` : null;
}

function burst(questions: readonly Question[]): BehaviourSignal {
  let best: readonly Question[] = [];
  let from = 0;
  for (let to = 0; to < questions.length; to += 1) {
    const end = Date.parse(questions[to]?.at ?? '');
    while (end - Date.parse(questions[from]?.at ?? '') >= BURST_MS) from += 1;
    if (to - from + 1 > best.length) best = questions.slice(from, to + 1);
  }
  return signalOf('burst', best.length, best, questions.length);
}

/** Of each day and stem, the first question about each subject. */
function neighbours(questions: readonly Question[]): readonly (readonly Question[])[] {
  const groups = new Map<string, Map<string, Question>>();
  for (const question of questions) {
    if (question.lookup === null) continue;
    const { day, stem, subject } = question.lookup;
    const group = groups.get(`${day} ${stem}`) ?? new Map<string, Question>();
    groups.set(`${day} ${stem}`, group.has(subject) ? group : group.set(subject, question));
  }
  return [...groups.values()].map((group) => [...group.values()]);
}

function longest(lists: readonly (readonly Question[])[]): readonly Question[] {
  return lists.reduce((best, one) => (one.length > best.length ? one : best), []);
}
