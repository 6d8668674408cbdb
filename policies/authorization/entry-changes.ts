import { LEVELS } from '../level.ts';
import type { ColumnSchema, TableSchema } from '../table-schema.ts';

/** What a catalogue entry says (domain.md, 01), and what one version of it changes of another (02). Pure. */

interface Words {
  readonly zh: string;
  readonly en: string;
}

export const PLAN_CLASSES = ['governance', 'welfare', 'industry'] as const;
export type PlanClass = (typeof PLAN_CLASSES)[number];

/** 使用条件, as they are enforced: the words beside them are for people. */
export interface EntryTerms {
  /** Classes of plans that may use the table. */
  readonly classes: readonly PlanClass[];
  /** `verify`: only yes or no about one consenting subject; no query reads the table. */
  readonly service: 'analysis' | 'verify';
}

export const DEFAULT_TERMS: EntryTerms = Object.freeze({ classes: PLAN_CLASSES, service: 'analysis' });

/** The seven fields of an entry: 目录名称 数据项 提供单位 数据格式 更新频率 使用条件 分类分级. */
export interface EntryDocument {
  readonly title: Words;
  readonly entry: { readonly no: number | null; readonly title: Words };
  readonly provider: string;
  readonly format: string;
  readonly frequency: string;
  readonly conditions: string;
  readonly terms: EntryTerms;
  /** Columns, with levels and roles. */
  readonly schema: TableSchema;
}

export interface EntryChange {
  /** Such as `frequency` or `schema.columns.kwh.level`. */
  readonly path: string;
  /** JSON; null where it was not there. */
  readonly before: string | null;
  readonly after: string | null;
  /** Reviewers judged by it: plans over the table rest until they are reviewed again. */
  readonly isMaterial: boolean;
  /** Less is protected than before: a lower level, an identifier that is none any more, a column that is no longer about a person. */
  readonly isWeaker: boolean;
}

/** What people read and nothing is decided by. */
const WORDS_ONLY: ReadonlySet<string> = new Set(['title', 'entry', 'format', 'frequency']);
/** Of a column: losing one of these protects less. */
const PROTECTING: readonly (keyof ColumnSchema)[] = ['unit', 'health', 'encryption', 'bins', 'values'];

/** @param before null for a first version: nothing changed then. */
export function entryChanges(before: EntryDocument | null, after: EntryDocument): readonly EntryChange[] {
  if (before === null) return [];
  const { schema: schemaBefore, ...fieldsBefore } = before;
  const { schema: schemaAfter, ...fieldsAfter } = after;
  const names = Object.keys(fieldsAfter) as (keyof typeof fieldsAfter)[];
  const fields = names.flatMap((name) => change(name, fieldsBefore[name], fieldsAfter[name], !WORDS_ONLY.has(name)));
  return [...fields, ...schemaChanges(schemaBefore, schemaAfter)];
}

function schemaChanges(before: TableSchema, after: TableSchema): readonly EntryChange[] {
  const columnsBefore = new Map(before.columns.map((column) => [column.name, column]));
  const columnsAfter = new Map(after.columns.map((column) => [column.name, column]));
  const names = [...new Set([...columnsBefore.keys(), ...columnsAfter.keys()])];
  return [
    ...change('schema.level', before.level, after.level, true, isLower(before.level, after.level)),
    ...names.flatMap((name) => columnChanges(name, columnsBefore.get(name), columnsAfter.get(name))),
  ];
}

function columnChanges(
  name: string,
  before: ColumnSchema | undefined,
  after: ColumnSchema | undefined,
): readonly EntryChange[] {
  const path = `schema.columns.${name}`;
  if (before === undefined || after === undefined) return change(path, before, after, true);
  const parts = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof ColumnSchema)[];
  return parts.flatMap((part) =>
    change(`${path}.${part}`, before[part], after[part], part !== 'title', isWeakerPart(part, before, after)),
  );
}

function isWeakerPart(part: keyof ColumnSchema, before: ColumnSchema, after: ColumnSchema): boolean {
  if (part === 'level') return isLower(before.level, after.level);
  if (part === 'role') return before.role === 'identifier' || after.role === 'dimension' || after.role === 'attribute';
  return PROTECTING.includes(part) && after[part] === undefined;
}

function isLower(before: TableSchema['level'], after: TableSchema['level']): boolean {
  return LEVELS.indexOf(after) < LEVELS.indexOf(before);
}

function change(
  path: string,
  before: unknown,
  after: unknown,
  isMaterial: boolean,
  isWeaker = false,
): readonly EntryChange[] {
  const [textBefore, textAfter] = [textOf(before), textOf(after)];
  return textBefore === textAfter ? [] : [{ path, before: textBefore, after: textAfter, isMaterial, isWeaker }];
}

/** WHY sorted members: the store writes objects in its own order. */
function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** The fields without which an entry is none: names of those that are missing. */
export function missingFields(document: EntryDocument): readonly string[] {
  const { title, provider, format, frequency, conditions, terms, schema } = document;
  const isThere: Readonly<Record<string, boolean>> = {
    title: title.zh.trim() !== '' && title.en.trim() !== '',
    columns: schema.columns.length > 0,
    provider: provider !== '',
    format: format.trim() !== '',
    frequency: frequency.trim() !== '',
    conditions: conditions.trim() !== '' && terms.classes.length > 0,
    level: schema.columns.every(({ level }) => LEVELS.includes(level)),
  };
  return Object.keys(isThere).filter((field) => isThere[field] !== true);
}
