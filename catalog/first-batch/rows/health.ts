import { dayInMonth, isoDate, LAST_DAY, MONTHS } from '../city/calendar.ts';
import type { City } from '../city/city.ts';
import type { Stream, Weighted } from '../city/draw.ts';
import { integer, normal, pick, pickWeighted, stream, uniform, weighted } from '../city/draw.ts';
import { HOSPITAL_CODES, LAB_ITEM_CODES } from '../public-lists.ts';
import type { inpatient, labExam, outpatient } from '../tables/health.ts';
import type { RowSourceFor } from './row-source.ts';
import { clamp, digits, personColumns } from './row-source.ts';

/** Illness follows age, and respiratory illness the season. */

const VISIT = stream('outpatient');
const ADMISSION = stream('inpatient');
const EXAM = stream('lab-exam');

/** ICD-10 categories with the department (CT 08.00.002) that sees them; weights in children, adults, the old. */
const DIAGNOSES: readonly (readonly [string, string, number, number, number])[] = [
  ['J06', '07', 22, 8, 5],
  ['J20', '07', 14, 4, 5],
  ['J18', '03', 8, 2, 5],
  ['J45', '03', 4, 2, 2],
  ['J02', '11', 8, 3, 1],
  ['J44', '03', 0, 1, 8],
  ['J30', '11', 4, 3, 1],
  ['J11', '03', 5, 3, 2],
  ['A09', '07', 6, 3, 2],
  ['B35', '13', 1, 2, 1],
  ['B18', '03', 0, 2, 2],
  ['C34', '19', 0, 0.5, 3],
  ['C50', '19', 0, 0.6, 1],
  ['C16', '19', 0, 0.3, 1.5],
  ['D50', '03', 1, 2, 2],
  ['E11', '03', 0, 4, 12],
  ['E78', '03', 0, 3, 6],
  ['E04', '04', 0, 2, 2],
  ['F41', '03', 0.5, 3, 2],
  ['F32', '03', 0.5, 2, 1],
  ['G47', '03', 0, 2, 4],
  ['G40', '03', 1, 0.6, 0.5],
  ['H10', '10', 3, 2, 1],
  ['H52', '10', 6, 2, 1],
  ['H25', '10', 0, 0.5, 5],
  ['H66', '11', 3, 1, 0.5],
  ['I10', '03', 0, 6, 18],
  ['I20', '03', 0, 1, 6],
  ['I25', '03', 0, 1, 9],
  ['I48', '03', 0, 0.3, 3],
  ['I50', '03', 0, 0.3, 4],
  ['I63', '03', 0, 0.8, 7],
  ['I67', '03', 0, 0.8, 5],
  ['K02', '12', 5, 5, 3],
  ['K05', '12', 1, 5, 3],
  ['K21', '03', 0, 4, 3],
  ['K29', '03', 1, 6, 5],
  ['K80', '04', 0, 2, 2],
  ['K35', '04', 1, 1.5, 0.5],
  ['L20', '13', 4, 2, 1],
  ['L30', '13', 3, 4, 3],
  ['L50', '13', 2, 2, 1],
  ['M17', '50', 0, 1, 6],
  ['M47', '50', 0, 3, 5],
  ['M51', '50', 0, 5, 4],
  ['M54', '50', 0, 5, 5],
  ['N18', '03', 0, 0.8, 3],
  ['N20', '04', 0, 2, 1],
  ['N39', '04', 0.5, 2, 3],
  ['N76', '05', 0, 4, 1],
  ['O80', '05', 0, 2, 0],
  ['O82', '05', 0, 2, 0],
  ['P59', '08', 1.5, 0, 0],
  ['R05', '03', 4, 3, 3],
  ['R10', '20', 2, 3, 2],
  ['R51', '03', 1, 3, 3],
  ['S52', '20', 2, 1, 1.5],
  ['S82', '20', 0.5, 1, 1],
  ['S06', '20', 0.5, 0.5, 0.7],
  ['T14', '20', 2, 2, 1],
  ['Z00', '02', 4, 2, 2],
  ['Z34', '05', 0, 3, 0],
];
const DEPARTMENT_OF = new Map(DIAGNOSES.map(([code, department]) => [code, department]));
const [CHILD, ADULT, OLD] = [2, 3, 4].map((group) =>
  weighted(DIAGNOSES.map((row) => [row[0], row[group] as number] as const)),
) as [Weighted<string>, Weighted<string>, Weighted<string>];

/** From November on. */
const EVEN = weighted(Array.from({ length: MONTHS }, (_, month) => [month, 1] as const));
const RESPIRATORY = weighted([1.4, 1.9, 1.8, 1.1, 1.2, 0.9, 0.8, 0.6, 0.5, 0.5, 0.7, 1].map((w, month) => [month, w]));
const HOSPITALS = weighted(HOSPITAL_CODES.map((code, rank) => [code, 1 / (rank + 2)] as const));

const diagnosis = (age: number, u: number): string => pickWeighted(age < 14 ? CHILD : age < 60 ? ADULT : OLD, u);

/** Half of the visits are anybody's, the rest mostly those of the old (small numbers) and of small children. */
function patientOf(city: City, of: Stream, entity: number): number {
  const u = uniform(city.seed, of, entity);
  const place = uniform(city.seed, of, entity, 1);
  const quantile = u < 0.5 ? place : u < 0.88 ? place ** 2.2 : 1 - place ** 1.5 * 0.12;
  return Math.min(city.people.size - 1, Math.floor(city.people.size * quantile));
}

