import { seeded } from './clients.ts';
import { ANSWER_LIES, DURABLE_STEPS, type DurableStep, INGEST_LIES, type Lie } from './steps.ts';

/** One thing that goes wrong in one life of a gateway. */
export type Run =
  | {
      readonly kind: 'step';
      readonly step: DurableStep;
      readonly isPersisted: boolean;
      readonly code: 'EIO' | 'ENOSPC';
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

/** Each step twice, each lie, each disaster; all that is left of `count` are kills. A smaller count takes some of all. */
export function planRuns(count: number, seed: number): readonly Run[] {
  const random = seeded(seed);
  const steps = DURABLE_STEPS.flatMap((step) =>
    [false, true].map(
      (isPersisted): Run => ({ kind: 'step', step, isPersisted, code: random() < 0.5 ? 'EIO' : 'ENOSPC' }),
    ),
  );
  const lies = [...ANSWER_LIES, ...INGEST_LIES].map((lie): Run => ({ kind: 'lie', lie }));
  const disasters = DISASTERS.map((disaster): Run => ({ kind: 'disaster', disaster }));
  const certain = [...steps, ...lies, ...disasters];
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
function shuffled<T>(all: readonly T[], random: () => number): readonly T[] {
  const order = [...all];
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
