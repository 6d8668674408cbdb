import { dayOf, isoDate, LAST_DAY, MONTHS } from '../city/calendar.ts';
import type { City } from '../city/city.ts';
import { integer, normal, pickWeighted, stream, uniform, weighted } from '../city/draw.ts';
import type { Firm } from '../city/firms.ts';
import { DATA_MONTHS, INDUSTRIES, TAX_CODES } from '../public-lists.ts';
import type {
  enterpriseReg,
  fundEnterprise,
  holder,
  insuranceEnterprise,
  tax,
  transport,
} from '../tables/enterprises.ts';
import type { RowSourceFor } from './row-source.ts';
import { clamp, digits, enterpriseColumns, monthlyRows } from './row-source.ts';

const FUND = stream('fund.enterprise');
const INSURANCE = stream('insurance.enterprise');
const REGISTER = stream('enterprise.register');
const OWNER = stream('enterprise.owner');
const SHARE = stream('holder.share');
const TAX = stream('tax');
const TRANSPORT = stream('transport');

function overdueMonths(seed: number, of: number, firm: Firm, month: number): number {
  const u = uniform(seed, of, firm.no, 90 + month);
  return u < 0.95 ? 0 : 1 + Math.floor(((u - 0.95) / 0.05) ** 3 * 11);
}

/** Staff drift by some per cent a month. */
function staffIn(seed: number, firm: Firm, month: number): number {
  return Math.max(1, Math.round(firm.staff * (1 + 0.04 * normal(seed, FUND, firm.no, month))));
}

export const fundEnterpriseRows: RowSourceFor<typeof fundEnterprise> = (city) =>
  monthlyRows(city, Math.floor(city.firms.size * 0.4), ({ firm, month }) => {
    const staff = staffIn(city.seed, firm, month);
    return {
      ...enterpriseColumns(firm),
      fund_month: DATA_MONTHS[month]!,
      staff_cnt: staff,
      total_amt: staff * 1_150 * Math.exp(0.2 * normal(city.seed, FUND, firm.no, 50)),
      overdue_months_cnt: overdueMonths(city.seed, FUND, firm, month),
    };
  });

export const insuranceEnterpriseRows: RowSourceFor<typeof insuranceEnterprise> = (city) =>
  monthlyRows(city, Math.floor(city.firms.size * 0.5), ({ firm, month }) => {
    const staff = staffIn(city.seed, firm, month);
    return {
      ...enterpriseColumns(firm),
      pay_month: DATA_MONTHS[month]!,
      insured_cnt: staff,
      paid_amt: staff * 620 * Math.exp(0.15 * normal(city.seed, INSURANCE, firm.no)),
      overdue_months_cnt: overdueMonths(city.seed, INSURANCE, firm, month),
    };
  });

const STATUSES = weighted<string>([
  ['operating', 82],
  ['suspended', 4],
  ['abnormal', 5],
  ['revoked', 3],
  ['deregistered', 6],
]);
const TRADES = new Map<string, string>(INDUSTRIES.map(([code, , trade]) => [code, trade]));
const capitalOf = (firm: Firm): number => Math.min(5e10, Math.ceil(60 * firm.size ** 0.7) * 10_000);

/** A quarter of the firms belong to few people, who hold several: what common control looks for. */
function ownerOf(city: City, firmNo: number, place: number): number {
  const adults = { from: city.people.countFromAge(75), to: city.people.countFromAge(22) };
  const few = Math.max(10, Math.floor(city.firms.size / 15));
  const u = uniform(city.seed, OWNER, firmNo, 2 * place);
  const to = u < 0.25 ? adults.from + few : adults.to;
  return integer(uniform(city.seed, OWNER, firmNo, 2 * place + 1), adults.from, to - 1);
}

export const enterpriseRegRows: RowSourceFor<typeof enterpriseReg> = (city) => ({
  count: city.firms.size,
  row: (index) => {
    const firm = city.firms.firm(city.firms.shuffled(index));
    const foundedDay = dayOf(`${firm.foundedYear}-01-01`) + Math.floor(300 * uniform(city.seed, REGISTER, firm.no, 1));
    const trade = TRADES.get(firm.industry) ?? '';
    return {
      ...enterpriseColumns(firm),
      legal_rep_name: city.people.person(ownerOf(city, firm.no, 0)).name,
      capital_amt: capitalOf(firm),
      found_date: isoDate(Math.min(LAST_DAY, foundedDay)),
      status_code: pickWeighted(STATUSES, uniform(city.seed, REGISTER, firm.no)),
      scope_text: `一般项目:${trade}的研发、生产、销售及相关服务(依法须经批准的项目除外)`,
    };
  },
});

/** How many holders five successive firms have. */
const HOLDERS = [1, 2, 1, 3, 4] as const;
const HOLDERS_OF_FIVE = HOLDERS.reduce((sum, holders) => sum + holders, 0);

