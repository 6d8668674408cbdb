import { CATALOGUE } from './catalogue.ts';
import { openGround } from './ground.ts';
import { OPERATORS_AND_GRANTS } from './operators-and-grants.ts';
import { OWN_DATA } from './own-data.ts';
import { PLAN_LIFE } from './plan-life.ts';
import { PLATFORMS } from './platforms.ts';
import { PRODUCTS } from './products.ts';
import { REQUIREMENTS_IN_SCOPE, type Requirement } from './requirement.ts';
import { SHARED_BUDGET } from './shared-budget.ts';

/**
 * Every requirement with what enforces it, in groups that each have a gateway of their own. WHY: what one test asks about people counts
 * for what the guard shows the next.
 */
const GROUPS: Readonly<Record<string, readonly Requirement[]>> = {
  'catalogue and plans': [...CATALOGUE, ...PLAN_LIFE],
  'grants, operators, affiliates and exits': [...OPERATORS_AND_GRANTS, ...SHARED_BUDGET],
  'developers’ own data, other platforms': [...OWN_DATA, ...PLATFORMS],
  products: PRODUCTS,
};
export const GROUP_NAMES = Object.keys(GROUPS);

export interface EnforcedLine {
  readonly requirement: string;
  readonly paragraph: string;
  readonly tests: readonly { readonly name: string; readonly ok: boolean; readonly found: string }[];
  readonly enforced: boolean;
}

/**
 * Runs what enforces each requirement, against real gateways. A requirement is enforced when it has tests and all of them pass.
 *
 * @param meant which ids; all in scope where none is named.
 */
export async function enforceAll(
  tell: (line: EnforcedLine) => void,
  meant: readonly string[] = REQUIREMENTS_IN_SCOPE,
): Promise<readonly EnforcedLine[]> {
  const ran = new Map<string, EnforcedLine>();
  for (const name of GROUP_NAMES)
    for (const line of await enforceGroup(name, meant)) ran.set(line.requirement, merged(ran, line));
  const all = meant.map((id) => ran.get(id) ?? { requirement: id, paragraph: '', tests: [], enforced: false });
  for (const line of all) tell(line);
  return all;
}

/** The requirements of one group, against one gateway: a line for each of its entries. */
export async function enforceGroup(name: string, meant = REQUIREMENTS_IN_SCOPE): Promise<readonly EnforcedLine[]> {
  const registered = (GROUPS[name] ?? []).filter(({ id }) => meant.includes(id));
  if (registered.length === 0) return [];
  const ground = await openGround();
  try {
    const lines: EnforcedLine[] = [];
    for (const { id, paragraph, tests } of registered) {
      const ran: EnforcedLine['tests'][number][] = [];
      for (const { name: test, enforce } of tests)
        ran.push({ name: test, ...(await outcomeOf(() => enforce(ground))) });
      lines.push({ requirement: id, paragraph, tests: ran, enforced: ran.every(({ ok }) => ok) });
    }
    return lines;
  } finally {
    await ground.running.destroy();
  }
}

/** What several files say of one requirement. */
function merged(ran: ReadonlyMap<string, EnforcedLine>, line: EnforcedLine): EnforcedLine {
  const before = ran.get(line.requirement);
  if (before === undefined) return line;
  return { ...line, tests: [...before.tests, ...line.tests], enforced: before.enforced && line.enforced };
}

async function outcomeOf(enforce: () => Promise<string>): Promise<{ readonly ok: boolean; readonly found: string }> {
  try {
    return { ok: true, found: await enforce() };
  } catch (error) {
    return { ok: false, found: error instanceof Error ? error.message : String(error) };
  }
}
