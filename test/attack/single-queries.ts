import { MODES_BUILT } from '../../policies/levels.ts';
import type { Attack } from './attack.ts';
import type { AttackFigure } from './attack-figure.ts';
import { type AttackedGateway, openAttacked, type Seen } from './attacked-gateway.ts';
import { WORLDS, type World } from './attacked-table.ts';
import { AGGREGATES } from './catalogue-aggregates.ts';
import { DIFFERENCES, KNOWN_LIMITS } from './catalogue-differences.ts';
import { ERRORS } from './catalogue-errors.ts';
import { ESCAPES } from './catalogue-escapes.ts';
import { MORE } from './catalogue-more.ts';
import { WORK } from './catalogue-work.ts';
import { conclusion, learnedUnprotected } from './conclusion.ts';
import { OPEN_ATTACKS } from './open-attacks.ts';
import { chargedAlike, type ExtraAttack, forgedRequests, sameTime } from './request-attacks.ts';
import { separates } from './separation.ts';
import { openUnprotected, type Unprotected } from './unprotected.ts';

/** Suite A: every spelling of every single-query attack in neighbouring worlds, beside its control; a figure per number. */

export interface SingleQueryRun {
  readonly isWanted: (id: string) => boolean;
  readonly isWantedMode: (mode: string) => boolean;
  readonly tiny: boolean;
  readonly seed: number;
  readonly report: (figure: AttackFigure) => void;
}

const SPELLINGS: readonly Attack[] = [...ERRORS, ...DIFFERENCES, ...AGGREGATES, ...ESCAPES, ...MORE];
/** Copies of the tables in mode `perturbed`, each with noise of its own. */
const COPIES = 10;
const SPELLINGS_TINY = 2;

const TITLES: Readonly<Record<string, string>> = {
  A1: 'errors that print a value',
  A2: 'overflow',
  A3: 'functions that raise',
  A4: 'errors in a loop, for their price',
  A5: 'infinity and NaN',
  A6: 'what is NULL for one',
  A7: 'hidden output, totals and margins',
  A8: 'trackers in one answer',
  A9: 'differencing in one answer',
  A10: 'HAVING, ORDER BY, LIMIT on true values',
  A11: 'rewritten conditions',
  A12: 'range creep and bisection',
  A13: 'subsets by hash or modulus',
  A14: 'aggregates that show one value',
  A15: 'FILTER, CASE and factors on one',
  A16: 'padding and fan-out',
  A17: 'membership through an own table',
  A18: 'rare keys and outliers',
  A19: 'windows, LATERAL, sampling, PIVOT',
  A20: 'statistics and metadata of the engine',
  A21: 'code in text',
  A22: 'files and settings',
  A23: 'time',
  A24: 'the parser',
  A25: 'forged and replayed requests',
  L: 'admitted: needs a number known from elsewhere',
};

interface Worlds {
  readonly gateways: ReadonlyMap<World, AttackedGateway>;
  readonly engines: ReadonlyMap<World, Unprotected>;
  /** Attacks by id and whether their control works: it does not depend on the mode, and some work once only. */
  readonly controls: Map<string, boolean>;
}

export async function runSingleQueries(run: SingleQueryRun): Promise<void> {
  const wanted = Object.keys(TITLES).filter((number) => run.isWanted(number) || spellingsOf(number, run).length > 0);
  const modes = (['aggregate', 'perturbed'] as const).filter(run.isWantedMode);
  if (wanted.length === 0 || modes.length === 0) return;
  const copies = modes.includes('perturbed') && MODES_BUILT.has('perturbed') ? (run.tiny ? 5 : COPIES) : 0;
  const worlds: Worlds = {
    gateways: new Map(
      await Promise.all(WORLDS.map(async (world) => [world, await openAttacked(world, copies)] as const)),
    ),
    engines: new Map(await Promise.all(WORLDS.map(async (world) => [world, await openUnprotected(world)] as const))),
    controls: new Map(),
  };
  try {
    for (const number of wanted) for (const mode of modes) await runNumber(number, mode, worlds, copies, run);
  } finally {
    for (const { running } of worlds.gateways.values()) await running.destroy();
  }
}

function spellingsOf(number: string, { isWanted, tiny }: SingleQueryRun): readonly Attack[] {
  const all = number === 'L' ? KNOWN_LIMITS : SPELLINGS.filter(({ id }) => id.startsWith(`${number}.`));
  const wanted = all.filter(({ id }) => isWanted(number) || isWanted(id));
  return tiny ? wanted.slice(0, SPELLINGS_TINY) : wanted;
}

