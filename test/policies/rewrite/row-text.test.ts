import { describe, expect, it } from 'vitest';
import type { Expr, Rel } from '../../../policies/sql/plan.ts';
import { rowText } from '../../../policies/sql/rewrite/row-text.ts';
import { agg, call, number, outputs, PEOPLE, PlanMaker, VISITS } from './plan-fixture.ts';

type Made = { readonly rel: Rel; readonly conditions?: readonly Expr[] };
const rowsOf = (make: (maker: PlanMaker) => Made): string => {
  const { rel, conditions = [] } = make(new PlanMaker());
  return rowText(rel).rows(conditions);
};
const filter = (input: Rel, predicate: Expr): Rel => ({ kind: 'filter', input, predicate });

const people = (maker: PlanMaker) => maker.scan(PEOPLE);
const rich = (maker: PlanMaker, low = 5): Made => {
  const scan = people(maker);
  return { rel: filter(scan, call('gt', [scan.at['salary']!, number(low)])) };
};
/** People with a visit that costs more than `fee`. */
const visited = (maker: PlanMaker, join: 'semi' | 'anti', fee: number): Made => {
  const [scan, visits] = [people(maker), maker.scan(VISITS)];
  const dear = filter(visits, call('gt', [visits.at['fee']!, number(fee)]));
  return { rel: maker.join(join, scan, dear, call('eq', [scan.at['id']!, visits.at['id']!])) };
};

describe('equal text', () => {
  it.each<readonly [string, (maker: PlanMaker) => Made]>([
    [
      'the same conditions as FILTER',
      (maker) => {
        const scan = people(maker);
        return { rel: scan, conditions: [call('gt', [scan.at['salary']!, number(5)])] };
      },
    ],
    [
      'columns computed on the way',
      (maker) => {
        const scan = people(maker);
        const project = maker.project(scan, [scan.at['dept']!, scan.at['salary']!]);
        return { rel: filter(project, call('gt', [outputs(project)[1]!, number(5)])) };
      },
    ],
    [
      'the same condition twice',
      (maker) => {
        const scan = people(maker);
        const dear = call('gt', [scan.at['salary']!, number(5)]);
        return { rel: filter(filter(scan, dear), dear) };
      },
    ],
  ])('%s', (_name, make) => {
    expect(rowsOf(make)).toBe(rowsOf(rich));
  });

  it('of a self join does not mix its sides', () => {
    const joined = (side: 'left' | 'right') => (maker: PlanMaker) => {
      const [a, b] = [people(maker), people(maker)];
      const rel = maker.join('inner', a, b, call('eq', [a.at['id']!, b.at['id']!]));
      return { rel, conditions: [call('gt', [(side === 'left' ? a : b).at['salary']!, number(5)])] };
    };
    expect(rowsOf(joined('left'))).not.toBe(rowsOf(joined('right')));
  });
});

it('differs wherever rows may', () => {
  const all = [
    (maker: PlanMaker): Made => ({ rel: people(maker) }),
    (maker: PlanMaker): Made => ({ rel: maker.scan(VISITS) }),
    (maker: PlanMaker): Made => rich(maker),
    (maker: PlanMaker): Made => rich(maker, 6),
    (maker: PlanMaker): Made => visited(maker, 'semi', 10),
    (maker: PlanMaker): Made => visited(maker, 'semi', 11),
    (maker: PlanMaker): Made => visited(maker, 'anti', 10),
    (maker: PlanMaker): Made => {
      const scan = people(maker);
      return { rel: maker.group(scan, [scan.at['id']!], [agg('count_star')]) };
    },
    (maker: PlanMaker): Made => ({ rel: { kind: 'limit', input: people(maker), count: 5, offset: 0 } }),
    ...(['left', 'right', 'full', 'cross'] as const).map((join) => (maker: PlanMaker): Made => {
      const [scan, visits] = [people(maker), maker.scan(VISITS)];
      const on = join === 'cross' ? null : call('eq', [scan.at['id']!, visits.at['id']!]);
      return { rel: maker.join(join, scan, visits, on) };
    }),
  ];
  const texts = all.map(rowsOf);
  expect(new Set(texts).size).toBe(all.length);
});

it('is whole where nothing narrows it', () => {
  const isWhole = (make: (maker: PlanMaker) => Made) => rowText(make(new PlanMaker()).rel).isWhole;
  expect(isWhole((maker) => ({ rel: people(maker) }))).toBe(true);
  expect(isWhole(rich)).toBe(false);
  expect(isWhole((maker) => visited(maker, 'semi', 10))).toBe(false);
});
