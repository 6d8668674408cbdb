import { vinCheck } from '#policies';
import { BRAND_CODES } from '../public-lists.ts';
import { isoDate, LAST_DAY } from './calendar.ts';
import { integer, pickWeighted, stream, uniform, weighted } from './draw.ts';

/** Vehicles of persons. The number of a vehicle is in its VIN and plate, so that both are unique. */
export interface Vehicle {
  readonly no: number;
  readonly vin: string;
  readonly plate: string;
  readonly brand: string;
  readonly modelYear: number;
  readonly energy: string;
  readonly firstRegDay: number;
  readonly firstRegDate: string;
  /** Person number of an adult. */
  readonly owner: number;
}

export interface Vehicles {
  readonly size: number;
  vehicle(no: number): Vehicle;
}

const BRANDS = weighted(BRAND_CODES.map((brand, rank) => [brand, 1 / (rank + 3)] as const));
const AGE = stream('vehicle.age');
const BRAND = stream('vehicle.brand');
const ENERGY = stream('vehicle.energy');
const OWNER = stream('vehicle.owner');

/** `from`…`to`−1 are the people who may own a vehicle. */
export function createVehicles(size: number, seed: number, from: number, to: number): Vehicles {
  const vehicle = (no: number): Vehicle => {
    const firstRegDay = LAST_DAY - Math.floor(16 * 365 * uniform(seed, AGE, no) ** 1.3);
    const firstRegDate = isoDate(firstRegDay);
    const modelYear = Number(firstRegDate.slice(0, 4));
    const energy = energyOf(modelYear, uniform(seed, ENERGY, no));
    const brand = pickWeighted(BRANDS, uniform(seed, BRAND, no));
    return {
      no,
      brand,
      modelYear,
      energy,
      firstRegDay,
      firstRegDate,
      vin: vinOf(BRAND_CODES.indexOf(brand), modelYear, no),
      plate: plateOf(energy, no),
      owner: integer(uniform(seed, OWNER, no), from, to - 1),
    };
  };
  return { size, vehicle };
}

/** New-energy cars rise from nothing in 2014 to more than half of the newest. */
function energyOf(modelYear: number, u: number): string {
  const share = Math.min(0.55, Math.max(0, (modelYear - 2014) * 0.046));
  if (u < share * 0.62) return 'electric';
  if (u < share) return 'plug-in';
  const rest = (u - share) / (1 - share);
  if (rest < 0.9) return 'petrol';
  return rest < 0.95 ? 'diesel' : rest < 0.98 ? 'hybrid' : 'gas';
}

/** No I, O, Q (and in the year no U, Z, 0). */
const VIN_LETTERS = 'ABCDEFGHJKLMNPRSTUVWXYZ123456789';
const YEAR_LETTERS = 'ABCDEFGHJKLMNPRSTVWXY123456789';
const SERIALS = 1_000_000;

/** Maker (3), type (5; its last two carry the millions of the number), check, year, plant, serial (6). */
function vinOf(brand: number, modelYear: number, no: number): string {
  const maker = `L${VIN_LETTERS.charAt((brand * 7) % 23)}${VIN_LETTERS.charAt((brand * 11 + 3) % 23)}`;
  const millions = Math.floor(no / SERIALS);
  const type = `${VIN_LETTERS.charAt(brand)}${VIN_LETTERS.charAt(no % 5)}4${VIN_LETTERS.charAt(Math.floor(millions / 32))}${VIN_LETTERS.charAt(millions % 32)}`;
  const year = YEAR_LETTERS.charAt((modelYear - 2010 + 30) % 30);
  const serial = String(no % SERIALS).padStart(6, '0');
  const check = vinCheck(`${maker}${type}0${year}E${serial}`);
  return `${maker}${type}${check}${year}E${serial}`;
}

const PLATE_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
const PLATE_CHARACTERS = `0123456789${PLATE_LETTERS}`;
const OFFICES = `G${PLATE_LETTERS.replace('G', '')}`;
/** Two free characters and three digits. */
const PLATES = PLATE_CHARACTERS.length ** 2 * 1000;

/** 鄂G is the city's office; beyond its 1.2 million plates (scale 4) the next office follows. */
function plateOf(energy: string, no: number): string {
  const office = OFFICES.charAt(Math.floor(no / PLATES) % OFFICES.length);
  const serial = no % PLATES;
  const digits = String(serial % 1000).padStart(3, '0');
  const rest = Math.floor(serial / 1000);
  const [first, second] = [rest % 34, Math.floor(rest / 34)].map((place) => PLATE_CHARACTERS.charAt(place));
  if (energy !== 'electric' && energy !== 'plug-in') return `鄂${office}${first}${second}${digits}`;
  // WHY: a small new-energy plate has a kind letter, one free character and four digits; the kind carries the rest.
  const kind = (energy === 'electric' ? 'DABCE' : 'FGHJK').charAt(Math.floor(serial / 340_000) % 5);
  return `鄂${office}${kind}${PLATE_CHARACTERS.charAt(Math.floor(serial / 10_000) % 34)}${String(serial % 10_000).padStart(4, '0')}`;
}
