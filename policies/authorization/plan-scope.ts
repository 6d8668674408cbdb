import type { Mode } from '../levels.ts';

/** What of a plan a query is held to beside tables and columns (domain.md, 21). Pure. */

/** Columns (`table.column`) that may be put equal to one another across tables: one key. */
export type JoinKey = readonly string[];

/** How answers may leave under a plan. */
export const PLAN_OUTPUTS = ['rows', 'aggregate', 'perturbed', 'dp', 'homomorphic', 'verify', 'band'] as const;
export type PlanOutput = (typeof PLAN_OUTPUTS)[number];

export interface PlanScope {
  /** Null: the plan does not limit them. None: each of its tables by itself. */
  readonly joins: readonly JoinKey[] | null;
  /** Null: the plan does not limit them. */
  readonly outputs: readonly PlanOutput[] | null;
}

/** Columns of several tables that meet in a question, as a key where they are compared for equality. */
export interface TableLink {
  readonly columns: JoinKey;
  readonly isEqual: boolean;
}

/** What a question does that its plan does not say. */
export interface ScopeDifference {
  readonly joins: readonly string[];
  readonly outputs: readonly string[];
}

export function scopeDifference(
  { joins, outputs }: PlanScope,
  asked: { readonly links: readonly TableLink[]; readonly mode: Mode },
): ScopeDifference | null {
  const isWithin = ({ columns, isEqual }: TableLink) =>
    joins === null || (isEqual && joins.some((key) => columns.every((column) => key.includes(column))));
  const outside = asked.links
    .filter((link) => !isWithin(link))
    .map(({ columns, isEqual }) => columns.join(isEqual ? ' = ' : ', '));
  const forms: readonly string[] = outputs ?? [asked.mode];
  const form = forms.includes(asked.mode) ? [] : [asked.mode];
  const found = { joins: [...new Set(outside)].sort(), outputs: form };
  return found.joins.length + found.outputs.length === 0 ? null : found;
}
