import { dayOf, isoDate, LAST_DAY, LAST_YEAR } from '../city/calendar.ts';
import { integer, normal, pick, pickWeighted, stream, uniform, weighted } from '../city/draw.ts';
import { createPermutation } from '../city/permutation.ts';
import { PARKING_USE_CODES, TOWNSHIPS } from '../public-lists.ts';
import type { housing, propertyMgmt, propertyTitle, shelter } from '../tables/property.ts';
import type { RowSourceFor } from './row-source.ts';
import { clamp, digits, enterpriseColumns } from './row-source.ts';

const HOUSING = stream('housing');
const ESTATE = stream('property-mgmt');
const TITLE = stream('property-title');
const SHELTER = stream('shelter');

export const housingRows: RowSourceFor<typeof housing> = (city) => {
  const order = createPermutation(city.homes.size, city.seed);
  return {
    count: city.homes.size,
    row: (index) => {
      const home = city.homes.home(order.at(index));
      return {
        unit_no: home.unitNo,
        owner_id_no: city.people.person(home.owner).idNo,
        div_code: home.estate.division,
        floor_sqm: home.floorSqm,
        build_year: home.estate.builtYear,
        use_code: home.use,
        lease_flag: uniform(city.seed, HOUSING, home.no) < 0.17,
      };
    },
  };
};

export const propertyMgmtRows: RowSourceFor<typeof propertyMgmt> = (city) => ({
  count: city.homes.estates,
  row: (index) => {
    const { seed } = city;
    const estate = city.homes.estate(index);
    const age = LAST_YEAR - estate.builtYear;
    const households = Math.min(19_000, estate.homes);
    const perHousehold = (0.02 + 0.002 * age) * (0.5 + uniform(seed, ESTATE, index, 2));
    return {
      ...enterpriseColumns(city.firms.firm(estate.manager)),
      div_code: estate.division,
      estate_no: estate.estateNo,
      estate_name: estate.name,
      household_cnt: households,
      fee_per_sqm: clamp(0.5 + (estate.highRise ? 1.1 : 0.2) + 0.3 * normal(seed, ESTATE, index), 0.2, 8),
      elevator_cnt: estate.highRise ? Math.max(1, Math.round(households / 34)) : 0,
      parking_cnt: Math.round(households * (estate.builtYear > 2010 ? 0.9 : 0.35)),
      complaint_cnt: Math.round(households * perHousehold),
    };
  },
});

const RIGHTS = weighted<string>([
  ['land-use-and-ownership', 93],
  ['ownership', 5],
  ['land-use', 2],
]);
/** Nine of ten homes have a certificate. */
const TITLED = 0.9;

export const propertyTitleRows: RowSourceFor<typeof propertyTitle> = (city) => {
  const order = createPermutation(city.homes.size, city.seed);
  return {
    count: Math.floor(city.homes.size * TITLED),
    row: (index) => {
      const { seed } = city;
      const home = city.homes.home(order.at(index));
      const owner = city.people.person(home.owner);
      const year = integer(uniform(seed, TITLE, home.no), Math.min(home.estate.builtYear + 1, LAST_YEAR), LAST_YEAR);
      const day = Math.min(LAST_DAY, dayOf(`${year}-01-01`) + integer(uniform(seed, TITLE, home.no, 1), 0, 364));
      return {
        unit_no: home.unitNo,
        cert_no: `鄂(${year})鄂州市不动产权第${digits(home.no, 8)}号`,
        owner_id_no: owner.idNo,
        owner_name: owner.name,
        co_owner_cnt: uniform(seed, TITLE, home.no, 2) < 0.55 ? 1 : 0,
        right_code: pickWeighted(RIGHTS, uniform(seed, TITLE, home.no, 3)),
        use_code: home.use,
        floor_sqm: home.floorSqm,
        reg_date: isoDate(day),
        mortgage_flag: uniform(seed, TITLE, home.no, 4) < (year > 2012 ? 0.42 : 0.12),
        seizure_flag: uniform(seed, TITLE, home.no, 5) < 0.008,
      };
    },
  };
};

const PROTECTION = ['核5', '核6', '核6B', '常5', '常6'];

export const shelterRows: RowSourceFor<typeof shelter> = (city) => {
  const builders = city.firms.ofIndustry('K7010');
  return {
    count: city.shelters,
    row: (index) => {
      const { seed } = city;
      const built = clamp(28_000 * Math.exp(0.9 * normal(seed, SHELTER, index)), 1_500, 1_500_000);
      const sheltered = built * (0.04 + 0.03 * uniform(seed, SHELTER, index, 20));
      const builder =
        builders.count === 0 ? index : builders.at(integer(uniform(seed, SHELTER, index, 21), 0, builders.count - 1));
      return {
        project_no: `RF${digits(index + 1, 8)}`,
        builder_uscc: city.firms.uscc(builder),
        div_code: pick(TOWNSHIPS, uniform(seed, SHELTER, index, 22)).code,
        build_sqm: built,
        shelter_sqm: Math.min(190_000, sheltered),
        protect_code: pick(PROTECTION, uniform(seed, SHELTER, index, 23)),
        geo_point: `${(114.5 + 0.5 * uniform(seed, SHELTER, index, 24)).toFixed(5)} ${(30.1 + 0.4 * uniform(seed, SHELTER, index, 25)).toFixed(5)}`,
        peacetime_code: pick(PARKING_USE_CODES, uniform(seed, SHELTER, index, 26) ** 2),
        parking_cnt: Math.min(19_000, Math.floor(sheltered / 35)),
        accept_date: isoDate(LAST_DAY - integer(uniform(seed, SHELTER, index, 27), 0, 15 * 365)),
        fee_amt: uniform(seed, SHELTER, index, 28) < 0.3 ? Math.min(9e7, sheltered * 1_500) : 0,
      };
    },
  };
};
