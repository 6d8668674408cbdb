import { type DuckDBConnection, type DuckDBPreparedStatement, StatementType } from '@duckdb/node-api';
import { EngineError } from '../engine.ts';

/** Plans kept of each connection: planning a small query takes several times longer than running it. */
const PLANS_MAX = 32;

/** Prepared SELECTs of one connection, by text. */
export interface PlanCache {
  /** Runs `work` with the plan of a text. A plan that failed is not kept. */
  use<T>(sql: string, work: (plan: DuckDBPreparedStatement) => Promise<T>): Promise<T>;
  close(): void;
}

export function openPlanCache(connection: DuckDBConnection): PlanCache {
  const plans = new Map<string, DuckDBPreparedStatement>(); // least recently used first
  return {
    async use(sql, work) {
      const plan = plans.get(sql) ?? (await prepareSelect(connection, sql));
      plans.delete(sql);
      const result = await work(plan).catch((cause: unknown) => {
        plan.destroySync();
        throw cause;
      });
      plans.set(sql, plan);
      for (const [oldest, unused] of plans) {
        if (plans.size <= PLANS_MAX) break;
        plans.delete(oldest);
        unused.destroySync();
      }
      return result;
    },
    close() {
      for (const plan of plans.values()) plan.destroySync();
      plans.clear();
    },
  };
}

/**
 * Exactly one SELECT. WHY the check, when only the compiler writes this text: the lock-down does not hold against every
 * statement (CALL enable_logging ends the engine), and a statement that is no query leaves traces for later jobs.
 */
export async function prepareSelect(connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement> {
  const statement = await connection.prepare(sql); // refuses more than one
  if (statement.statementType === StatementType.SELECT) return statement;
  statement.destroySync();
  throw new EngineError('failed');
}
