import { isoDate, LAST_DAY } from '../city/calendar.ts';
import { integer, normal, pick, pickWeighted, stream, uniform, weighted } from '../city/draw.ts';
import { createPermutation } from '../city/permutation.ts';
import { DIVISION_CODES } from '../public-lists.ts';
import type { usedVehicle, vehicleMortgage, vehicleReg } from '../tables/vehicles.ts';
import type { RowSourceFor } from './row-source.ts';
import { clamp } from './row-source.ts';

const REGISTER = stream('vehicle.register');
const MORTGAGE = stream('vehicle.mortgage');
const USED = stream('vehicle.used');

const STATUSES = weighted<string>([
  ['normal', 88],
  ['overdue', 6],
  ['violation', 3],
  ['cancelled', 2],
  ['sealed', 1],
]);

export const vehicleRegRows: RowSourceFor<typeof vehicleReg> = (city) => ({
  count: city.vehicles.size,
  row: (index) => {
    const vehicle = city.vehicles.vehicle(index);
    return {
      vin: vehicle.vin,
      plate_no: vehicle.plate,
      owner_id_no: city.people.person(vehicle.owner).idNo,
      brand_code: vehicle.brand,
      model_year: vehicle.modelYear,
      energy_code: vehicle.energy,
      first_reg_date: vehicle.firstRegDate,
      status_code: pickWeighted(STATUSES, uniform(city.seed, REGISTER, index)),
      inspect_end_date: isoDate(LAST_DAY + integer(uniform(city.seed, REGISTER, index, 1), -60, 700)),
    };
  },
});

const BANKS = ['鄂州农村商业银行', '湖北银行鄂州分行', '工商银行鄂州分行', '建设银行鄂州分行', '汽车金融有限公司'];

export const vehicleMortgageRows: RowSourceFor<typeof vehicleMortgage> = (city) => {
  const order = createPermutation(city.vehicles.size, city.seed);
  return {
    count: Math.floor(city.vehicles.size * 0.12),
    row: (index) => {
      const { seed } = city;
      const vehicle = city.vehicles.vehicle(order.at(index));
      const end = vehicle.firstRegDay + pick([365, 730, 1_096], uniform(seed, MORTGAGE, vehicle.no));
      return {
        vin: vehicle.vin,
        mortgagee_name: pick(BANKS, uniform(seed, MORTGAGE, vehicle.no, 1)),
        start_date: vehicle.firstRegDate,
        end_date: end <= LAST_DAY ? isoDate(end) : null,
        mortgage_flag: end > LAST_DAY,
      };
    },
  };
};

export const usedVehicleRows: RowSourceFor<typeof usedVehicle> = (city) => {
  const order = createPermutation(city.vehicles.size, city.seed + 1);
  return {
    count: Math.floor(city.vehicles.size * 0.1),
    row: (index) => {
      const { seed } = city;
      const vehicle = city.vehicles.vehicle(order.at(index));
      const ageDays = LAST_DAY - vehicle.firstRegDay;
      const soldAfter = Math.floor(ageDays * uniform(seed, USED, vehicle.no));
      const years = soldAfter / 365;
      const chance = Math.exp(0.3 * normal(seed, USED, vehicle.no, 1));
      return {
        vin: vehicle.vin,
        transfer_date: isoDate(vehicle.firstRegDay + soldAfter),
        odometer_km: clamp(13_000 * years * chance, 0, 900_000),
        from_div: pick(DIVISION_CODES, uniform(seed, USED, vehicle.no, 4)),
        to_div: pick(DIVISION_CODES, uniform(seed, USED, vehicle.no, 5)),
        price_amt: clamp(140_000 * 0.86 ** years * chance, 2_000, 2_000_000),
      };
    },
  };
};
