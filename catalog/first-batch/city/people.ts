import { idCardCheck } from '#policies';
import { TOWNSHIPS } from '../public-lists.ts';
import { dayOf, daysInYear, isoDate, LAST_YEAR } from './calendar.ts';
import { pick, pickWeighted, stream, uniform, weighted } from './draw.ts';
import { personName } from './names.ts';

/**
 * People are numbered by age, the eldest first: an age group is a range of numbers, and the sequence part of an ID
 * number is the place among those born on the same day. Odd numbers are men.
 */
export interface Person {
  readonly no: number;
  readonly idNo: string;
  readonly name: string;
  readonly male: boolean;
  readonly birthDate: string;
  readonly division: string;
}

export interface Population {
  readonly size: number;
  person(no: number): Person;
  /** Full years at the end of the data. */
  age(no: number): number;
  /** How many are at least `age` years old; they hold the numbers below this one. */
  countFromAge(age: number): number;
}

/** Per cent of the population in five-year groups from 0–4 to 90–94 (2020 census of the city, rounded). */
const AGE_GROUPS = [
  ...[4.6, 6.1, 5.9, 5, 5.1, 6, 8.4, 7.4, 6.9, 8.2],
  ...[9.3, 7.7, 5.6, 5.3, 3.7, 2.2, 1.3, 0.6, 0.2],
];
const AGE_MAX = AGE_GROUPS.length * 5 - 1;
const AGES_TOTAL = AGE_GROUPS.reduce((sum, share) => sum + share, 0);

/** WHY 998: three digits hold 999 numbers, and an even block keeps odd and even, men and women, in step. */
const SEQUENCE_BLOCK = 998;
/** Place of first registration: most were born here. Later blocks of one day take a county each. */
const HOME_COUNTIES = weighted<string>([
  ['420704', 58],
  ['420703', 19],
  ['420702', 13],
  ['420111', 3],
  ['421181', 2],
  ['420222', 3],
  ['421127', 2],
]);
const OTHER_COUNTIES = ['420281', '421122', '421023', '422801', '360426', '411525', '340826', '430621', '500101'];

const HOME_COUNTY = stream('person.county');
const TOWNSHIP = stream('person.township');
const TOWNSHIP_WEIGHTS = weighted(TOWNSHIPS.map(({ code, thousands }) => [code, thousands] as const));

export function createPopulation(size: number, seed: number): Population {
  const eldest = eldestNumbers(size);
  const age = (no: number): number => {
    let low = 0;
    let high = AGE_MAX;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (no >= eldest[middle]!) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  const person = (no: number): Person => {
    const years = age(no);
    const first = eldest[years]!;
    const count = (eldest[years - 1] ?? size) - first;
    const birthYear = LAST_YEAR - 1 - years;
    const days = daysInYear(birthYear);
    const day = Math.floor(((no - first) * days) / count);
    const place = no - first - Math.ceil((day * count) / days);
    const male = no % 2 === 1;
    const birthDate = isoDate(dayOf(`${birthYear}-01-01`) + day);
    return {
      no,
      male,
      birthDate,
      idNo: idNumber(county(seed, no, Math.floor(place / SEQUENCE_BLOCK)), birthDate, place % SEQUENCE_BLOCK, male),
      name: personName(seed, no, male),
      division: pickWeighted(TOWNSHIP_WEIGHTS, uniform(seed, TOWNSHIP, no)),
    };
  };

  return { size, person, age, countFromAge: (years) => (years === 0 ? size : eldest[years - 1]!) };
}

/** `eldest[a]`: the number of the eldest person aged a; who is older has smaller numbers. */
function eldestNumbers(size: number): readonly number[] {
  const eldest: number[] = [];
  let younger = 0;
  for (let age = 0; age <= AGE_MAX; age++) {
    younger += AGE_GROUPS[Math.floor(age / 5)]! / 5 / AGES_TOTAL;
    eldest.push(age === AGE_MAX ? 0 : Math.round(size * (1 - younger)));
  }
  return eldest;
}

function county(seed: number, no: number, block: number): string {
  if (block === 0) return pickWeighted(HOME_COUNTIES, uniform(seed, HOME_COUNTY, no));
  return pick(OTHER_COUNTIES, (block - 1) / OTHER_COUNTIES.length);
}

/** `place` 0…997: two neighbours share an odd and an even sequence number. */
function idNumber(divisionOfBirth: string, birthDate: string, place: number, male: boolean): string {
  const sequence = String(place - (place % 2) + (male ? 1 : 2)).padStart(3, '0');
  const first17 = divisionOfBirth + birthDate.replaceAll('-', '') + sequence;
  return first17 + idCardCheck(first17);
}
