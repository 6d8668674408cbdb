import type { Attack, Outcome } from './attack.ts';
import { ATTACKS } from './attacks.ts';
import { type GroundOptions, plantGround } from './ground.ts';

/** One attack on a custodian with its rules, and its control with the rule off. */
export interface CustodianFigure {
  readonly group: Attack['group'];
  readonly name: string;
  /** Whether it got what it was after. */
  readonly leaked: boolean;
  /** The rule that the custodian named; null where it named none. */
  readonly refusal: string | null;
  /** Whether the custodian’s own log has the refusal. */
  readonly logged: boolean;
  /** Whether the same gets it with the rule off. */
  readonly control: boolean;
}

export interface CustodianSummary {
  readonly attacks: number;
  readonly leaks: number;
  readonly unclear: readonly string[];
  readonly unlogged: readonly string[];
  readonly controlsFailing: readonly string[];
  readonly ok: boolean;
}

export async function runCustodianAttacks(options: {
  /** One of three. */
  readonly tiny: boolean;
  readonly report: (figure: CustodianFigure) => void;
}): Promise<CustodianSummary> {
  const figures: CustodianFigure[] = [];
  for (const [position, attack] of ATTACKS.entries()) {
    if (options.tiny && position % 3 !== 0) continue;
    const figure = await figureOf(attack);
    figures.push(figure);
    options.report(figure);
  }
  const named = (which: (figure: CustodianFigure) => boolean) => figures.filter(which).map(({ name }) => name);
  const leaks = figures.filter(({ leaked }) => leaked).length;
  const expected = new Map(ATTACKS.map(({ name, refusal }) => [name, refusal]));
  const unclear = named(({ name, refusal }) => refusal !== expected.get(name));
  const unlogged = named(({ logged }) => !logged);
  const controlsFailing = named(({ control }) => !control);
  const ok = leaks + unclear.length + unlogged.length + controlsFailing.length === 0;
  return { attacks: figures.length, leaks, unclear, unlogged, controlsFailing, ok };
}

/** What is no refusal is in the log as what it is: an opening, with what it withheld. */
const ANSWERED: ReadonlySet<string> = new Set(['half withheld', 'repeated']);

async function figureOf(attack: Attack): Promise<CustodianFigure> {
  const { group, name } = attack;
  const met = await attempt(attack.run, attack.ground);
  const control = await attempt(attack.control.run ?? attack.run, attack.control.ground);
  const { why, got } = met.outcome;
  const logged = why !== null && (ANSWERED.has(why) || met.refusals.includes(why));
  return { group, name, leaked: got, refusal: why, logged, control: control.outcome.got };
}

async function attempt(
  run: Attack['run'],
  options: GroundOptions | undefined,
): Promise<{ readonly outcome: Outcome; readonly refusals: readonly string[] }> {
  const ground = await plantGround(options);
  try {
    return { outcome: await run(ground), refusals: ground.refusals() };
  } finally {
    await ground.close();
  }
}
