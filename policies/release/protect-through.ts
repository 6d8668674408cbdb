import { AppError, assert } from '../errors.ts';
import { type CompiledQuery, exactStatement } from '../sql/compile.ts';
import type { EmittedSql } from '../sql/emit/emitted-sql.ts';
import type { TableData } from '../table-data.ts';
import {
  type Ask,
  type AskEngine,
  type AskFinish,
  type ProtectedCells,
  protect,
  type ReleasePolicy,
  type Told,
} from './protect.ts';
import type { OpenedNumbers, SealedQuestion, Unread } from './sealed-groups.ts';

/** Answers what protection asks through an engine. */
export async function protectThrough(
  engine: CellsEngine,
  compiled: CompiledQuery,
  policy: ReleasePolicy,
): Promise<ProtectedCells> {
  const dialogue = protect(compiled.private, policy);
  let step = dialogue.next();
  while (step.done !== true) {
    const told = await answerOf(step.value, engine, compiled).then(
      (value) => () => dialogue.next(value),
      (error: unknown) => () => dialogue.throw(error),
    );
    step = told();
  }
  return step.value;
}

async function answerOf(ask: Ask, engine: CellsEngine, compiled: CompiledQuery): Promise<Told> {
  if (ask.pass === 'open') {
    if (engine.open === undefined) throw new AppError('CUSTODIAN_AWAY');
    return engine.open(ask.question);
  }
  if (ask.pass === 'given') return engine.finish(ask.tables, compiled.givens[ask.given]!);
  const statement = statementFor(ask, compiled);
  assert(statement !== null, 'a boundary has the statements that its protection asks for');
  return engine.query(statement, ask.tables);
}

function statementFor({ pass, boundary }: AskEngine, compiled: CompiledQuery): EmittedSql | null {
  if (pass === 'exact') return exactStatement(compiled, boundary);
  return (pass === 'first' ? compiled.cells : compiled.small)[boundary] ?? null;
}

/** What protection gets its cells from. */
export interface CellsEngine {
  readonly query: (statement: EmittedSql, tables: AskEngine['tables']) => Promise<TableData>;
  /** Over these tables alone. */
  readonly finish: (tables: AskFinish['tables'], statement: EmittedSql) => Promise<TableData>;
  /** Has a custodian open encrypted sums, which no engine here can. Without: there is none. */
  readonly open?: (question: SealedQuestion) => Promise<OpenedNumbers | Unread>;
}
