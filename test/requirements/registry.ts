import { CATALOGUE } from './catalogue.ts';
import { openGround } from './ground.ts';
import { OPERATORS_AND_GRANTS } from './operators-and-grants.ts';
import { OWN_DATA } from './own-data.ts';
import { PLAN_LIFE } from './plan-life.ts';
import { PRODUCTS } from './products.ts';
import { REQUIREMENTS_IN_SCOPE, type Requirement } from './requirement.ts';
import { SHARED_BUDGET } from './shared-budget.ts';

/** Every requirement with what enforces it. One line for each file of them. */
const REGISTRY: readonly Requirement[] = [
  ...OPERATORS_AND_GRANTS,
  ...SHARED_BUDGET,
  ...OWN_DATA,
  ...PRODUCTS,
  ...CATALOGUE,
  ...PLAN_LIFE,
];

export interface EnforcedLine {
  readonly requirement: string;
  readonly paragraph: string;
  readonly tests: readonly { readonly name: string; readonly ok: boolean; readonly found: string }[];
  readonly enforced: boolean;
}

/**
 * Runs what enforces each requirement, against one real gateway. A requirement is enforced when it has tests and all of them pass.
 *
 * @param meant which ids; all in scope where none is named.
 */
export async function enforceAll(
  tell: (line: EnforcedLine) => void,
  meant: readonly string[] = REQUIREMENTS_IN_SCOPE,
): Promise<readonly EnforcedLine[]> {
  const lines = new Map<string, EnforcedLine>();
  const ground = await openGround();
  try {
    const registered = REGISTRY.filter(({ id }) => meant.includes(id));
    for (const { id, paragraph, tests } of registered) {
      const ran = [...(lines.get(id)?.tests ?? [])];
      for (const { name, enforce } of tests) ran.push({ name, ...(await outcomeOf(() => enforce(ground))) });
      lines.set(id, { requirement: id, paragraph, tests: ran, enforced: ran.every(({ ok }) => ok) });
    }
  } finally {
    await ground.running.destroy();
  }
  const all = meant.map((id) => lines.get(id) ?? { requirement: id, paragraph: '', tests: [], enforced: false });
  for (const line of all) tell(line);
  return all;
}

async function outcomeOf(enforce: () => Promise<string>): Promise<{ readonly ok: boolean; readonly found: string }> {
  try {
    return { ok: true, found: await enforce() };
  } catch (error) {
    return { ok: false, found: error instanceof Error ? error.message : String(error) };
  }
}
