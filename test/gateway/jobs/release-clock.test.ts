import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CLOCK, geometricClock } from '../../../gateway/jobs/release-clock.ts';

const SEED = 20_261_127;
console.log(`release clock, seed ${SEED}`);

/** Goal: whatever a job took, it leaves at one of few moments. */
describe('the release clock', () => {
  const clock = geometricClock(DEFAULT_CLOCK);
  const ticks = Array.from({ length: 20 }, (_, n) => DEFAULT_CLOCK.baseMs * DEFAULT_CLOCK.ratio ** n);

  it('lets go at the next tick', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 55_000, noNaN: true }), (elapsedMs) => {
        const next = ticks.find((tick) => tick >= elapsedMs)!;
        expect(elapsedMs + clock.waitMs(elapsedMs)).toBeCloseTo(next, 6);
      }),
      { seed: SEED },
    );
  });

  it('has 20 ticks in a minute: 4.3 bits', () => {
    expect(ticks.at(-1)).toBeLessThan(60_000);
    expect(ticks.at(-1)! * DEFAULT_CLOCK.ratio).toBeGreaterThan(60_000);
  });
});
