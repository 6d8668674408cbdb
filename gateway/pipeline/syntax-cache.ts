import type { Sandbox } from '#sandbox';

/** Most texts, and most characters of one, that are remembered: about 16 MiB at the worst. */
const TEXTS_MAX = 256;
const CHARACTERS_MAX = 8_192;

/**
 * The parser behind a bounded memory of its trees: a syntax tree depends on the text alone, so a repeated text saves the
 * way to the parser's process. Errors are not remembered.
 */
export function rememberTrees(sandbox: Pick<Sandbox, 'parse'>): Pick<Sandbox, 'parse'> {
  const trees = new Map<string, string>();
  return {
    async parse(text, signal) {
      const known = trees.get(text);
      if (known !== undefined) {
        trees.delete(text); // re-inserted below: the map's order is the order of use
        trees.set(text, known);
        return known;
      }
      const tree = await sandbox.parse(text, signal);
      if (text.length > CHARACTERS_MAX || tree.length > CHARACTERS_MAX * 8) return tree;
      trees.set(text, tree);
      if (trees.size > TEXTS_MAX) trees.delete(trees.keys().next().value!);
      return tree;
    },
  };
}
