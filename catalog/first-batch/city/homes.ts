import { TOWNSHIPS } from '../public-lists.ts';
import { integer, normal, pick, pickWeighted, stream, uniform, weighted } from './draw.ts';
import type { Firms } from './firms.ts';
import { estateName } from './names.ts';
import { createPermutation } from './permutation.ts';

/** Homes lie in estates; an estate has one township, one age, one managing firm. Small numbers are large estates. */
export interface Estate {
  readonly no: number;
  readonly estateNo: string;
  readonly name: string;
  readonly division: string;
  readonly builtYear: number;
  readonly highRise: boolean;
  readonly homes: number;
  /** Firm number. */
  readonly manager: number;
}

export interface Home {
  readonly no: number;
  readonly unitNo: string;
  readonly estate: Estate;
  readonly floorSqm: number;
  readonly use: string;
  /** Person number of an adult. */
  readonly owner: number;
}

export interface Homes {
  readonly size: number;
  readonly estates: number;
  home(no: number): Home;
  estate(no: number): Estate;
}

/** Homes at quantile u belong to estate ⌊estates · u^1.4⌋: the largest hold many times the median. */
const ESTATE_POWER = 1.4;
const SEVERAL_HOMES = 0.15;
const TOWNSHIP_WEIGHTS = weighted(TOWNSHIPS.map(({ code, thousands }) => [code, thousands ** 1.2] as const));
const USES = weighted<string>([
  ['residential', 86],
  ['apartment', 5],
  ['commercial', 4],
  ['office', 2],
  ['industrial', 1],
  ['garage', 2],
]);

const DIVISION = stream('estate.division');
const BUILT = stream('estate.built');
const RISE = stream('estate.rise');
const MANAGER = stream('estate.manager');
const FLOOR = stream('home.floor');
const USE = stream('home.use');
const OWNER = stream('home.owner');

export interface HomesOptions {
  readonly size: number;
  readonly estates: number;
  readonly seed: number;
  /** People 0…owners−1 may own a home. */
  readonly owners: number;
  readonly firms: Firms;
}

export function createHomes({ size, estates, seed, owners, firms }: HomesOptions): Homes {
  const ownerOrder = createPermutation(owners, seed % owners);
  const managers = firms.ofIndustry('K7020');
  const firstHome = (no: number): number => Math.ceil(size * (no / estates) ** (1 / ESTATE_POWER));

  const estate = (no: number): Estate => {
    const division = pickWeighted(TOWNSHIP_WEIGHTS, uniform(seed, DIVISION, no));
    const builtYear = 2025 - Math.floor(38 * uniform(seed, BUILT, no) ** 1.4);
    return {
      no,
      division,
      builtYear,
      estateNo: `XQ${String(no + 1).padStart(6, '0')}`,
      name: estateName(seed, no),
      highRise: builtYear > 2000 && uniform(seed, RISE, no) < 0.75,
      homes: firstHome(no + 1) - firstHome(no),
      manager: managers.count === 0 ? 0 : managers.at(Math.floor(managers.count * uniform(seed, MANAGER, no) ** 2)),
    };
  };

  const home = (no: number): Home => {
    const where = estate(Math.min(estates - 1, Math.floor(estates * (no / size) ** ESTATE_POWER)));
    const several = no >= owners || uniform(seed, OWNER, no) < SEVERAL_HOMES;
    return {
      no,
      unitNo: unitNo(where, no),
      estate: where,
      floorSqm: Math.min(1500, Math.max(18, 100 * Math.exp(0.32 * normal(seed, FLOOR, no)))),
      use: pickWeighted(USES, uniform(seed, USE, no)),
      owner: several ? integer(uniform(seed, OWNER, no, 1), 0, owners - 1) : ownerOrder.at(no),
    };
  };
  return { size, estates, home, estate };
}

/** County, cadastral area and sub-area, state-owned building land, parcel, building, unit. */
function unitNo(estate: Estate, home: number): string {
  const parcel = String(estate.no % 100_000).padStart(5, '0');
  return `${estate.division}${estate.division.slice(6)}GB${parcel}F${String(home).padStart(8, '0')}`;
}

/** Streets of the city, for addresses and school zones. */
export const ROADS = [
  '滨湖南路',
  '滨湖北路',
  '武昌大道',
  '文星大道',
  '凤凰路',
  '古城路',
  '吴都大道',
  '花马湖路',
  '葛店大道',
];
export const roadAt = (u: number): string => pick(ROADS, u);
