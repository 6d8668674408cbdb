import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CAMPAIGNS } from './campaigns/index.ts';
import { type Laboratory, openLaboratory } from './campaigns/laboratory.ts';
import { runCampaign } from './campaigns/run-campaigns.ts';

/**
 * Goal: every campaign of many queries can be run, works with the protection off, and stays within its bar.
 * Method: a tiny run of each against a real gateway. `npm run test:attack` is the full measurement.
 * Invariants: each control succeeds; within the bar where the mode is built, but for those that are admitted to be open.
 */

const SEED = 20261127;
console.log(`attack campaigns, tiny, seed ${SEED}`);

let laboratory: Laboratory;
beforeAll(async () => {
  laboratory = await openLaboratory();
});
afterAll(() => laboratory.close());

describe.each(CAMPAIGNS.map((campaign) => ({ campaign, id: campaign.id, name: campaign.name })))(
  '$id $name',
  ({ campaign }) => {
    // A tiny run has too few targets to prove the bar: it is red where it proves the contrary.
    it.each(campaign.modes)(
      '%s: within its bar or admitted, and works with the protection off',
      { timeout: 300_000 },
      async (mode) => {
        const figure = await runCampaign(campaign, mode, { laboratory, seed: SEED, tiny: true });
        const { measured, detail, admitted } = figure;
        expect(figure.controlSucceeded, JSON.stringify(detail)).toBe(true);
        if (admitted === null) expect(figure.within, JSON.stringify({ measured, detail })).not.toBe(false);
      },
    );
  },
);
