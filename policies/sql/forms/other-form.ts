import type { SyntaxNode } from '../syntax-node.ts';
import { type SyntaxBuilder, textOf } from './syntax-build.ts';

/**
 * A function of other systems, as the form of this dialect that it stands for. Only names that DuckDB has not, or has with
 * the same meaning: what a form stands for goes through the allow-list like anything else.
 */
export interface OtherForm {
  /** Lower case. */
  readonly names: readonly string[];
  /** Over the tables of the reference page. */
  readonly example: string;
  /** What the example stands for. */
  readonly means: string;
  /** Null where these arguments have no such form. */
  readonly form: (args: readonly SyntaxNode[], make: SyntaxBuilder, node: SyntaxNode) => SyntaxNode | null;
}

export type Form = OtherForm['form'];
export const form = (names: string, example: string, means: string, made: Form): OtherForm => {
  return { names: names.split(' '), example, means, form: made };
};

/** Another name, and the order of arguments where that differs. */
export const renamed = (
  names: string,
  to: string,
  example: string,
  means: string,
  order: readonly number[] | null = null,
): OtherForm =>
  form(names, example, means, (args, make, node) => {
    const given = order === null ? args : order.map((at) => args[at]!);
    return order !== null && order.length !== args.length ? null : make.call(to, given, kept(node));
  });

/** FILTER and DISTINCT of an aggregate. */
export const kept = ({ filter = null, distinct = false, alias = '' }: SyntaxNode): SyntaxNode => ({
  filter,
  distinct,
  alias,
});

/** `a sign b`. */
export const sign = (make: SyntaxBuilder, name: string, a: SyntaxNode, b: SyntaxNode): SyntaxNode =>
  make.call(name, [a, b], { is_operator: true });

const UNITS: ReadonlySet<string> = new Set([
  ...['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second', 'decade', 'century', 'isoyear'],
  ...['dow', 'isodow', 'doy', 'epoch', 'dayofweek', 'dayofyear', 'weekday', 'yearweek'],
]);

/** `month` or `'month'`. WHY a bare name: these functions take no column there. */
export function unitOf(node: SyntaxNode | undefined): string | null {
  const names = node?.['class'] === 'COLUMN_REF' ? node['column_names'] : null;
  const name = textOf(node) ?? (Array.isArray(names) && names.length === 1 ? String(names[0]) : '');
  const unit = name.toLowerCase().replace(/s$/, '');
  return UNITS.has(unit) ? unit : UNITS.has(name.toLowerCase()) ? name.toLowerCase() : null;
}
