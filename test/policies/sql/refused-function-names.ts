import { SOURCE_FILES, type SyntaxNode, walk } from '../../tidy/source-tree.ts';

/** The names on the compiler's page of refused functions, read from its source: the module gives out single hints only. */
export function refusedFunctions(): readonly { readonly accepted: string; readonly names: readonly string[] }[] {
  const file = SOURCE_FILES.find(({ path }) => path === 'policies/sql/functions/refused-functions.ts');
  const groups: { accepted: string; names: string[] }[] = [];
  if (file === undefined) return groups;
  walk(file.program, (node) => {
    const [accepted, names] = elementsOf(node);
    if (typeof accepted?.['value'] !== 'string' || names?.type !== 'ArrayExpression') return;
    groups.push({ accepted: accepted['value'], names: elementsOf(names).map((name) => String(name['value'])) });
  });
  return groups;
}

function elementsOf(node: SyntaxNode): readonly SyntaxNode[] {
  return node.type === 'ArrayExpression' ? (node['elements'] as readonly SyntaxNode[]) : [];
}
