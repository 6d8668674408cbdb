/**
 * Answers, failures and refusals leave on the ticks of a geometric clock, so that the time an answer took tells a
 * factor of `ratio`, never how many rows matched or which branch ran (design: attacks A.23, AWS Clean Rooms' stated gap).
 *
 * Tick n falls `baseMs · ratio^n` after the request arrived. Over a whole deadline of 60 s at 25 ms and 1.5 there are
 * 20 ticks: one job tells at most log2(20) ≈ 4.3 bits through time, and the same query tells the same tick again.
 */
export interface ReleaseClock {
  /** Milliseconds to wait at `elapsedMs` after arrival until the next tick. */
  waitMs(elapsedMs: number): number;
}

export function geometricClock(options: { baseMs: number; ratio: number }): ReleaseClock {
  return {
    waitMs(elapsedMs) {
      let tick = options.baseMs;
      while (tick < elapsedMs) tick *= options.ratio;
      return tick - elapsedMs;
    },
  };
}

export const DEFAULT_CLOCK = Object.freeze({ baseMs: 25, ratio: 1.5 });

/**
 * Of questions about one subject. WHY so late a first tick: by it every one is done, whatever its tables, so that all answers leave at one
 * time after they were asked; only a machine that is behind needs the second.
 */
export const LOOKUP_CLOCK = Object.freeze({ baseMs: 250, ratio: 2 });
