import { placeIn, type SourceFile, type SyntaxNode, walk } from './source-tree.ts';

/** Constructs that have no place, and the few files that have a reason. */
export interface Ban {
  readonly what: string;
  readonly matches: (node: SyntaxNode, parent: SyntaxNode | null, file: SourceFile) => boolean;
  /** Files where it stands for a reason, by path or by folder. */
  readonly allowedIn: readonly string[];
}

const isTest = (path: string) => path.startsWith('test/');

export const BANS: readonly Ban[] = [
  { what: 'Math.random: use node:crypto', matches: isMember('Math', 'random'), allowedIn: ['bench/'] },
  { what: 'eval', matches: isCallOf('eval'), allowedIn: [] },
  { what: 'the Function constructor', matches: isCallOf('Function'), allowedIn: [] },
  {
    what: 'child_process outside isolation, the search of files, the command line, the command of a key service, tests and benches',
    matches: importsModule('node:child_process', 'child_process'),
    // WHY scan.ts: a process that closes a file of SQLite's drops its locks, so that the search of the home is one of its own
    allowedIn: [
      'sandbox/isolation/',
      'sandbox/vault/scan.ts',
      'gateway/cli/',
      'gateway/keys/key-service.ts',
      'test/',
      'bench/',
    ],
  },
  {
    what: 'process.env outside main, the command line and spawn',
    matches: isMember('process', 'env'),
    // WHY sluice.ts hands it on as `cli.env`; spawn sets a scrubbed one; tests and benches start real processes
    allowedIn: ['gateway/serve.ts', 'gateway/cli/', 'sandbox/isolation/', 'test/', 'bench/'],
  },
  {
    what: 'console outside main, the command line and benches',
    matches: isMember('console'),
    // WHY test: a property prints its seed, a test that cannot run here prints why
    allowedIn: ['gateway/serve.ts', 'gateway/cli/', 'bench/', 'test/'],
  },
  {
    what: 'Drizzle past catalog/orm.ts, which says why',
    matches: importsModule('drizzle-orm', 'drizzle-orm/sqlite-core', 'drizzle-orm/better-sqlite3'),
    allowedIn: ['catalog/orm.ts'],
  },
  { what: 'any', matches: (node) => node.type === 'TSAnyKeyword', allowedIn: [] },
  {
    what: 'as unknown as',
    matches: isDoubleCast,
    // WHY generate-table.ts: a map ties each source to its columns, which TypeScript cannot follow; tests make partial values
    allowedIn: ['catalog/first-batch/generate-table.ts', 'test/'],
  },
  { what: 'a test that is switched off or alone', matches: isFocusedTest, allowedIn: [] },
  { what: 'a clock in policies', matches: inPolicies(readsClock), allowedIn: [] },
  { what: 'fetch in policies', matches: inPolicies(isCallOf('fetch')), allowedIn: [] },
  { what: 'a catch that says nothing', matches: isSilentCatch, allowedIn: [] },
  { what: 'enum or namespace: types are stripped, not compiled', matches: isNotErasable, allowedIn: [] },
];

/** Words in comments that promise instead of doing, or that switch the compiler off. */
const BANNED_COMMENT = /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck|expect-error)/;

export function bannedThings(files: readonly SourceFile[], bans: readonly Ban[] = BANS): readonly string[] {
  const found: string[] = [];
  for (const file of files) {
    const inForce = bans.filter(({ allowedIn }) => !allowedIn.some((path) => file.path.startsWith(path)));
    walk(file.program, (node, parent) => {
      for (const ban of inForce)
        if (ban.matches(node, parent, file)) found.push(`${placeIn(file, node.start)} ${ban.what}`);
    });
    for (const comment of file.comments) {
      if (BANNED_COMMENT.test(comment.value))
        found.push(`${placeIn(file, comment.start)} a comment that promises or silences`);
    }
  }
  return found;
}

function nameOf(value: unknown): string | null {
  const node = value as { type?: unknown; name?: unknown; value?: unknown } | null | undefined;
  if (node?.type === 'Identifier') return String(node.name);
  return node?.type === 'Literal' ? String(node.value) : null;
}

/** `object.property`, `object['property']`, `globalThis.object.property`; any property where none is named. */
function isMember(object: string, property?: string): Ban['matches'] {
  return (node) => {
    if (node.type !== 'MemberExpression') return false;
    const inner = node['object'] as SyntaxNode;
    const reached = inner.type === 'MemberExpression' ? nameOf(inner['property']) : nameOf(inner);
    return reached === object && (property === undefined || nameOf(node['property']) === property);
  };
}

function isCallOf(name: string): Ban['matches'] {
  return (node) => (node.type === 'CallExpression' || node.type === 'NewExpression') && nameOf(node['callee']) === name;
}

function importsModule(...names: readonly string[]): Ban['matches'] {
  return (node) => {
    const source = node['source'] as { value?: unknown } | null | undefined;
    return /^(Import|Export)/.test(node.type) && names.includes(String(source?.value)) && node['importKind'] !== 'type';
  };
}

function isDoubleCast(node: SyntaxNode): boolean {
  if (node.type !== 'TSAsExpression') return false;
  const inner = node['expression'] as SyntaxNode;
  return inner.type === 'TSAsExpression' && (inner['typeAnnotation'] as SyntaxNode).type === 'TSUnknownKeyword';
}

function isFocusedTest(node: SyntaxNode, _parent: SyntaxNode | null, file: SourceFile): boolean {
  if (!isTest(file.path) || node.type !== 'MemberExpression') return false;
  const root = nameOf(node['object']) ?? nameOf((node['object'] as SyntaxNode)['object']);
  return (
    ['test', 'it', 'describe', 'suite'].includes(root ?? '') &&
    ['only', 'skip', 'todo'].includes(nameOf(node['property']) ?? '')
  );
}

function inPolicies(matches: Ban['matches']): Ban['matches'] {
  return (node, parent, file) => file.folder === 'policies' && matches(node, parent, file);
}

function readsClock(node: SyntaxNode, parent: SyntaxNode | null, file: SourceFile): boolean {
  const isNewDate =
    node.type === 'NewExpression' && nameOf(node['callee']) === 'Date' && (node['arguments'] as unknown[]).length === 0;
  return isNewDate || isMember('Date', 'now')(node, parent, file) || isMember('performance')(node, parent, file);
}

/** A comment inside says why nothing is done. */
function isSilentCatch(node: SyntaxNode, _parent: SyntaxNode | null, file: SourceFile): boolean {
  if (node.type !== 'CatchClause') return false;
  const body = node['body'] as SyntaxNode;
  if ((body['body'] as unknown[]).length > 0) return false;
  return !file.comments.some((comment) => comment.start > body.start && comment.end < body.end);
}

function isNotErasable(node: SyntaxNode): boolean {
  return (
    node.type === 'TSEnumDeclaration' ||
    (node.type === 'TSModuleDeclaration' && node['declare'] !== true) ||
    node.type === 'TSParameterProperty'
  );
}
