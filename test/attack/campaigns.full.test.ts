import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CAMPAIGNS } from './campaigns/index.ts';
import { type Laboratory, openLaboratory } from './campaigns/laboratory.ts';
import { controlSucceeds } from './campaigns/run-campaigns.ts';

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
    // The attacks themselves, with their bars, are `npm run -s test:attack`: here only that each could succeed.
    it.each(campaign.modes)('%s works with the protection off', { timeout: 180_000 }, async (mode) => {
      expect(await controlSucceeds(campaign, mode, { laboratory, seed: SEED, tiny: true })).toBe(true);
    });
  },
);
