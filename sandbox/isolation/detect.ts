import { AppError } from '#policies/stored-tables';
import { gatherHostFacts, remedyOf } from './remedy.ts';
import { findTool } from './runtime-files.ts';
import { heldEverywhere, SELF_TEST_CHECKS, type SelfTestReport, type SpawnProbe, selfTest } from './self-test.ts';
import { ISOLATION_TIERS, type IsolationTier } from './spawn.ts';

/** The second try is for a machine that has other things to do: a self-test takes 0.3 s on an idle one. */
const DEADLINES_MS: readonly number[] = [15_000, 60_000];

/**
 * The tier to use, proven by its self-test on this machine now. `auto`: bubblewrap where installed, else namespaces;
 * never `none`.
 * @throws AppError SANDBOX_UNAVAILABLE with the command or flag that mends it; SANDBOX_UNPROVEN where a self-test did not finish.
 */
export async function detectTier(
  wanted: IsolationTier | 'auto',
  production: boolean,
  scratchDir: string,
  spawnProbe?: SpawnProbe,
  deadlinesMs = DEADLINES_MS,
): Promise<SelfTestReport> {
  if (wanted === 'none') return unprotected(production);
  const failures: string[] = [];
  for (const tier of candidates(wanted)) {
    const report = await selfTestPatiently(tier, scratchDir, spawnProbe, deadlinesMs);
    if (typeof report === 'object' && heldEverywhere(report)) return report;
    failures.push(failureOf(tier, report));
  }
  throw new AppError('SANDBOX_UNAVAILABLE', { tier: wanted, failures, remedy: remedyOf(gatherHostFacts()) });
}

/** WHY it ends the search: a loaded machine would otherwise be given the weaker tier. */
async function selfTestPatiently(
  tier: IsolationTier,
  scratchDir: string,
  spawnProbe: SpawnProbe | undefined,
  deadlinesMs: readonly number[],
): Promise<SelfTestReport | 'not-started'> {
  for (const deadlineMs of deadlinesMs) {
    const report = await selfTest(tier, scratchDir, spawnProbe, deadlineMs);
    if (report !== 'late') return report;
  }
  throw new AppError('SANDBOX_UNPROVEN', { tier, seconds: Math.ceil((deadlinesMs.at(-1) ?? 0) / 1_000) });
}

function candidates(wanted: IsolationTier | 'auto'): readonly IsolationTier[] {
  if (process.platform !== 'linux') return [];
  if (wanted !== 'auto') return [wanted];
  return ISOLATION_TIERS.filter((tier) => tier !== 'none' && (tier !== 'bubblewrap' || findTool('bwrap') !== null));
}

function failureOf(tier: IsolationTier, report: SelfTestReport | 'not-started'): string {
  if (typeof report === 'string') return `${tier}: does not start`;
  return `${tier}: lets through ${SELF_TEST_CHECKS.filter((check) => !report.held[check]).join(', ')}`;
}

/** WHY no probe: nothing is promised, and the report says so. */
function unprotected(production: boolean): SelfTestReport {
  if (production) {
    const remedy = 'tier `none` is for development only: choose `auto`';
    throw new AppError('SANDBOX_UNAVAILABLE', { tier: 'none', failures: [], remedy });
  }
  const held = Object.fromEntries(SELF_TEST_CHECKS.map((check) => [check, false])) as SelfTestReport['held'];
  return { tier: 'none', held, ms: 0 };
}
