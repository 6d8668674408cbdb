import { expect, it } from 'vitest';
import { KeptAnswers } from '../../../gateway/pipeline/kept-answers.ts';
import { DEFAULT_PROFILE } from '../../../policies/index.ts';
import { openPrivate } from '../../policies/private/private-engine.ts';

/** Goal: two questions share a name, and so an answer, only where the same rows count. Control: the same question does. */
const PEOPLE = 'SELECT count(DISTINCT person) AS n FROM trips WHERE minutes > 30';

it('is another question where more of each person’s rows count, though its noise is the same', async () => {
  const answers = new KeptAnswers({ key: new Uint8Array(32), conditions: {} });
  const asked = async (unitRowsMax: number) => {
    const profile = { ...DEFAULT_PROFILE, privacy: { ...DEFAULT_PROFILE.privacy, unitRowsMax } };
    const { gateway } = await openPrivate(profile, true);
    return gateway.compile(PEOPLE);
  };
  const [few, again, many] = [await asked(5), await asked(5), await asked(40)];
  expect(many.mechanisms).toEqual(few.mechanisms);
  expect(answers.nameOf(again, null)).toBe(answers.nameOf(few, null));
  expect(answers.nameOf(many, null)).not.toBe(answers.nameOf(few, null));
});
