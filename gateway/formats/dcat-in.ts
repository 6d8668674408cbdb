import { z } from 'zod';
import { COLUMN_TYPES, type ColumnSchema, DEFAULT_TERMS, type EntryTerms, LEVELS } from '#policies';
import type { ResourceDeclaration } from '../resources/resource-service.ts';

/**
 * DCAT-3 in JSON-LD, in: datasets as drafts. Reads the terms by the prefixes that `dcat.ts` writes (`dcat:`, `dct:`, `odrl:`, `csvw:`,
 * `sluice:`); a document that names them otherwise is to be compacted with that context first (JSON-LD 1.1, 4.1).
 *
 * WHY strict where nothing is said: a catalogue that does not know the city's levels says nothing about them. A column without one comes in as
 * sensitive and general-4, so that lowering it is somebody's decision.
 */

const words = z.union([
  z.string(),
  z.array(z.looseObject({ '@value': z.string(), '@language': z.string().optional() })).min(1),
]);
const column = z.looseObject({
  'csvw:name': z.string(),
  'csvw:title': words.optional(),
  'csvw:datatype': z.string().optional(),
  'sluice:declaration': z.looseObject({ '@value': z.looseObject({}) }).optional(),
});
const dataset = z.looseObject({
  'dct:identifier': z.string(),
  'dct:title': words,
  'dct:accrualPeriodicity': z.string().optional(),
  'odrl:hasPolicy': z
    .looseObject({ 'dct:description': z.string().optional(), 'sluice:terms': z.unknown().optional() })
    .optional(),
  'dct:accessRights': z.looseObject({ 'rdfs:label': z.string().optional() }).optional(),
  'dct:conformsTo': z.looseObject({ 'csvw:column': z.array(column) }).optional(),
  'dcat:distribution': z.looseObject({ 'dct:format': z.string().optional() }).optional(),
});
type Dataset = z.output<typeof dataset>;
const terms = z.looseObject({
  '@value': z.strictObject({
    classes: z.array(z.enum(['governance', 'welfare', 'industry'])),
    service: z.enum(['analysis', 'verify']),
  }),
});

/** A dataset as it is read: a declaration, which the schema of a registration has still to accept; or what is wrong with it. */
export type ReadDataset =
  | { readonly id: string; readonly declaration: Omit<ResourceDeclaration, 'schema'> & { readonly schema: unknown } }
  | { readonly id: string; readonly problem: string };

/** `@type` may be one or several, and so may what a property names (JSON-LD 1.1, 3.5 and 4.3). */
const node = z.looseObject({ '@type': z.union([z.string(), z.array(z.string())]).optional() });

function datasetsOf(one: z.output<typeof node>): readonly unknown[] {
  return [one['@type']].flat().includes('dcat:Dataset') ? [one] : [one['dcat:dataset'] ?? []].flat();
}

/** Most datasets of one document. */
const DATASETS_MAX = 500;

/** @param document a dcat:Catalog, a dcat:Dataset, or a graph of them; null where there is none, or too many. */
export function readDcat(document: Readonly<Record<string, unknown>>): readonly ReadDataset[] | null {
  const nodes = node.array().safeParse(document['@graph'] ?? [document]);
  const found = (nodes.data ?? []).flatMap(datasetsOf);
  if (found.length === 0 || found.length > DATASETS_MAX) return null;
  return found.map((one: unknown, place) => {
    const parsed = dataset.safeParse(one);
    if (parsed.success) return readDataset(parsed.data);
    const path = parsed.error.issues[0]?.path.join('.') ?? '';
    return { id: `#${place}`, problem: `${path}: not as DCAT-3 has it` };
  });
}

function readDataset(one: Dataset): ReadDataset {
  const id = one['dct:identifier'];
  const title = readWords(one['dct:title']);
  const level = LEVELS.find((known) => known === one['dct:accessRights']?.['rdfs:label']);
  return {
    id,
    declaration: {
      title,
      entry: { no: null, title },
      frequency: one['dct:accrualPeriodicity'] ?? '',
      conditions: one['odrl:hasPolicy']?.['dct:description'] ?? '',
      terms: readTerms(one['odrl:hasPolicy']?.['sluice:terms']),
      format: one['dcat:distribution']?.['dct:format'] ?? 'csv',
      schema: {
        table: id,
        ...(level === undefined ? {} : { level }),
        columns: (one['dct:conformsTo']?.['csvw:column'] ?? []).map(readColumn),
      },
    },
  };
}

function readTerms(found: unknown): EntryTerms {
  const parsed = terms.safeParse(found);
  return parsed.success ? parsed.data['@value'] : DEFAULT_TERMS;
}

function readColumn(found: z.output<typeof column>): unknown {
  const name = found['csvw:name'];
  const title = readWords(found['csvw:title'] ?? name);
  const own = found['sluice:declaration']?.['@value'];
  if (own !== undefined) return { ...own, name, title };
  const type = COLUMN_TYPES.find((known) => known === found['csvw:datatype']) ?? 'text';
  const strict: ColumnSchema = { name, title, type, level: 'general-4', role: 'sensitive' };
  return strict;
}

function readWords(found: z.output<typeof words>): { readonly zh: string; readonly en: string } {
  if (typeof found === 'string') return { zh: found, en: found };
  const of = (language: string) => found.find((one) => one['@language']?.startsWith(language) === true)?.['@value'];
  const any = found[0]?.['@value'] ?? '';
  return { zh: of('zh') ?? any, en: of('en') ?? any };
}
