import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ERROR_CODES } from '../../policies/errors.ts';
import { filesUnder, PRODUCT_FOLDERS, ROOT, readText, SOURCE_FILES } from './source-tree.ts';

/** The words of the project's documents that name something, so that each can be held against what there is. */

export const REQUIRED_DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CHANGELOG.md'] as const;
export const CONTEXT_LINES_MAX = 120;

export interface Document {
  readonly path: string;
  readonly text: string;
}

export function documents(): readonly Document[] {
  const contexts = [...PRODUCT_FOLDERS, 'test', 'bench']
    .flatMap(filesUnder)
    .filter((path) => path.endsWith('/CONTEXT.md'));
  return [...REQUIRED_DOCUMENTS.filter(exists), ...contexts].map((path) => ({ path, text: readText(path) }));
}

/** The document's inline code, each piece once; fenced blocks are commands, not names. */
function codeWords(text: string): readonly string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');
  return [...new Set([...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? ''))];
}

/** Paths that a document names and that lead nowhere. */
export function brokenPaths({ path, text }: Document): readonly string[] {
  const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^[a-z]+:/.test(link));
  const named = codeWords(text).filter((word) => isPath(word, path));
  return [...new Set([...links, ...named])]
    .filter((word) => !leadsSomewhere(word, path))
    .map((word) => `${path}: ${word}`);
}

const TOP = [...PRODUCT_FOLDERS, 'test', 'bench', '.ci'] as const;

/** WHY so narrow: routes (`/v1/jobs`), media types (`text/csv`) and packages (`@duckdb/node-api`) have slashes too. */
function isPath(word: string, document: string): boolean {
  if (!/^[\w.*-]+(\/[\w.*-]+)*\/?$/.test(word)) return false;
  const first = word.split('/')[0] ?? '';
  if (word.includes('/'))
    return (TOP as readonly string[]).includes(first) || (isContext(document) && /\.(ts|md|sql|json)$/.test(word));
  return isContext(document) ? /\.(ts|md)$/.test(word) : /^[A-Z]+\.md$/.test(word) && word !== 'CONTEXT.md'; // every folder has one
}

function isContext(document: string): boolean {
  return document.endsWith('/CONTEXT.md');
}

/** From the root, from the document's folder or, in a CONTEXT.md, as the end of a path anywhere in its folder. */
function leadsSomewhere(word: string, document: string): boolean {
  const path = word.replace(/\/$/, '');
  if ([path, join(dirname(document), path)].some(exists)) return true;
  const folder = isContext(document) ? dirname(document) : (path.split('/')[0] ?? '');
  const pattern = path.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '[^/]*');
  const whole = new RegExp(isContext(document) ? `(^|/)${pattern}$` : `^${pattern}$`);
  return filesUnder(folder).some((file) => whole.test(file));
}

function exists(path: string): boolean {
  return existsSync(join(ROOT, path));
}

/** npm scripts that a document names and package.json does not have. */
export function unknownScripts({ path, text }: Document): readonly string[] {
  const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
  const named = [...text.matchAll(/\bnpm (?:run (?:-s |--silent )?([\w:-]+)|(start|test)\b)/g)].map(
    (match) => match[1] ?? match[2] ?? '',
  );
  return [...new Set(named)].filter((name) => !(name in scripts)).map((name) => `${path}: npm run ${name}`);
}

/** Commands of `sluice` that a document names and the command line does not have. */
export function unknownCommands({ path, text }: Document): readonly string[] {
  const cli = SOURCE_FILES.filter((file) => file.path.startsWith('gateway/cli/'))
    .map((file) => file.text)
    .join('\n');
  const known = new Set([...cli.matchAll(/\.command\('([\w-]+)/g)].map((match) => match[1] ?? ''));
  const named = [...text.matchAll(/(?:npx |`|^|\$ )sluice ([a-z][\w-]+)/gm)].map((match) => match[1] ?? '');
  return [...new Set(named)].filter((name) => !known.has(name)).map((name) => `${path}: sluice ${name}`);
}

/** Names in capitals that are neither an error code, nor a variable, nor a constant of the source. */
export function unknownNames({ path, text }: Document, variables: readonly string[]): readonly string[] {
  const known = new Set<string>([...ERROR_CODES, ...variables]);
  const isConstant = (name: string) =>
    SOURCE_FILES.some((file) => new RegExp(`\\b(const|type) ${name}\\b`).test(file.text));
  return codeWords(text)
    .filter((word) => /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(word))
    .filter((word) => !known.has(word) && !isConstant(word))
    .map((word) => `${path}: ${word}`);
}

/** `SLUICE_*` anywhere in a text, fenced blocks included. */
export function variablesIn(text: string): readonly string[] {
  return [...new Set(text.match(/\bSLUICE_[A-Z](?:[A-Z0-9_]*[A-Z0-9])?\b/g) ?? [])];
}