function dayOfIllness(city: City, of: Stream, entity: number, dx: string): number {
  const month = pickWeighted(dx.startsWith('J') ? RESPIRATORY : EVEN, uniform(city.seed, of, entity, 3));
  return dayInMonth(month, uniform(city.seed, of, entity, 4));
}

const VISITS_PER_PERSON = 3;
const visitNo = (visit: number): string => `MZ${digits(visit, 10)}`;

function visitOf(city: City, visit: number): { person: number; dx: string; day: number } {
  const person = patientOf(city, VISIT, visit);
  const dx = diagnosis(city.people.age(person), uniform(city.seed, VISIT, visit, 2));
  return { person, dx, day: dayOfIllness(city, VISIT, visit, dx) };
}

export const outpatientRows: RowSourceFor<typeof outpatient> = (city) => ({
  count: city.people.size * VISITS_PER_PERSON,
  row: (index) => {
    const { person, dx, day } = visitOf(city, index);
    return {
      ...personColumns(city.people.person(person)),
      visit_no: visitNo(index),
      org_code: pickWeighted(HOSPITALS, uniform(city.seed, VISIT, index, 5)),
      visit_date: isoDate(day),
      dept_code: DEPARTMENT_OF.get(dx)!,
      dx_code: dx,
      fee_amt: clamp(150 * Math.exp(0.8 * normal(city.seed, VISIT, index, 6)), 5, 20_000),
    };
  },
});

const ADMISSIONS_PER_PERSON = 0.17;
const PROCEDURES = ['47.09', '51.23', '81.54', '36.06', '74.1', '13.41', '45.43', '79.36', '56.0', '99.25'];

export const inpatientRows: RowSourceFor<typeof inpatient> = (city) => ({
  count: Math.floor(city.people.size * ADMISSIONS_PER_PERSON),
  row: (index) => {
    const { seed } = city;
    const person = patientOf(city, ADMISSION, index);
    const dx = diagnosis(city.people.age(person), uniform(seed, ADMISSION, index, 2));
    const admitted = dayOfIllness(city, ADMISSION, index, dx);
    const stay = clamp(Math.round(7 * Math.exp(0.6 * normal(seed, ADMISSION, index, 6))), 1, 180);
    const left = admitted + stay <= LAST_DAY;
    const operated = uniform(seed, ADMISSION, index, 7) < 0.28;
    return {
      ...personColumns(city.people.person(person)),
      admit_no: `ZY${digits(index, 10)}`,
      org_code: pickWeighted(HOSPITALS, uniform(seed, ADMISSION, index, 5)),
      admit_date: isoDate(admitted),
      discharge_date: left ? isoDate(admitted + stay) : null,
      dx_code: dx,
      op_code: operated ? pick(PROCEDURES, uniform(seed, ADMISSION, index, 8)) : null,
      los_days: left ? stay : null,
      fee_amt: clamp(stay * (operated ? 1_900 : 780) * Math.exp(0.4 * normal(seed, ADMISSION, index, 9)), 200, 900_000),
    };
  },
});

/** Per item: usual value, spread of its logarithm, limits of normal. */
const EXAMS: Readonly<Record<(typeof LAB_ITEM_CODES)[number], readonly [number, number, number, number]>> = {
  WBC: [6.5, 0.32, 3.5, 9.5],
  HGB: [135, 0.12, 115, 175],
  PLT: [220, 0.26, 125, 350],
  GLU: [5.6, 0.22, 3.9, 6.1],
  HBA1C: [5.8, 0.16, 4, 6],
  ALT: [24, 0.5, 7, 50],
  CREA: [72, 0.3, 41, 111],
  UA: [330, 0.25, 155, 428],
  TC: [4.8, 0.2, 2.8, 5.7],
  TG: [1.4, 0.5, 0.4, 1.7],
  CRP: [3, 0.9, 0, 8],
};
/** Two of five visits lead to an examination, of two items. */
const ITEMS_PER_VISIT = 2;
const VISITS_PER_EXAM = 2.5;

export const labExamRows: RowSourceFor<typeof labExam> = (city) => {
  const visits = city.people.size * VISITS_PER_PERSON;
  return {
    count: Math.floor(visits / VISITS_PER_EXAM) * ITEMS_PER_VISIT,
    row: (index) => {
      const { seed } = city;
      const visit = Math.floor(Math.floor(index / ITEMS_PER_VISIT) * VISITS_PER_EXAM);
      const first = Math.floor(LAB_ITEM_CODES.length * uniform(seed, EXAM, visit));
      const item = LAB_ITEM_CODES[(first + (index % ITEMS_PER_VISIT)) % LAB_ITEM_CODES.length]!;
      const [usual, spread, low, high] = EXAMS[item];
      const result = Math.round(100 * usual * Math.exp(spread * normal(seed, EXAM, index, 1))) / 100;
      const failed = uniform(seed, EXAM, index, 4) < 0.005;
      return {
        report_no: `JY${digits(index, 11)}`,
        visit_no: visitNo(visit),
        item_code: item,
        result_num: failed ? null : result,
        abnormal_flag: !failed && (result < low || result > high),
        report_date: isoDate(visitOf(city, visit).day + integer(uniform(seed, EXAM, index, 5), 0, 2)),
      };
    },
  };
};
