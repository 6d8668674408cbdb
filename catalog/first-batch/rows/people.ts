import { isoDate, LAST_DAY } from '../city/calendar.ts';
import { integer, normal, pickWeighted, stream, uniform, weighted } from '../city/draw.ts';
import { createPermutation } from '../city/permutation.ts';
import type { fundPerson, insurancePerson, marriage } from '../tables/people.ts';
import type { RowSourceFor } from './row-source.ts';
import { clamp, digits, personColumns } from './row-source.ts';

const MARRIAGE = stream('marriage');
const FUND = stream('fund.person');
const INSURANCE = stream('insurance.person');

/** GB/T 2261.2: first marriage, remarriage, restored marriage, divorced. */
const MARITAL = weighted<string>([
  ['21', 76],
  ['22', 9],
  ['23', 2],
  ['40', 13],
]);

/** Neighbouring numbers are of one age: husbands are odd, wives even and two years of births further on. */
export const marriageRows: RowSourceFor<typeof marriage> = (city) => {
  const adults = city.people.countFromAge(22);
  const apart = Math.round(city.people.size * 0.012);
  const couples = Math.floor(adults / 2) - apart;
  const order = createPermutation(couples, city.seed);
  return {
    count: Math.min(couples, Math.floor(city.people.size * 0.25)),
    row: (index) => {
      const { seed } = city;
      const couple = order.at(index);
      const husband = city.people.person(2 * couple + 1);
      const wife = city.people.person(2 * (couple + apart));
      const [applicant, spouse] = uniform(seed, MARRIAGE, couple) < 0.5 ? [husband, wife] : [wife, husband];
      const yearsMarried = Math.max(0, city.people.age(wife.no) - 22) * uniform(seed, MARRIAGE, couple, 1);
      return {
        ...personColumns(applicant),
        spouse_id_no: spouse.idNo,
        marital_code: pickWeighted(MARITAL, uniform(seed, MARRIAGE, couple, 2)),
        reg_date: isoDate(LAST_DAY - Math.floor(365 * yearsMarried)),
        cert_no: `J420704-${digits(couple, 9)}`,
      };
    },
  };
};

const WORKER_SHARE = 0.36;

export const fundPersonRows: RowSourceFor<typeof fundPerson> = (city) => {
  const from = city.people.countFromAge(60);
  const workers = city.people.countFromAge(20) - from;
  const order = createPermutation(workers, city.seed);
  return {
    count: Math.floor(workers * WORKER_SHARE),
    row: (index) => {
      const { seed } = city;
      const person = city.people.person(from + order.at(index));
      const base = Math.round(clamp(5_600 * Math.exp(0.45 * normal(seed, FUND, person.no)), 2_010, 31_000));
      const workingMonths = 12 * Math.max(1, city.people.age(person.no) - 20);
      const months = Math.floor(workingMonths * uniform(seed, FUND, person.no, 10) ** 1.5);
      const selfEmployed = uniform(seed, FUND, person.no, 11) < 0.04;
      const employer = city.firms.employer(uniform(seed, FUND, person.no, 12));
      return {
        ...personColumns(person),
        fund_acct_no: `4207${digits(person.no, 10)}`,
        employer_uscc: selfEmployed ? null : city.firms.uscc(employer),
        base_amt: base,
        deposit_amt: base * 0.2,
        months_cont_cnt: clamp(months, 0, 600),
        balance_amt: clamp(base * 0.2 * months * 0.6, 0, 9e6),
        loan_flag: uniform(seed, FUND, person.no, 13) < 0.22,
      };
    },
  };
};

const INSURED_SHARE = 0.95;
/** Paying, suspended, ended. */
const STATUSES = weighted<string>([
  ['1', 93],
  ['2', 5],
  ['3', 2],
]);

export const insurancePersonRows: RowSourceFor<typeof insurancePerson> = (city) => {
  const order = createPermutation(city.people.size, city.seed);
  return {
    count: Math.floor(city.people.size * INSURED_SHARE),
    row: (index) => {
      const { seed } = city;
      const person = city.people.person(order.at(index));
      const age = city.people.age(person.no);
      const employee = age >= 20 && uniform(seed, INSURANCE, person.no) < 0.34;
      const base = Math.round(clamp(5_400 * Math.exp(0.4 * normal(seed, INSURANCE, person.no, 10)), 3_739, 25_000));
      return {
        ...personColumns(person),
        insured_no: `42070${digits(person.no, 11)}`,
        scheme_code: employee ? '310' : '390',
        status_code: pickWeighted(STATUSES, uniform(seed, INSURANCE, person.no, 1)),
        base_amt: employee ? base : null,
        months_paid_cnt: integer(
          uniform(seed, INSURANCE, person.no, 2),
          0,
          clamp(12 * (age - (employee ? 18 : 0)), 0, 720),
        ),
      };
    },
  };
};