export const holderRows: RowSourceFor<typeof holder> = (city) => ({
  count: Math.floor(city.firms.size / HOLDERS.length) * HOLDERS_OF_FIVE,
  row: (index) => {
    const { firmIndex, place, holders } = holderAt(index);
    const firm = city.firms.firm(city.firms.shuffled(firmIndex));
    const share = shareOf(city.seed, firm.no, place, holders);
    const paid = 0.3 + 0.7 * uniform(city.seed, SHARE, firm.no, 20);
    return {
      uscc: firm.uscc,
      ...holderColumns(city, firm.no, place),
      share_pct: share,
      paid_amt: ((capitalOf(firm) * share) / 100) * paid,
    };
  },
});

function holderAt(index: number): { firmIndex: number; place: number; holders: number } {
  let place = index % HOLDERS_OF_FIVE;
  let inFive = 0;
  while (place >= HOLDERS[inFive]!) place -= HOLDERS[inFive++]!;
  return { firmIndex: Math.floor(index / HOLDERS_OF_FIVE) * HOLDERS.length + inFive, place, holders: HOLDERS[inFive]! };
}

/** The first holder is the legal representative; of the others every eighth is a firm, mostly a large one. */
function holderColumns(city: City, firmNo: number, place: number) {
  const u = uniform(city.seed, SHARE, firmNo, 30 + place);
  if (place > 0 && u < 0.125) {
    const parent = city.firms.firm(city.firms.employer(u * 8));
    return { holder_name: parent.name, holder_cert_no: parent.uscc, holder_type: 'enterprise' };
  }
  const person = city.people.person(ownerOf(city, firmNo, place));
  return { holder_name: person.name, holder_cert_no: person.idNo, holder_type: 'person' };
}

/** Hundredths of per cent add up to 100 % over the holders of a firm. */
function shareOf(seed: number, firmNo: number, place: number, holders: number): number {
  const weight = (of: number): number => (1 + 3 * uniform(seed, SHARE, firmNo, of)) / (of + 1);
  let total = 0;
  for (let of = 0; of < holders; of++) total += weight(of);
  const share = (of: number): number => Math.floor((weight(of) / total) * 10_000) / 100;
  if (place > 0) return share(place);
  let others = 0;
  for (let of = 1; of < holders; of++) others += share(of);
  return 100 - others;
}

const TAX_RATES = { vat: 0.03, cit: 0.011 } as const;
const TAX_CREDIT = weighted<string>([
  ['A', 18],
  ['B', 46],
  ['M', 20],
  ['C', 10],
  ['D', 6],
]);
const SALES_SEASON = [1.02, 1.15, 0.9, 0.72, 0.98, 0.97, 1, 1.02, 0.99, 0.98, 1.06, 1.03];

export const taxRows: RowSourceFor<typeof tax> = (city) => ({
  count: city.firms.size * MONTHS * TAX_CODES.length,
  row: (index) => {
    const { seed } = city;
    const month = Math.floor(index / TAX_CODES.length) % MONTHS;
    const firm = city.firms.firm(city.firms.shuffled(Math.floor(index / (TAX_CODES.length * MONTHS))));
    const code = TAX_CODES[index % TAX_CODES.length]!;
    const growth = 1 + (0.02 * normal(seed, TAX, firm.no, 40) * month) / MONTHS;
    const chance = Math.exp(0.25 * normal(seed, TAX, firm.no, month));
    const sales = clamp(80_000 * firm.size * SALES_SEASON[month]! * growth * chance, 0, 9e10);
    const declared = sales * TAX_RATES[code];
    const late = uniform(seed, TAX, firm.no, 100 + month) < 0.06;
    return {
      ...enterpriseColumns(firm),
      tax_period: DATA_MONTHS[month]!,
      tax_code: code,
      declared_amt: declared,
      paid_amt: late ? 0 : declared,
      sales_amt: sales,
      overdue_amt: late ? declared : 0,
      credit_code: pickWeighted(TAX_CREDIT, uniform(seed, TAX, firm.no, 41)),
    };
  },
});

const RATINGS = weighted<string>([
  ['AAA', 22],
  ['AA', 41],
  ['A', 29],
  ['B', 8],
]);

/** The state at the end of the data: the declaration has no month. */
export const transportRows: RowSourceFor<typeof transport> = (city) => {
  const carriers = city.firms.ofIndustry('G');
  return {
    count: carriers.count,
    row: (index) => {
      const { seed } = city;
      const firm = city.firms.firm(carriers.at(index));
      const vehicles = clamp(Math.round(6 * firm.size ** 0.6), 1, 4_500);
      return {
        ...enterpriseColumns(firm),
        licence_no: `鄂交运管许可鄂字${digits(firm.no, 8)}号`,
        licence_end_date: isoDate(LAST_DAY + integer(uniform(seed, TRANSPORT, firm.no, 40), 30, 1_400)),
        vehicle_cnt: vehicles,
        nev_cnt: Math.floor(vehicles * uniform(seed, TRANSPORT, firm.no, 41) * 0.5),
        driver_cnt: Math.round(vehicles * 1.3),
        freight_tkm: Math.min(9e8, vehicles * 180_000 * Math.exp(0.2 * normal(seed, TRANSPORT, firm.no))),
        accident_cnt: Math.floor(uniform(seed, TRANSPORT, firm.no, 60) ** 6 * (1 + vehicles / 20)),
        credit_code: pickWeighted(RATINGS, uniform(seed, TRANSPORT, firm.no, 42)),
      };
    },
  };
};
