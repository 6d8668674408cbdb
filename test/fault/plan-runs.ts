import { seeded } from './clients.ts';
import { ANSWER_LIES, DURABLE_STEPS, type DurableStep, type FailureCode, INGEST_LIES, type Lie } from './steps.ts';

/** One thing that goes wrong in one life of a gateway. */
export type Run =
  | {
      readonly kind: 'step';
      readonly step: DurableStep;
      readonly isPersisted: boolean;
      readonly code: FailureCode;
    }
  | { readonly kind: 'lie'; readonly lie: Lie }
  | { readonly kind: 'kill' }
  | { readonly kind: 'kill-start' }
  | { readonly kind: 'kill-workers' }
  | { readonly kind: 'disaster'; readonly disaster: Disaster };

export const DISASTERS = [
  'disk full',
  'page of the store changed',
  'store cut short',
  'older store alone',
  'older vault alone',
  'segment changed',
  'segment cut short',
  'manifest changed',
  'wrapped key changed',
  'master key changed',
  'log key changed',
  'home secrets changed',
  'clock set back a day',
  'clock set forward a year',
  'memory bomb in a worker',
] as const;
export type Disaster = (typeof DISASTERS)[number];

/** While no gateway runs: a command that is cut off. */
export const isOfCommand = ({ part }: DurableStep): boolean => part === 'rotation' || part === 'log key';

/** Each step twice, those of commands once more with a kill, each lie, each disaster; all that is left of `count` are kills. A smaller count takes some of all. */
export function planRuns(count: number, seed: number): readonly Run[] {
  const random = seeded(seed);
  const failing = DURABLE_STEPS.flatMap((step) =>
    [false, true].map(
      (isPersisted): Run => ({ kind: 'step', step, isPersisted, code: random() < 0.5 ? 'EIO' : 'ENOSPC' }),
    ),
  );
  const killed = DURABLE_STEPS.filter(isOfCommand).map(
    (step): Run => ({ kind: 'step', step, isPersisted: random() < 0.5, code: 'KILL' }),
  );
  const lies = [...ANSWER_LIES, ...INGEST_LIES].map((lie): Run => ({ kind: 'lie', lie }));
  const disasters = DISASTERS.map((disaster): Run => ({ kind: 'disaster', disaster }));
  const certain = [...failing, ...killed, ...lies, ...disasters];
  const kills = Array.from({ length: Math.max(0, count - certain.length) }, (): Run => ({ kind: killOf(random()) }));
  return shuffled([...certain, ...kills], random).slice(0, count);
}

export function nameOf(run: Run): string {
  switch (run.kind) {
    case 'step':
      return `${run.step.part}: ${run.step.name}, ${run.code}${run.isPersisted ? ', done all the same' : ''}`;
    case 'lie':
      return `a worker answers: ${run.lie}`;
    case 'disaster':
      return run.disaster;
    default:
      return run.kind;
  }
}

function killOf(share: number): 'kill' | 'kill-start' | 'kill-workers' {
  if (share < 0.7) return 'kill';
  return share < 0.85 ? 'kill-workers' : 'kill-start';
}

/** Fisher and Yates. */
export function shuffled<T>(all: readonly T[], random: () => number): readonly T[] {
  const order = [...all];
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
