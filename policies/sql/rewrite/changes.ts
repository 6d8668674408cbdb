/**
 * How many rows of a relation change where one unit goes with all its rows, or comes: those that go, and those that come in their place, once a
 * unit's rows are left out beside others. Neighbours are symmetric, so that either may be first.
 */
export interface Changes {
  readonly goes: number;
  readonly comes: number;
}

export const NO_CHANGES: Changes = { goes: 0, comes: 0 };

export const sumOfChanges = (all: readonly Changes[]): Changes =>
  all.reduce((a, b) => ({ goes: a.goes + b.goes, comes: a.comes + b.comes }), NO_CHANGES);

/** Where each row is there `factor` times at most. */
export const timesChanges = ({ goes, comes }: Changes, factor: number): Changes => ({
  goes: goes * factor,
  comes: comes * factor,
});

/** Of groups, where so many of their rows change: each may become another. */
export const groupsTouched = ({ goes, comes }: Changes): Changes => ({ goes: goes + comes, comes: goes + comes });
