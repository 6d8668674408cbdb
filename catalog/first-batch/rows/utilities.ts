import { normal, stream, uniform } from '../city/draw.ts';
import type { Firm } from '../city/firms.ts';
import { roadAt } from '../city/homes.ts';
import { DATA_MONTHS, DATA_PERIODS, PIPE_CODES, type WATER_CLASSES } from '../public-lists.ts';
import type { electricity, gas, water } from '../tables/utilities.ts';
import type { RowSourceFor } from './row-source.ts';
import { clamp, digits, enterpriseColumns, monthlyRows } from './row-source.ts';

/** Consumption follows a firm's size, its industry, the season (data months start in November) and a little chance. */

/** By section of GB/T 4754, or by class where one stands out; 1 = services. */
const ENERGY_OF: Readonly<Record<string, number>> = { A: 1.5, B: 6, C: 7, C3130: 12, D: 8, E: 1.2, G: 2, H: 2.5 };
const GAS_OF: Readonly<Record<string, number>> = { H: 9, C: 5, C3130: 8 };
const factorOf = (table: Readonly<Record<string, number>>, industry: string): number =>
  table[industry] ?? table[industry.charAt(0)] ?? 1;

const POWER_SEASON = [0.94, 1.02, 1.06, 0.78, 0.92, 0.9, 0.95, 1.08, 1.22, 1.25, 1.02, 0.9];
const GAS_SEASON = [1.1, 1.3, 1.35, 1.05, 1, 0.92, 0.88, 0.84, 0.8, 0.8, 0.86, 0.96];

const POWER = stream('electricity.kwh');
const ADDRESS = stream('electricity.address');
const WATER = stream('water.m3');
const GAS = stream('gas.m3');

function arrears(seed: number, of: number, firm: Firm, month: number): number {
  const u = uniform(seed, of, firm.no, 90 + month);
  return u < 0.93 ? 0 : Math.floor(((u - 0.93) / 0.07) ** 2 * 180);
}

const VOLTAGES: readonly (readonly [number, string])[] = [
  [16, '220V'],
  [160, '380V'],
  [8_000, '10kV'],
  [40_000, '35kV'],
];

export const electricityRows: RowSourceFor<typeof electricity> = (city) =>
  monthlyRows(city, city.firms.size, ({ firm, month }) => {
    const { seed } = city;
    const usual = 900 * firm.size * factorOf(ENERGY_OF, firm.industry);
    const kwh = Math.min(4.5e8, usual * POWER_SEASON[month]! * Math.exp(0.2 * normal(seed, POWER, firm.no, month)));
    const peak = 0.38 + 0.1 * uniform(seed, POWER, firm.no, 60);
    const valley = 0.22 + 0.1 * uniform(seed, POWER, firm.no, 61);
    const kva = clamp(Math.ceil(usual / 160), 8, 2_000_000);
    return {
      ...enterpriseColumns(firm),
      meter_acct_no: digits(4_200_000_000 + firm.no, 13),
      elec_addr: `鄂州市${roadAt(uniform(seed, ADDRESS, firm.no))}${1 + (firm.no % 399)}号`,
      volt_code: VOLTAGES.find(([kvaMax]) => kva <= kvaMax)?.[1] ?? '110kV',
      contract_kva: kva,
      bill_month: DATA_MONTHS[month]!,
      kwh_total: kwh,
      kwh_peak: kwh * peak,
      kwh_valley: kwh * valley,
      bill_amt: kwh * 0.62,
      arrears_days: arrears(seed, POWER, firm, month),
    };
  });

/** Four of five firms have a meter of their own. */
const WATER_SHARE = 0.8;

export const waterRows: RowSourceFor<typeof water> = (city) => {
  const firms = Math.floor(city.firms.size * WATER_SHARE);
  return {
    count: firms * DATA_PERIODS.length,
    row: (index) => {
      const { seed } = city;
      const firm = city.firms.firm(city.firms.shuffled(Math.floor(index / DATA_PERIODS.length)));
      const period = index % DATA_PERIODS.length;
      const usual = 55 * firm.size * factorOf(ENERGY_OF, firm.industry) ** 0.6;
      const used = Math.min(4.5e7, usual * Math.exp(0.25 * normal(seed, WATER, firm.no, period)));
      const pipe = clamp(Math.floor(Math.log2(1 + usual / 60)), 0, PIPE_CODES.length - 1);
      return {
        ...enterpriseColumns(firm),
        water_acct_no: digits(7_000_000 + firm.no, 12),
        pipe_dn: PIPE_CODES[pipe]!,
        bill_period: DATA_PERIODS[period]!,
        m3_used: used,
        bill_amt: used * 3.1,
        arrears_days: arrears(seed, WATER, firm, period),
        use_class: waterClass(firm.industry),
      };
    },
  };
};

function waterClass(industry: string): (typeof WATER_CLASSES)[number] {
  if (/^[ABCD]/.test(industry)) return 'industry';
  if (industry.startsWith('E')) return 'construction';
  return industry === 'O8010' ? 'special' : 'commerce';
}

/** All hotels and restaurants, and every third factory. */
export const gasRows: RowSourceFor<typeof gas> = (city) => {
  const kitchens = city.firms.ofIndustry('H');
  const factories = city.firms.ofIndustry('C');
  const firmAt = (index: number): number =>
    index < kitchens.count ? kitchens.at(index) : factories.at((index - kitchens.count) * 3);
  return monthlyRows(
    city,
    kitchens.count + Math.floor(factories.count / 3),
    ({ firm, month }) => {
      const usual = 70 * firm.size * factorOf(GAS_OF, firm.industry) * GAS_SEASON[month]!;
      return {
        ...enterpriseColumns(firm),
        gas_acct_no: digits(9_000_000 + firm.no, 12),
        bill_month: DATA_MONTHS[month]!,
        m3_used: Math.min(4.5e7, usual * Math.exp(0.25 * normal(city.seed, GAS, firm.no, month))),
        arrears_days: arrears(city.seed, GAS, firm, month),
      };
    },
    firmAt,
  );
};
