import { isoDate, LAST_DAY } from '../city/calendar.ts';
import type { City } from '../city/city.ts';
import { integer, normal, pickWeighted, stream, uniform, weighted } from '../city/draw.ts';
import { CROP_CODES, SEASONS, SPECIES_CODES, TOWNSHIPS } from '../public-lists.ts';
import type { crop, livestock } from '../tables/farms.ts';
import type { RowSourceFor } from './row-source.ts';
import { clamp, digits } from './row-source.ts';

const FARM = stream('farm');
const CROP = stream('crop');
const LIVESTOCK = stream('livestock');

/** Streets have no fields. */
const RURAL = weighted(TOWNSHIPS.map(({ code, thousands }) => [code, /00\d$/.test(code) ? 0.2 : thousands] as const));
const farmNo = (farm: number): string => `NY420700${digits(farm, 8)}`;
/** Relative size, Pareto, the first farm the largest. */
const farmSize = (city: City, farm: number): number => Math.min(3_000, (city.farms / (2 * (farm + 0.5))) ** 0.8);

/** Every third farm is a registered enterprise, as long as there are agricultural firms. */
function firmOfFarm(city: City, farm: number): string | null {
  const registered = city.firms.ofIndustry('A');
  return farm % 3 === 0 && farm / 3 < registered.count ? city.firms.uscc(registered.at(farm / 3)) : null;
}

/** kg per mu. */
const YIELDS = [580, 260, 170, 90, 2_400, 1_600, 1_500, 60, 520];
const CERTIFICATES = weighted<string>([
  ['none', 74],
  ['green', 16],
  ['organic', 4],
  ['geographical', 6],
]);
const CROPS_PER_FARM = 3;

export const cropRows: RowSourceFor<typeof crop> = (city) => ({
  count: city.farms * CROPS_PER_FARM,
  row: (index) => {
    const { seed } = city;
    const farm = Math.floor(index / CROPS_PER_FARM);
    const first = Math.floor(CROP_CODES.length * uniform(seed, FARM, farm, 1) ** 1.5);
    const product = (first + 2 * (index % CROPS_PER_FARM)) % CROP_CODES.length;
    const area = clamp(12 * farmSize(city, farm) * Math.exp(0.5 * normal(seed, CROP, index)), 0.5, 90_000);
    return {
      farm_no: farmNo(farm),
      uscc: firmOfFarm(city, farm),
      div_code: pickWeighted(RURAL, uniform(seed, FARM, farm)),
      product_code: CROP_CODES[product]!,
      area_mu: area,
      output_kg: Math.min(4e8, area * YIELDS[product]! * Math.exp(0.2 * normal(seed, CROP, index, 1))),
      cert_code: pickWeighted(CERTIFICATES, uniform(seed, CROP, index, 4)),
      season: SEASONS[(product + (index % CROPS_PER_FARM)) % SEASONS.length]!,
    };
  },
});

/** Head on a farm of median size. */
const HERDS = [40, 8, 25, 600, 400, 150];

export const livestockRows: RowSourceFor<typeof livestock> = (city) => ({
  count: Math.floor(city.farms * 0.4),
  row: (index) => {
    const { seed } = city;
    const farm = Math.floor(index * 2.5);
    const species = Math.floor(SPECIES_CODES.length * uniform(seed, LIVESTOCK, farm));
    const stock = HERDS[species]! * farmSize(city, farm) * Math.exp(0.4 * normal(seed, LIVESTOCK, farm, 1));
    const vaccinated = uniform(seed, LIVESTOCK, farm, 4) < 0.9;
    return {
      farm_no: farmNo(farm),
      species_code: SPECIES_CODES[species]!,
      stock_cnt: clamp(Math.round(stock), 1, 4_500_000),
      slaughter_cnt: clamp(Math.round(stock * (0.3 + uniform(seed, LIVESTOCK, farm, 5))), 0, 4_500_000),
      vaccine_date: vaccinated ? isoDate(LAST_DAY - integer(uniform(seed, LIVESTOCK, farm, 6), 0, 364)) : null,
      epidemic_flag: uniform(seed, LIVESTOCK, farm, 7) < 0.004,
    };
  },
});
