import { AppError, type EntryDocument, entryChanges } from '#policies';
import { checkTableSchema } from '../check-table-schema.ts';
import type { Db } from '../db.ts';
import { listVersions, supersedeCurrent } from '../resource-versions.ts';
import { getResource, type NewResource, type Resource, replaceEntry, termsOf } from '../resources.ts';
import { documentOf, type EntryRevision, insertRevision, lastRevision } from './entry-revisions.ts';

export interface Revised {
  readonly resource: Resource;
  /** Null where the entry says already what it was to say. */
  readonly revision: EntryRevision | null;
}

/**
 * Replaces what an entry says by another version of it. What reviewers judged by makes it a draft again: gates and listing anew. Another
 * schema takes its data out of use: rows that were checked against one declaration are never read under another.
 *
 * @throws AppError `RESOURCE_NOT_FOUND`; `RESOURCE_STATE` when withdrawn, or while an upload is being written; `RESOURCE_INVALID`.
 */
export function reviseResource(
  tx: Db,
  id: string,
  declared: Omit<NewResource, 'provider' | 'createdBy'>,
  by: string,
): Revised {
  const before = getResource(tx, id);
  checkRevisable(tx, before);
  checkTableSchema(declared.schema);
  if (declared.schema.table !== id) {
    throw new AppError('RESOURCE_INVALID', { path: 'schema.table', problem: 'another table than this entry is of' });
  }
  const document: EntryDocument = documentOf({ ...declared, terms: termsOf(declared), provider: before.provider });
  const isKnown = lastRevision(tx, id) !== null;
  if (isKnown && entryChanges(documentOf(before), document).length === 0) return { resource: before, revision: null };
  const revision = insertRevision(tx, id, { before: documentOf(before), after: document, by });
  const isMaterial = revision.basis === revision.revision;
  const isOtherSchema = revision.changes.some(({ path, isMaterial: counts }) => counts && path.startsWith('schema.'));
  if (isOtherSchema && before.currentVersion !== null) supersedeCurrent(tx, id, before.currentVersion);
  replaceEntry(tx, id, document, isMaterial ? 'draft' : before.state);
  return { resource: getResource(tx, id), revision };
}

function checkRevisable(db: Db, { id, state }: Resource): void {
  if (state === 'withdrawn') throw new AppError('RESOURCE_STATE', { id, state, accepted: ['draft', 'listed'] });
  const isWriting = listVersions(db, id, { limit: 1 }).some((version) => version.state === 'writing');
  if (isWriting) throw new AppError('RESOURCE_STATE', { id, state: 'writing', accepted: ['no upload under way'] });
}
