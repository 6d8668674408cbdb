import type { ResultVersions } from '../../../gateway/formats/stored-result.ts';
import type { ReleasedResult, SqlType } from '../../../policies/index.ts';

export const VERSIONS: ResultVersions = {
  tables: [{ resource: 'water', version: 2 }],
  profile: 'ezhou-2026-1',
  plan: 'a'.repeat(64),
  query: 'b'.repeat(64),
};

const COLUMNS: readonly { readonly name: string; readonly type: SqlType }[] = [
  { name: '区', type: { kind: 'text' } },
  { name: 'n', type: { kind: 'integer' } },
  { name: 'total', type: { kind: 'hugeint' } },
  { name: 'amount', type: { kind: 'decimal', precision: 38, scale: 2 } },
  { name: 'ratio', type: { kind: 'double' } },
  { name: 'day', type: { kind: 'date' } },
  { name: 'at', type: { kind: 'timestamp' } },
  { name: 'flag', type: { kind: 'boolean' } },
];

/** One column of every type, with its edges: 2^53 + 1, −(10^38 − 1), a negative decimal, infinity, dates before 1970. */
export function releasedSample(): ReleasedResult {
  const because = [{ column: 'water.m3_used', level: 'general-2' as const }];
  const result: Omit<ReleasedResult, keyof { [key: symbol]: never }> = {
    kind: 'released',
    mode: 'aggregate',
    columns: COLUMNS.map(({ name, type }) => ({ name, type, mode: 'aggregate', because })),
    table: {
      columns: COLUMNS,
      values: [
        ['梁子湖', '=1+1, "x"', null],
        [12n, 9007199254740993n, null],
        [5n, -99999999999999999999999999999999999999n, null],
        ['12.50', '-123456789012345678.90', null],
        [0.25, Number.POSITIVE_INFINITY, null],
        ['2026-01-31', '1969-12-31', null],
        ['2026-01-31 08:00:00.5', '1969-12-31 23:59:59.999999', null],
        [true, false, null],
      ],
      rowCount: 3,
    },
    intervals: {},
    certainty: null,
    suppressed: { cells: 1, groups: 2, reasons: ['threshold'] },
    cost: { rho: 0, epsilonAtDelta: 0, remaining: null },
  };
  return result as ReleasedResult;
}
