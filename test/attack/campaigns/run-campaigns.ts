import { MODES_BUILT } from '../../../policies/levels.ts';
import type { AttackFigure } from '../attack-figure.ts';
import { hash, seededRandom } from '../seeded-random.ts';
import { type AttackedMode, type Campaign, type CampaignContext, isWithin, reaches } from './campaign.ts';
import type { Laboratory } from './laboratory.ts';

export interface CampaignRun {
  readonly laboratory: Laboratory;
  readonly seed: number;
  readonly tiny: boolean;
}

const LEVELS = { aggregate: 'general-2', perturbed: 'general-3', dp: 'general-4', 'mode-free': 'general-2' } as const;

function contextOf(campaign: Campaign, mode: AttackedMode, run: CampaignRun): CampaignContext {
  return {
    mode,
    name: `${campaign.id.toLowerCase()}_${mode.replace('-', '_')}`,
    tiny: run.tiny,
    random: seededRandom(run.seed ^ hash(`${campaign.id} ${mode}`)),
    open: (table, rho) => run.laboratory.open(table, LEVELS[mode], rho),
  };
}

/** One campaign in one mode: attack and control. A mode that is not built is not attacked, and the figure says so. */
export async function runCampaign(campaign: Campaign, mode: AttackedMode, run: CampaignRun): Promise<AttackFigure> {
  const start = performance.now();
  const context = contextOf(campaign, mode, run);
  const built = mode === 'mode-free' || MODES_BUILT.has(mode);
  const control = await campaign.control(context);
  const attack = built ? await campaign.attack(context) : null;
  return {
    id: campaign.id,
    name: campaign.name,
    metric: campaign.metric,
    mode,
    built,
    measured: attack?.measured ?? null,
    bar: campaign.bar.value,
    side: campaign.bar.side,
    wilsonUpper: attack?.upper ?? null,
    control: control.measured,
    controlBar: campaign.controlBar.value,
    controlSucceeded: reaches(control, campaign.controlBar),
    within: attack === null ? null : isWithin(attack, campaign.bar, run.tiny),
    admitted: campaign.admitted?.[mode] ?? null,
    seconds: (performance.now() - start) / 1000,
    seed: run.seed,
    detail: { ...attack?.detail, ...(control.detail === undefined ? {} : { control: control.detail }) },
  };
}
