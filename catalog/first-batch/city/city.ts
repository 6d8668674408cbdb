import { assert } from '#policies';
import type { Firms } from './firms.ts';
import { createFirms } from './firms.ts';
import type { Homes } from './homes.ts';
import { createHomes } from './homes.ts';
import type { Population } from './people.ts';
import { createPopulation } from './people.ts';
import type { Vehicles } from './vehicles.ts';
import { createVehicles } from './vehicles.ts';

/** A synthetic city of the size and shape of Ezhou. Nothing is stored: each entity is computed from its number. */
export interface City {
  readonly seed: number;
  readonly people: Population;
  readonly firms: Firms;
  readonly homes: Homes;
  readonly vehicles: Vehicles;
  readonly farms: number;
  readonly schools: number;
  readonly shelters: number;
}

export const SCALE_MAX = 100;
const PEOPLE = 1_070_000;

/**
 * Entities at scale 1, and the fewest at any scale: a city of 1 % still has enough schools, estates, farms and
 * projects for a cell to reach its threshold.
 */
const SIZES = {
  firms: [53_500, 120],
  homes: [428_000, 200],
  estates: [1_200, 240],
  vehicles: [267_500, 200],
  farms: [42_800, 600],
  schools: [460, 180],
  shelters: [420, 60],
} as const;

export interface CityOptions {
  /** 1 = 1.07 million people; above 0, at most 100. */
  readonly scale: number;
  /** Any 32-bit integer. */
  readonly seed: number;
}

export function createCity({ scale, seed }: CityOptions): City {
  assert(scale > 0 && scale <= SCALE_MAX, 'scale is above 0 and at most 100');
  const sized = ([atOne, fewest]: readonly [number, number]): number => Math.max(fewest, Math.round(atOne * scale));
  const start = seed >>> 0;
  const people = createPopulation(Math.max(2_000, Math.round(PEOPLE * scale)), start);
  const firms = createFirms(sized(SIZES.firms), start);
  const owners = people.countFromAge(28);
  return {
    seed: start,
    people,
    firms,
    homes: createHomes({ size: sized(SIZES.homes), estates: sized(SIZES.estates), seed: start, owners, firms }),
    vehicles: createVehicles(sized(SIZES.vehicles), start, people.countFromAge(76), people.countFromAge(20)),
    farms: sized(SIZES.farms),
    schools: sized(SIZES.schools),
    shelters: sized(SIZES.shelters),
  };
}
