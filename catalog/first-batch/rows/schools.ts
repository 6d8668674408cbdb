import { integer, normal, pickWeighted, stream, uniform, weighted } from '../city/draw.ts';
import { ROADS } from '../city/homes.ts';
import { type STAGE_CODES, TOWNSHIPS } from '../public-lists.ts';
import type { school } from '../tables/schools.ts';
import type { RowSourceFor } from './row-source.ts';
import { clamp, digits } from './row-source.ts';

const SCHOOL = stream('school');
const STAGES = weighted<(typeof STAGE_CODES)[number]>([
  ['kindergarten', 45],
  ['primary', 28],
  ['junior', 14],
  ['senior', 5],
  ['nine-year', 8],
]);
/** What a school is called, and its usual number of seats. */
const SCHOOLS: Readonly<Record<(typeof STAGE_CODES)[number], readonly [string, number]>> = {
  kindergarten: ['幼儿园', 270],
  primary: ['小学', 900],
  junior: ['初级中学', 1_000],
  senior: ['高级中学', 1_900],
  'nine-year': ['学校', 1_300],
};
const TOWNSHIP_WEIGHTS = weighted(TOWNSHIPS.map(({ code, thousands }) => [code, thousands] as const));

export const schoolRows: RowSourceFor<typeof school> = (city) => ({
  count: city.schools,
  row: (index) => {
    const { seed } = city;
    const stage = pickWeighted(STAGES, uniform(seed, SCHOOL, index));
    const [kind, usual] = SCHOOLS[stage];
    const township = pickWeighted(TOWNSHIP_WEIGHTS, uniform(seed, SCHOOL, index, 1));
    const seats = clamp(Math.round((usual * Math.exp(0.4 * normal(seed, SCHOOL, index, 2))) / 45) * 45, 90, 9_000);
    const road = integer(uniform(seed, SCHOOL, index, 6), 0, ROADS.length - 1);
    return {
      school_code: `42070${digits(index + 1, 5)}`,
      school_name: `鄂州市第${index + 1}${kind}`,
      zone_no: `Z${township}`,
      zone_geom: square(114.5 + 0.5 * uniform(seed, SCHOOL, index, 7), 30.1 + 0.4 * uniform(seed, SCHOOL, index, 8)),
      road_text: `${ROADS[road]}、${ROADS[(road + 3) % ROADS.length]}`,
      stage_code: stage,
      seat_cnt: seats,
      enrol_cnt: Math.round(seats * clamp(0.88 + 0.16 * normal(seed, SCHOOL, index, 9), 0.3, 1.1)),
    };
  },
});

/** A zone of about a kilometre (WKT, degrees). */
function square(west: number, south: number): string {
  const [east, north] = [west + 0.01, south + 0.009];
  const corners = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
  return `POLYGON((${corners.map(([x, y]) => `${x!.toFixed(4)} ${y!.toFixed(4)}`).join(', ')}))`;
}
