import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'rolldown/utils';

/** The project's own files, read once, with their syntax trees from the parser that the test runner brings along. */

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const PRODUCT_FOLDERS = ['policies', 'catalog', 'sandbox', 'gateway'] as const;
export type ProductFolder = (typeof PRODUCT_FOLDERS)[number];
const TYPESCRIPT_FOLDERS = [...PRODUCT_FOLDERS, 'test', 'bench'];
/** What .gitignore names, and git itself. */
export const NOT_OURS = ['.git', 'node_modules', '.sluice', 'coverage'];

export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface ImportEdge {
  /** As written: `./x.ts`, `#policies`, `node:fs`, `zod`. */
  readonly specifier: string;
  /** The file of the project that it leads to, relative to the root; null for a package or a builtin. */
  readonly target: string | null;
  /** Gone at run time: `import type` and `export type … from`. Inline `{ type X }` still loads the module. */
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
}

export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  /** The first part of the path. */
  readonly folder: string;
  readonly text: string;
  readonly lines: number;
  readonly program: SyntaxNode;
  readonly comments: readonly { readonly value: string; readonly start: number; readonly end: number }[];
  readonly imports: readonly ImportEdge[];
}

const DOORS: Readonly<Record<string, string>> = {
  '#policies': 'policies/index.ts',
  '#policies/stored-tables': 'policies/stored-tables.ts',
  '#policies/vocabulary': 'policies/vocabulary.ts',
  '#catalog': 'catalog/index.ts',
  '#catalog/log-rows': 'catalog/log-rows.ts',
  '#sandbox': 'sandbox/index.ts',
};

/** Paths under `folder`, relative to the root, sorted. */
export function filesUnder(folder: string): readonly string[] {
  const base = join(ROOT, folder);
  if (!existsSync(base)) return [];
  return readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((path) => !path.split('/').some((part) => NOT_OURS.includes(part)))
    .sort();
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export const SOURCE_FILES: readonly SourceFile[] = TYPESCRIPT_FOLDERS.flatMap(filesUnder)
  .filter((path) => path.endsWith('.ts') && !path.startsWith('test/fixtures/'))
  .map((path) => parseSource(path, readText(path)));

export const PRODUCT_FILES = SOURCE_FILES.filter(({ folder }) =>
  (PRODUCT_FOLDERS as readonly string[]).includes(folder),
);

/** Errors: a file that does not parse fails every tidy test, by its name. */
export function parseSource(path: string, text: string): SourceFile {
  const { program, comments, errors } = parseSync(path, text, { lang: 'ts' });
  if (errors.length > 0) throw new Error(`${path} does not parse`);
  const root = program as unknown as SyntaxNode;
  const folder = path.split('/')[0] ?? '';
  const lines = text.split('\n').length - 1;
  return { path, folder, text, lines, program: root, comments, imports: importsOf(path, root) };
}

function importsOf(path: string, program: SyntaxNode): readonly ImportEdge[] {
  const edges: ImportEdge[] = [];
  walk(program, (node) => {
    const source = node['source'] as { value?: unknown } | null | undefined;
    const specifier = source?.value;
    if (!/^(Import|Export(Named|All))/.test(node.type) || typeof specifier !== 'string') return;
    const typeOnly = node['importKind'] === 'type' || node['exportKind'] === 'type';
    edges.push({ specifier, target: targetOf(path, specifier), typeOnly, dynamic: node.type === 'ImportExpression' });
  });
  return edges;
}

function targetOf(path: string, specifier: string): string | null {
  if (specifier in DOORS) return DOORS[specifier] ?? null;
  if (!specifier.startsWith('.')) return null;
  return relative(ROOT, resolve(ROOT, dirname(path), specifier)).replaceAll('\\', '/');
}

/** Visits every node, parents first. */
export function walk(node: SyntaxNode, visit: (node: SyntaxNode, parent: SyntaxNode | null) => void): void {
  const step = (value: unknown, parent: SyntaxNode | null): void => {
    if (Array.isArray(value)) {
      for (const item of value) step(item, parent);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    if (!isNode(value)) return;
    visit(value, parent);
    for (const child of Object.values(value)) step(child, value);
  };
  step(node, null);
}

function isNode(value: object): value is SyntaxNode {
  return 'type' in value && typeof value.type === 'string' && 'start' in value;
}

/** `file:line`, for the messages of failing tests. */
export function placeIn(file: SourceFile, offset: number): string {
  return `${file.path}:${file.text.slice(0, offset).split('\n').length}`;
}
