import { describe, expect, it } from 'vitest';
import { AppError } from '../../../policies/errors.ts';
import type { TableSchema } from '../../../policies/table-schema.ts';
import { openGateway } from '../../attack/sql-gateway.ts';
import { PROTECTED_BENCHMARKS } from './protected-benchmarks.ts';

/**
 * Goal: what analysts ask of the classic schemas, classified as a data office would, is answered where an expert would let
 * it through, and nothing else is.
 * Method: each query through the compiler. What is refused though it would be safe is written down here with the refusal:
 * the list can only change together with this file.
 */

/** That an order belongs to one customer is not declared. */
const OTHERS = 'POLICY_CONSTRUCT_REFUSED: IN or EXISTS over protected rows';

/** Neighbouring rows of a public calendar may differ by one person. */
const RANGES = 'POLICY_CONSTRUCT_REFUSED: join of protected with public rows without equal columns';

const REFUSED_THOUGH_SAFE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  tpch: {},
  ssb: {},
  tpcds: {
    q8: 'POLICY_CONSTRUCT_REFUSED: protected rows beside an aggregate over many units',
    q16: OTHERS,
    q95: OTHERS,
  },
  ticketing: {},
  shop: {
    ...{ 'analyst 5': RANGES, 'analyst 6': RANGES, 'bi2 52': RANGES, 'dbt 4': RANGES },
    ...{ 'analyst 14': 'POLICY_IDENTIFIER_USE: ', 'bi2 26': 'POLICY_IDENTIFIER_USE: ' },
    ...{ 'bi2 48': 'SQL_FUNCTION_REFUSED: ', 'bi2 49': 'SQL_FUNCTION_REFUSED: ' },
    'analyst 23': 'SQL_CONSTRUCT_REFUSED: WITH RECURSIVE',
    'bi2 28': 'POLICY_CONSTRUCT_REFUSED: window function over protected rows',
    'bi2 33': 'POLICY_CONSTRUCT_REFUSED: function inside avg() over protected rows',
    'bi2 41': 'POLICY_CONSTRUCT_REFUSED: join on a computed column with public rows whose keys may repeat',
    'fresh 37': 'POLICY_CONSTRUCT_REFUSED: value of a list made by the query inside sum()',
    'pairs 13': 'SQL_CONSTRUCT_REFUSED: count(DISTINCT id, b)',
  },
};

const highlySensitive = (schema: TableSchema): TableSchema => {
  if (schema.level === 'general-1') return schema;
  const columns = schema.columns.map((one) =>
    one.level === 'general-1' ? one : { ...one, level: 'general-4' as const },
  );
  return { ...schema, level: 'general-4', columns };
};

const FACTS: ReadonlySet<string> = new Set(['inventory', 'fx', 'price_tiers']);
/** As ingest finds them: of each public table its first column, but for tables of facts. */
const keysOf = ({ table, level, columns: [first] }: TableSchema): readonly string[] =>
  level === 'general-1' && !FACTS.has(table) ? [first!.name] : [];

describe.each(PROTECTED_BENCHMARKS)('$name', ({ name, tables, queries }) => {
  const verdicts = async (asked: readonly TableSchema[] = tables) => {
    const gateway = await openGateway(asked.map((schema) => ({ schema, rows: [], uniqueColumns: keysOf(schema) })));
    return Promise.all(
      queries.map(async ({ name: query, sql, unsafe }) => {
        const refusal = await gateway.compile(sql).then(
          () => null,
          (error: unknown) => {
            if (error instanceof AppError) return `${error.code}: ${error.facts['construct'] ?? ''}`;
            throw error;
          },
        );
        return { query, unsafe, refusal };
      }),
    );
  };

  it('accepts what an expert would let through, but for a list', async () => {
    const refused = (await verdicts()).filter(({ unsafe, refusal }) => unsafe === null && refusal !== null);
    expect(Object.fromEntries(refused.map(({ query, refusal }) => [query, refusal]))).toEqual(
      REFUSED_THOUGH_SAFE[name],
    );
  });

  it('in mode `dp` takes or refuses each, and fails at none', async () => {
    expect(await verdicts(tables.map(highlySensitive))).toHaveLength(queries.length);
  });

  it('refuses what an expert would not', async () => {
    const accepted = (await verdicts()).filter(({ unsafe, refusal }) => unsafe !== null && refusal === null);
    expect(accepted).toEqual([]);
  });
});
