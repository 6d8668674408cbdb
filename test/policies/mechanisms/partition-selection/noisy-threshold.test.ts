/**
 * Goal: a single unit shows with chance δ at most, and hardly less; smaller groups show than with the geometric curve at the same cost in zCDP.
 * Method: the probability by adding up the formula; chances of both mechanisms beside each other. Control: a threshold three lower breaks the bound.
 */
import { describe, expect, it } from 'vitest';
import { gaussianRho, rhoUnits } from '../../../../policies/accounting/zcdp.ts';
import { NoisyThreshold, noisyThreshold } from '../../../../policies/mechanisms/partition-selection/noisy-threshold.ts';
import {
  PartitionSelection,
  perGroup,
} from '../../../../policies/mechanisms/partition-selection/partition-selection.ts';

const rational = (top: number, bottom: number) => ({ top: BigInt(top), bottom: BigInt(bottom) });

/** P(Z ≥ from) of discrete Gaussian noise. */
function tail(variance: number, from: number): number {
  const weight = (x: number) => Math.exp(-(x * x) / (2 * variance));
  let [total, above] = [0, 0];
  const reach = Math.ceil(40 * Math.sqrt(variance)) + Math.abs(from);
  for (let x = -reach; x <= reach; x += 1) {
    total += weight(x);
    if (x >= from) above += weight(x);
  }
  return above / total;
}

describe('the threshold', () => {
  it.each([
    [1, 0.001],
    [4, 1e-6],
    [100, 0.02],
    [512, 1e-9],
    [32_768, 1e-12],
    [0.25, 0.2],
  ])('σ² = %d, δ = %d: one unit passes with δ at most, and three lower would be too low', (variance, delta) => {
    const parameters = { variance: rational(variance * 4, 4), delta: rational(Math.round(delta * 1e12), 1e12) };
    const { threshold } = new NoisyThreshold({ ...parameters, unitsMin: 1 });
    expect(tail(variance, Number(threshold) - 1)).toBeLessThanOrEqual(delta);
    expect(tail(variance, Number(threshold) - 1 - 3 - Math.ceil(0.05 * Math.sqrt(variance)))).toBeGreaterThan(delta);
  });

  it('keeps what reaches it, and nothing below the hard threshold, whatever the noise', () => {
    const selection = new NoisyThreshold({ variance: rational(16, 1), delta: rational(1, 1000), unitsMin: 10 });
    const at = Number(selection.evenAt);
    expect(selection.keeps(at, 0n)).toBe(true);
    expect(selection.keeps(at - 1, 0n)).toBe(false);
    expect(selection.keeps(at - 1, 1n)).toBe(true);
    expect(selection.keeps(10, 10n ** 6n)).toBe(true);
    expect(selection.keeps(9, 10n ** 6n)).toBe(false);
    expect(selection.keeps(0, 10n ** 6n)).toBe(false);
  });
});

describe('at equal cost', () => {
  it.each([
    [1, 1000, 1],
    [1, 1000, 4],
    [5, 1000, 4],
    [243, 10_000, 1],
    [1, 2, 1],
  ])('ρ = %d/%d, L0 = %d: groups of half the size show', (top, bottom, groupsMax) => {
    const [rho, delta] = [rational(top, bottom), { top: 1n, bottom: 10n ** 9n }];
    const noisy = noisyThreshold(rho, delta, groupsMax, 1);
    expect(rhoUnits(gaussianRho(BigInt(groupsMax), noisy.noise.parameter))).toBeLessThanOrEqual(rhoUnits(rho));
    const geometric = new PartitionSelection({ ...perGroup(rho, delta, groupsMax), unitsMin: 1 });
    let even = 0;
    while (geometric.chance(even) < 2n ** 127n) even += 1;
    expect(Number(noisy.evenAt)).toBeLessThanOrEqual(even / 2);
  });

  it('refuses what is no δ', () => {
    const make = (top: number, bottom: number) => () => noisyThreshold(rational(1, 100), rational(top, bottom), 1, 1);
    expect(make(0, 1)).toThrow();
    expect(make(1, 4)).toThrow();
  });
});
