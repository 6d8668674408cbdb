import type { ProductFolder, SourceFile } from './source-tree.ts';

/** Who may import whom. `policies` imports nobody: it is pure. */
export const ARROWS: Readonly<Record<ProductFolder, readonly ProductFolder[]>> = {
  policies: [],
  catalog: ['policies'],
  sandbox: ['policies'],
  gateway: ['policies', 'catalog', 'sandbox'],
};

/** WHY: what a worker loads, it loads at each of its starts. */
const NARROW_DOORS: Partial<Record<ProductFolder, string>> = { sandbox: '#policies/stored-tables' };

/** What `policies` may take from the platform: functions of their arguments. */
const PURE_BUILTINS: Readonly<Record<string, readonly string[]>> = {
  'node:crypto': ['createHash', 'hash', 'createHmac', 'createSecretKey', 'KeyObject'],
};

/** Imports of product folders that go against the arrows, or through a wall instead of a door. */
export function wrongImports(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) => file.imports.flatMap((edge) => wrongImport(file, edge) ?? []));
}

function wrongImport(file: SourceFile, edge: SourceFile['imports'][number]): string | null {
  if (!(file.folder in ARROWS)) return null;
  const allowed = ARROWS[file.folder as ProductFolder];
  if (edge.target === null) return null;
  const into = edge.target.split('/')[0] ?? '';
  if (into === file.folder) {
    return edge.specifier.startsWith('#') ? `${file.path} imports its own door ${edge.specifier}` : null;
  }
  if (!(allowed as readonly string[]).includes(into))
    return `${file.path} imports ${edge.specifier}: ${file.folder} must not know ${into}`;
  const door = NARROW_DOORS[file.folder as ProductFolder];
  if (door !== undefined && edge.specifier !== door) return `${file.path} imports ${edge.specifier}: use ${door}`;
  return edge.specifier.startsWith('#') ? null : `${file.path} imports ${edge.specifier}: use #${into}`;
}

/** What `policies` takes from outside itself besides types. */
export function impureImports(files: readonly SourceFile[]): readonly string[] {
  const wrong: string[] = [];
  for (const file of files.filter(({ folder }) => folder === 'policies')) {
    for (const { specifier, target, typeOnly } of file.imports) {
      if (target !== null || typeOnly) continue;
      const names = importedNames(file, specifier);
      const pure = PURE_BUILTINS[specifier];
      if (pure === undefined) wrong.push(`${file.path} imports ${specifier}`);
      else
        for (const name of names.filter((one) => !pure.includes(one)))
          wrong.push(`${file.path} imports ${name} of ${specifier}`);
    }
  }
  return wrong;
}

function importedNames(file: SourceFile, specifier: string): readonly string[] {
  const names: string[] = [];
  for (const statement of file.program['body'] as readonly Record<string, unknown>[]) {
    if ((statement['source'] as { value?: string } | null)?.value !== specifier) continue;
    for (const one of (statement['specifiers'] ?? []) as readonly Record<string, unknown>[]) {
      names.push((one['imported'] as { name?: string } | undefined)?.name ?? '*');
    }
  }
  return names;
}

/** Chains of run-time imports that come back to where they began, each once. */
export function importCycles(files: readonly SourceFile[]): readonly string[] {
  const next = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.filter((edge) => !edge.typeOnly && !edge.dynamic).map(({ target }) => target ?? ''),
    ]),
  );
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const visit = (path: string, chain: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      cycles.push([...chain.slice(chain.indexOf(path)), path].join(' → '));
      return;
    }
    state.set(path, 'open');
    for (const target of next.get(path) ?? []) if (next.has(target)) visit(target, [...chain, path]);
    state.set(path, 'done');
  };
  for (const path of next.keys()) visit(path, []);
  return cycles;
}

/** All that `path` loads at run time, itself included. */
export function loadedBy(path: string, files: readonly SourceFile[]): ReadonlySet<string> {
  const imports = new Map(files.map((file) => [file.path, file.imports]));
  const loaded = new Set([path]);
  for (const one of loaded) {
    for (const { target, typeOnly, dynamic } of imports.get(one) ?? []) {
      if (target !== null && !typeOnly && !dynamic) loaded.add(target);
    }
  }
  return loaded;
}

/** Relative imports that lead nowhere. */
export function brokenImports(files: readonly SourceFile[], exists: (path: string) => boolean): readonly string[] {
  return files.flatMap(({ path, imports }) =>
    imports
      .filter(({ target }) => target !== null && !exists(target))
      .map(({ specifier }) => `${path} imports ${specifier}, which does not exist`),
  );
}
