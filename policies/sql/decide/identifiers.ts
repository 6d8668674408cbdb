import { AppError, placeOf, type SourcePlace } from '../../errors.ts';
import type { Aggregate, Expr, Rel, Window } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { exprsOf, exprsWithin, inputsOf, partsOf, relsWithin } from '../plan-walk.ts';
import { spelled } from '../spelling.ts';
import { type Flow, type FlowMemo, flowOf, sourcesOf } from './flow.ts';
import { placeOfOutput } from './places.ts';

/** What an expression may do with an identifier: compare it with another, test it for NULL, hand it on. */
const TOKEN_FUNCTIONS: ReadonlySet<string> = new Set([
  'eq',
  'neq',
  'distinct_from',
  'not_distinct',
  'is_null',
  'is_not_null',
  'in',
  'coalesce',
  'nullif',
]);

const TOKEN_AGGREGATES: ReadonlySet<string> = new Set(['count', 'approx_count_distinct', 'grouping']);

const ACCEPTED = 'count(distinct …), or a join with the same kind of identifier';

/**
 * Identifiers are keyed tokens: comparable, never visible. The types already keep them from literals and functions;
 * this checks it again, so that a gap in one place does not open the other.
 * @throws AppError POLICY_IDENTIFIER_USE
 */
export function refuseIdentifierMisuse(plan: Rel, text: string, memo: FlowMemo): void {
  for (const rel of relsWithin(plan)) refuseInRelation(rel, text, memo);
  const flow = flowOf(plan, memo);
  for (const [position, { id, type, name }] of columnsOf(plan).entries()) {
    if (type.kind !== 'token') continue;
    const place = placeOfOutput(plan, text, (other) => other === position);
    throw misuse('output', [...(flow.columns.get(id)?.keys() ?? [])], name, place);
  }
}

/** In mode `rows` a token may neither be sorted nor windowed on: its order or its partitions would show who is who. */
export function refuseIdentifierRows(plan: Rel, text: string, memo: FlowMemo): void {
  for (const rel of relsWithin(plan)) {
    if (rel.kind !== 'window') continue;
    const keys = rel.columns.flatMap(({ call }) => [...call.partitionBy, ...call.args]);
    refuseTokens(keys, 'window', { text, columns: flowOf(rel.input, memo).columns });
  }
}

export function misuse(use: string, sources: readonly string[], name: string, place: SourcePlace | null): AppError {
  return new AppError(
    'POLICY_IDENTIFIER_USE',
    { column: sources.find((source) => source !== '') ?? (name === '' ? 'subquery' : name), use, accepted: ACCEPTED },
    place,
  );
}

/** The user's text, and what the expressions of one relation read. */
interface Visible {
  readonly text: string;
  readonly columns: Flow['columns'];
}

function refuseInRelation(rel: Rel, text: string, memo: FlowMemo): void {
  const visible: Visible = {
    text,
    columns: new Map(inputsOf(rel).flatMap((input) => [...flowOf(input, memo).columns])),
  };
  for (const expr of exprsOf(rel).flatMap(exprsWithin)) refuseInExpression(expr, visible);
  if (rel.kind === 'sort')
    refuseTokens(
      rel.keys.map(({ expr }) => expr),
      'ordering',
      visible,
    );
  if (rel.kind === 'window') refuseWindow(rel, visible);
  if (rel.kind === 'aggregate') refuseAggregates(rel, visible);
}

function refuseInExpression(expr: Expr, { text, columns }: Visible): void {
  if (expr.kind === 'literal' && expr.type.kind === 'token' && expr.value !== null)
    throw misuse('literal', [], 'token', placeOf(text, expr.at));
  const tokens = partsOf(expr).filter(({ type }) => type.kind === 'token');
  if (tokens.length === 0) return;
  const refused = (use: string): AppError =>
    misuse(use, [...sourcesOf(tokens, columns).keys()], 'token', placeOf(text, tokens[0]?.at ?? expr.at));
  if (expr.kind === 'cast' && expr.type.kind !== 'token') throw refused('cast');
  if (expr.kind !== 'call') return;
  if (!TOKEN_FUNCTIONS.has(expr.fn)) throw refused(`function ${spelled(expr.fn)}`);
  if (expr.args.some((arg) => arg.kind === 'literal' && arg.value !== null)) throw refused('literal');
}

function refuseWindow(window: Window, visible: Visible): void {
  for (const { call } of window.columns) {
    refuseTokens(
      call.orderBy.map(({ expr }) => expr),
      'ordering',
      visible,
    );
  }
}

function refuseAggregates(aggregate: Aggregate, visible: Visible): void {
  for (const { call } of aggregate.measures) {
    if (!TOKEN_AGGREGATES.has(call.fn)) refuseTokens(call.args, `aggregate ${call.fn}`, visible);
  }
}

function refuseTokens(exprs: readonly Expr[], use: string, { text, columns }: Visible): void {
  const tokens = exprs.filter(({ type }) => type.kind === 'token');
  if (tokens.length === 0) return;
  throw misuse(use, [...sourcesOf(tokens, columns).keys()], 'token', placeOf(text, tokens[0]?.at ?? null));
}
