import { isNode, type SyntaxNode } from './syntax-node.ts';

/** The name of an output column that has no alias: the column's own, else the expression as DuckDB writes it. */
export function outputName(node: SyntaxNode): string {
  const alias = node['alias'];
  if (typeof alias === 'string' && alias !== '') return alias;
  const names = node['column_names'];
  if (Array.isArray(names)) return String(names.at(-1));
  return describe(node, 0).slice(0, 120);
}

const OPERATOR_SIGNS: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: '=',
  COMPARE_NOTEQUAL: '!=',
  COMPARE_LESSTHAN: '<',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHAN: '>',
  COMPARE_GREATERTHANOREQUALTO: '>=',
  CONJUNCTION_AND: 'AND',
  CONJUNCTION_OR: 'OR',
};

function describe(node: unknown, depth: number): string {
  if (!isNode(node) || depth > 6) return '…';
  const part = (field: string): string => describe(node[field], depth + 1);
  const children = Array.isArray(node['children']) ? node['children'].map((child) => describe(child, depth + 1)) : [];
  switch (node['class']) {
    case 'COLUMN_REF':
      return Array.isArray(node['column_names']) ? node['column_names'].map(String).join('.') : '…';
    case 'CONSTANT':
      return constantText(node['value']);
    case 'CAST':
      return `CAST(${part('child')} AS ${isNode(node['cast_type']) ? String(node['cast_type']['id']) : '…'})`;
    case 'COMPARISON':
      return `(${part('left')} ${OPERATOR_SIGNS[String(node['type'])] ?? 'IS'} ${part('right')})`;
    case 'CONJUNCTION':
      return `(${children.join(` ${OPERATOR_SIGNS[String(node['type'])] ?? 'AND'} `)})`;
    case 'CASE':
      return 'case';
    case 'FUNCTION': {
      const name = String(node['function_name']);
      if (node['is_operator'] === true)
        return children.length === 2 ? `(${children.join(` ${name} `)})` : `${name}${children.join('')}`;
      return `${name}(${node['distinct'] === true ? 'DISTINCT ' : ''}${children.join(', ')})`;
    }
    case 'WINDOW':
      return `${String(node['function_name'])}(${children.join(', ')}) OVER (…)`;
    case 'OPERATOR':
      return `${String(node['type']).replace('OPERATOR_', '').toLowerCase()}(${children.join(', ')})`;
    default:
      return String(node['class'] ?? 'expression').toLowerCase();
  }
}

function constantText(value: unknown): string {
  if (!isNode(value) || value['is_null'] === true) return 'NULL';
  const inner = value['value'];
  if (isNode(inner)) return 'number';
  const info = isNode(value['type']) ? value['type']['type_info'] : null;
  if (isNode(info) && typeof info['scale'] === 'number' && typeof inner === 'number')
    return (inner / 10 ** info['scale']).toFixed(info['scale']);
  return typeof inner === 'string' ? `'${inner}'` : String(inner);
}
