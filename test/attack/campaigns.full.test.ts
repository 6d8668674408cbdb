import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CAMPAIGNS } from './campaigns/index.ts';
import { type Laboratory, openLaboratory } from './campaigns/laboratory.ts';
import { runCampaign } from './campaigns/run-campaigns.ts';
import { OPEN_CAMPAIGNS } from './open-attacks.ts';

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
    it.each(campaign.modes)('%s', { timeout: 180_000 }, async (mode) => {
      const figure = await runCampaign(campaign, mode, { laboratory, seed: SEED, tiny: true });
      expect(figure.controlSucceeded, `works with the protection off: ${JSON.stringify(figure)}`).toBe(true);
      if (!figure.built) return expect(figure.within).toBeNull();
      const isOpen = OPEN_CAMPAIGNS.has(`${campaign.id} ${mode}`);
      expect(
        figure.within,
        `${isOpen ? 'closed: take it off the list' : 'out of its bar'}: ${JSON.stringify(figure)}`,
      ).toBe(!isOpen);
    });
  },
);
