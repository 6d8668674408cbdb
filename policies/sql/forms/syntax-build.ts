import { isNode, type SyntaxNode } from '../syntax-node.ts';

/** Nodes as DuckDB's parser writes them. Each stands where the node stood that it is made of. */
export interface SyntaxBuilder {
  readonly text: (value: string) => SyntaxNode;
  readonly integer: (value: number) => SyntaxNode;
  readonly call: (name: string, args: readonly SyntaxNode[], more?: SyntaxNode) => SyntaxNode;
  readonly operator: (type: string, args: readonly SyntaxNode[]) => SyntaxNode;
  readonly compare: (type: string, left: SyntaxNode, right: SyntaxNode) => SyntaxNode;
  readonly both: (a: SyntaxNode, b: SyntaxNode) => SyntaxNode;
  /** One or more conditions. */
  readonly either: (conditions: readonly SyntaxNode[]) => SyntaxNode;
  readonly cast: (child: SyntaxNode, type: string) => SyntaxNode;
  readonly choose: (
    branches: readonly (readonly [when: SyntaxNode, then: SyntaxNode])[],
    otherwise: SyntaxNode,
  ) => SyntaxNode;
  readonly nothing: SyntaxNode;
}

export function syntaxBuilder(at: unknown): SyntaxBuilder {
  const own = (nodeClass: string, type: string, fields: SyntaxNode): SyntaxNode => {
    return { class: nodeClass, type, alias: '', query_location: at, ...fields };
  };
  const constant = (id: string, value: unknown): SyntaxNode =>
    own('CONSTANT', 'VALUE_CONSTANT', {
      value: { type: { id, type_info: null }, is_null: value === null, value },
    });
  return {
    text: (value) => constant('VARCHAR', value),
    integer: (value) => constant('BIGINT', value),
    nothing: constant('NULL', null),
    operator: (type, children) => own('OPERATOR', type, { children }),
    compare: (type, left, right) => own('COMPARISON', type, { left, right }),
    either: (conditions) => {
      const [only, ...more] = conditions;
      return only !== undefined && more.length === 0
        ? only
        : own('CONJUNCTION', 'CONJUNCTION_OR', { children: conditions });
    },
    both: (a, b) => own('CONJUNCTION', 'CONJUNCTION_AND', { children: [a, b] }),
    cast: (child, id) => own('CAST', 'OPERATOR_CAST', { child, cast_type: { id, type_info: null }, try_cast: false }),
    choose: (branches, otherwise) =>
      own('CASE', 'CASE_EXPR', {
        case_checks: branches.map(([when_expr, then_expr]) => ({ when_expr, then_expr })),
        else_expr: otherwise,
      }),
    call: (function_name, children, more = {}) =>
      own('FUNCTION', 'FUNCTION', {
        ...{ function_name, schema: '', catalog: '', children, filter: null, distinct: false },
        ...{ order_bys: { type: 'ORDER_MODIFIER', orders: [] }, is_operator: false, export_state: false },
        ...more,
      }),
  };
}

/** The text of a text constant. */
export function textOf(node: SyntaxNode | undefined): string | null {
  const value = node !== undefined && isNode(node['value']) ? node['value'] : null;
  return node?.['class'] === 'CONSTANT' && typeof value?.['value'] === 'string' ? value['value'] : null;
}

/** The number of an integer constant. */
export function integerOf(node: SyntaxNode | undefined): number | null {
  const value = node !== undefined && isNode(node['value']) ? node['value'] : null;
  return node?.['class'] === 'CONSTANT' && Number.isSafeInteger(value?.['value']) ? Number(value?.['value']) : null;
}

export const isNullConstant = (node: unknown): boolean =>
  isNode(node) && node['class'] === 'CONSTANT' && isNode(node['value']) && node['value']['is_null'] === true;

export function nodesOf(value: unknown): readonly SyntaxNode[] {
  return Array.isArray(value) && value.every(isNode) ? value : [];
}

/** The values of `[a, b]` or `ARRAY[a, b]`; null for anything else. */
export function listOf(node: SyntaxNode | undefined): readonly SyntaxNode[] | null {
  if (node === undefined) return null;
  const isList =
    (node['class'] === 'FUNCTION' && node['function_name'] === 'list_value') || node['type'] === 'ARRAY_CONSTRUCTOR';
  const values = nodesOf(node['children']);
  return isList && values.length > 0 ? values : null;
}
