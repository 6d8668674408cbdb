import type { SqlType } from '../sql-type.ts';
import { DOUBLE, INTEGER } from '../sql-type.ts';
import { integerBetween } from './constant-rules.ts';
import type { Parameter } from './scalar-entry.ts';

/** A function that only stands over a window. Aggregates over windows are in `aggregates.ts`. */
export interface WindowEntry {
  readonly name: string;
  /** Its node type in the syntax tree. */
  readonly nodeType: string;
  readonly params: readonly Parameter[];
  readonly result: (types: readonly SqlType[]) => SqlType;
  /** Takes a frame; the others look at the whole partition. */
  readonly framed: boolean;
  readonly total: string;
  readonly doc: { readonly zh: string; readonly en: string };
}

const ranking = (name: string, zh: string, en: string, result: SqlType = INTEGER): WindowEntry => ({
  name,
  nodeType: `WINDOW_${name.toUpperCase()}`,
  params: [],
  result: () => result,
  framed: false,
  total: 'at most the number of rows',
  doc: { zh, en },
});

const value = (name: string, params: readonly Parameter[], zh: string, en: string, framed: boolean): WindowEntry => ({
  name,
  nodeType: `WINDOW_${name.toUpperCase()}`,
  params,
  result: ([type]) => type ?? INTEGER,
  framed,
  total: 'a value of another row, or NULL',
  doc: { zh, en },
});

const offset: Parameter = { is: 'integer', constant: integerBetween(0, 1_000_000) };

export const WINDOWS: readonly WindowEntry[] = [
  ranking('row_number', '行号', 'number of the row'),
  ranking('rank', '排名，有间隔', 'rank with gaps'),
  { ...ranking('dense_rank', '排名，无间隔', 'rank without gaps'), nodeType: 'WINDOW_RANK_DENSE' },
  ranking('percent_rank', '百分位排名', 'relative rank', DOUBLE),
  ranking('cume_dist', '累积分布', 'cumulative distribution', DOUBLE),
  {
    ...ranking('ntile', '分组号', 'number of the bucket'),
    params: [{ is: 'integer', constant: integerBetween(1, 1_000_000) }],
  },
  value('lag', [{ is: 'any' }, offset, { is: 'any' }], '前若干行的值', 'value of an earlier row', false),
  value('lead', [{ is: 'any' }, offset, { is: 'any' }], '后若干行的值', 'value of a later row', false),
  value('first_value', [{ is: 'any' }], '窗口首值', 'first value of the frame', true),
  value('last_value', [{ is: 'any' }], '窗口末值', 'last value of the frame', true),
  value(
    'nth_value',
    [{ is: 'any' }, { is: 'integer', constant: integerBetween(1, 1_000_000) }],
    '窗口第几个值',
    'n-th value of the frame',
    true,
  ),
];