/** One number of the list in one mode. Procedures that are no single query do not depend on the mode. */
async function runNumber(
  number: string,
  mode: 'aggregate' | 'perturbed',
  worlds: Worlds,
  copies: number,
  run: SingleQueryRun,
): Promise<void> {
  const start = performance.now();
  const extra = extraAttacks(number, worlds, run.tiny);
  if (extra !== null && mode === 'perturbed') return;
  const built = mode === 'aggregate' || MODES_BUILT.has(mode);
  const spellings = spellingsOf(number, run);
  const through: string[] = [];
  let [controls, tried] = [0, 0];
  for (const attack of spellings) {
    tried += 1;
    if (await works(attack, worlds)) controls += 1;
    if (built && (await getsThrough(attack, mode, worlds, copies))) through.push(attack.id);
  }
  for (const attack of (await extra) ?? []) {
    tried += 1;
    if (attack.control) controls += 1;
    if (attack.through) through.push(attack.name);
  }
  run.report({
    id: number,
    name: TITLES[number]!,
    metric: 'spellings that tell the worlds apart',
    mode: extra === null ? mode : 'mode-free',
    built,
    measured: built ? through.length : null,
    bar: 0,
    side: 'most',
    // A spelling gets through or not: nothing is sampled.
    wilsonUpper: null,
    control: controls,
    controlBar: tried,
    controlSucceeded: controls === tried,
    within: built ? through.length === 0 : null,
    admitted: isAdmitted(number, mode, through) ? 'SECURITY.md' : null,
    seconds: (performance.now() - start) / 1000,
    seed: run.seed,
    detail: { spellings: tried, through },
  });
}

/** In mode `aggregate`, what SECURITY.md lists; `KNOWN_LIMITS` in every mode. */
function isAdmitted(number: string, mode: string, through: readonly string[]): boolean {
  return number === 'L' || (mode === 'aggregate' && through.length > 0 && through.every((id) => OPEN_ATTACKS.has(id)));
}

function extraAttacks(number: string, { gateways }: Worlds, tiny: boolean): Promise<readonly ExtraAttack[]> | null {
  const [secret, ordinary] = [gateways.get('secret')!, gateways.get('ordinary')!];
  if (number === 'A4') return chargedAlike(secret, ordinary);
  if (number === 'A23') return sameTime(secret, ordinary, tiny ? WORK.slice(0, 1) : WORK);
  return number === 'A25' ? forgedRequests(secret) : null;
}

/** The control: without protection the attack tells the worlds apart, or at least is answered where that is all it takes. */
async function works(attack: Attack, { engines, controls }: Worlds): Promise<boolean> {
  const known = controls.get(attack.id);
  if (known !== undefined) return known;
  const sql = attack.control ?? attack.sql;
  const [secret, other] = await inWorlds(attack, (world) => engines.get(world)!.run(sql));
  const [a, b] = [secret, other].map((outcome) =>
    JSON.stringify(attack.always ? null : learnedUnprotected(attack, outcome)),
  );
  const succeeded = attack.always ? secret.error === null : a !== b;
  controls.set(attack.id, succeeded);
  return succeeded;
}

async function getsThrough(attack: Attack, mode: string, worlds: Worlds, copies: number): Promise<boolean> {
  if (mode === 'aggregate') {
    const [secret, other] = await inWorlds(attack, (world) => worlds.gateways.get(world)!.ask(attack.sql));
    return takenAway(attack, secret) !== takenAway(attack, other);
  }
  const inCopy = (copy: number) =>
    inWorlds(attack, (world) => worlds.gateways.get(world)!.ask(attack.sql, undefined, copy));
  const first = await inCopy(1);
  // What is refused is refused for its text.
  if (first.every(({ rows }) => rows === null) && first[0].shape === first[1].shape) return false;
  const others = await Promise.all(Array.from({ length: copies - 1 }, (_, i) => inCopy(i + 2)));
  const seen = [0, 1].map((side) => [first, ...others].map((both) => both[side]!));
  const [secret, other] = seen.map((side) => side.map((one) => observationOf(attack, one)));
  return separates(secret!, other!);
}

function inWorlds<T>(attack: Attack, run: (world: World) => Promise<T>): Promise<readonly [T, T]> {
  return Promise.all([run('secret'), run(attack.against ?? 'ordinary')]);
}

/** In an exact mode: any difference at all. */
function takenAway(attack: Attack, { status, code, rows, suppressed }: Seen): string {
  const beside = attack.learn === undefined ? suppressed : null;
  return JSON.stringify([status, code, conclusion(attack, rows), beside]);
}

/** In a noisy mode: the numbers, and everything that is none. */
function observationOf(attack: Attack, { status, code, rows }: Seen) {
  const numbers: number[] = [];
  const pattern = JSON.stringify([status, code, conclusion(attack, rows)], (_key, value: unknown) => {
    if (typeof value !== 'number') return value;
    numbers.push(value);
    return '#';
  });
  return { pattern, numbers: numbers.slice(2) };
}
