import type { StoredPrints } from '../stored-prints.ts';
import type { TableSchema, UnitKind } from '../table-schema.ts';
import { plainForms } from './forms/plain-forms.ts';
import { notSelect, type ParsedQuery, type UntrustedSql } from './parse.ts';
import type { Rel, SealedVersion } from './plan.ts';
import { outputExprs } from './plan-walk.ts';
import { prune } from './prune.ts';
import { resolveQuery } from './resolve-query.ts';
import { createContext, isNode, type QueryFacts, refusalAt } from './syntax-node.ts';

/** What exists for a caller: the tables and columns that the job's plan grants, each in one version. */
export interface GrantedTable {
  readonly resource: string;
  readonly version: number;
  /** Cut down to the granted columns and those of `protectionOnly`. */
  readonly schema: TableSchema;
  /** Columns that name a privacy unit and are not granted: they protect, and no query can name or see them. */
  readonly protectionOnly?: readonly string[];
  readonly rowsPerUnitMax: Readonly<Partial<Record<UnitKind, number>>>;
  /** Names of the twins that the version stores beside its columns (stored-twins.ts). Default none. */
  readonly twins?: readonly string[];
  /** What prints it stores, of granted columns (stored-prints.ts). Default none. */
  readonly prints?: StoredPrints;
  /** How many rows the version has, where that is public: all of the table is general-1. */
  readonly rows?: number;
  /** Columns in which no two rows of the version have one value: of such tables only. Default none. */
  readonly uniqueColumns?: readonly string[];
  /** Of a version with encrypted columns. */
  readonly sealed?: SealedVersion;
}
export type QueryCatalog = ReadonlyMap<string, GrantedTable>;

/** Stage `resolve`: names bound, types known, every function on the allow-list. */
export interface ResolvedQuery {
  readonly kind: 'resolved';
  /** The user's own text, for places in messages. */
  readonly text: UntrustedSql;
  readonly plan: Rel;
  /** The catalogue tables and stored columns that the query uses anywhere. */
  readonly uses: readonly TableUse[];
}
export interface TableUse {
  readonly resource: string;
  readonly version: number;
  readonly table: string;
  readonly columns: readonly string[];
}

/**
 * Binds names against the granted tables, works out types and refuses whatever is not on the allow-list, with its place
 * and the nearest admissible form. `facts.today` and `facts.now` stand for CURRENT_DATE and now().
 * Throws AppError: SQL_* and POLICY_IDENTIFIER_USE.
 */
export function resolve(parsed: ParsedQuery, catalog: QueryCatalog, facts: QueryFacts): ResolvedQuery {
  const node = plainForms(parsed.node);
  if (!isNode(node)) throw notSelect(parsed.text);
  const ctx = createContext({ text: parsed.text, node }, catalog, facts);
  const bound = resolveQuery(ctx, node, null, null);
  const interval = bound.columns.findIndex((column) => column.type.kind === 'interval');
  if (interval >= 0) {
    const at = outputExprs(bound.rel)[interval]?.at ?? null;
    throw refusalAt(ctx, at, 'SQL_TYPE_REFUSED', { type: 'interval', accepted: "date_diff('day', a, b)" });
  }
  const plan = prune(bound.rel);
  return { kind: 'resolved', text: parsed.text, plan, uses: tableUses(plan) };
}

/** Each table version once, with the stored columns that the plan reads. */
export function tableUses(plan: Rel): readonly TableUse[] {
  const uses = new Map<string, { use: Omit<TableUse, 'columns'>; columns: Set<string> }>();
  visitScans(plan, (scan) => {
    if (scan.source.kind !== 'table') return;
    const { resource, version, table } = scan.source;
    const key = JSON.stringify([resource, version]);
    const entry = uses.get(key) ?? { use: { resource, version, table }, columns: new Set<string>() };
    for (const column of scan.columns) entry.columns.add(column.column);
    uses.set(key, entry);
  });
  return [...uses.values()].map(({ use, columns }) => ({ ...use, columns: [...columns].sort() }));
}

function visitScans(rel: Rel, visit: (scan: Extract<Rel, { kind: 'scan' }>) => void): void {
  switch (rel.kind) {
    case 'scan':
      visit(rel);
      break;
    case 'values':
      break;
    case 'join':
    case 'set-operation':
      visitScans(rel.left, visit);
      visitScans(rel.right, visit);
      break;
    default:
      visitScans(rel.input, visit);
  }
}
