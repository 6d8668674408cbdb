import * as z from 'zod';
import {
  createResource,
  type Db,
  fileDemand,
  findEnvelopesAbout,
  findResource,
  getResource,
  lastRevision,
  reviseResource,
  type SyncPeer,
} from '#catalog';
import { AppError, PLAN_CLASSES, type SyncKind } from '#policies';
import { type ReadDataset, readDcat } from '../formats/dcat-in.ts';
import type { Caller } from '../identity/index.ts';
import { logRevision } from '../resources/log-revision.ts';
import type { ResourceDeclaration } from '../resources/resource-service.ts';

/** What an envelope was about, and what it changed beside its own row. */
export interface CarriedOut {
  /** The table, or the demand. */
  readonly subject: string;
  /** Of a notice: the digest of the batch. */
  readonly announces: string | null;
  /** The table whose entry is another now, so that jobs on it end; null where none is. */
  readonly revised: string | null;
}

export interface ToCarryOut {
  readonly peer: SyncPeer;
  readonly key: string;
  readonly payload: unknown;
  readonly caller: Caller;
  /** Reads a declaration as a registration would. Errors: RESOURCE_INVALID. */
  readonly declarationOf: (dataset: Extract<ReadDataset, { declaration: unknown }>) => ResourceDeclaration;
}

/**
 * What an envelope asks for, within the transaction that takes it in. Nothing that it brings is listed, granted or readable by it: entries
 * are drafts, requests wait for their provider, notices let rows in that come the one way.
 *
 * @throws AppError `SYNC_REFUSED` and what the catalogue's own functions throw.
 */
export function carryOut(tx: Db, kind: SyncKind, asked: ToCarryOut): CarriedOut {
  return CARRY_OUT[kind](tx, asked);
}

const CARRY_OUT: Readonly<Record<SyncKind, (tx: Db, asked: ToCarryOut) => CarriedOut>> = {
  'catalogue-entry': takeEntry,
  'resource-request': fileRequest,
  'batch-notice': noticeBatch,
};

const entryPayload = z.strictObject({ provider: z.string(), dataset: z.looseObject({}) });

function takeEntry(tx: Db, { peer, payload, caller, declarationOf }: ToCarryOut): CarriedOut {
  const { provider, dataset } = parsed(entryPayload, payload);
  const [read] = readDcat({ ...dataset, '@type': 'dcat:Dataset' }) ?? [];
  if (read === undefined || 'problem' in read) throw refused(read?.problem ?? 'the payload is no dcat:Dataset');
  const declaration = declarationOf(read);
  const { table } = declaration.schema;
  const before = findResource(tx, table);
  if (before === null) {
    const made = createResource(tx, { ...declaration, provider, createdBy: `platform:${peer.id}` });
    logRevision(tx, caller, made, lastRevision(tx, table), 'registered');
    return { subject: table, announces: null, revised: null };
  }
  // WHY: a platform that could revise what providers registered themselves would suspend plans at will.
  const isItsOwn = findEnvelopesAbout(tx, table, 'catalogue-entry').some((one) => one.peer === peer.id);
  if (!isItsOwn || before.provider !== provider) throw refused(`the entry of \`${table}\` did not come from this peer`);
  const { resource, revision } = reviseResource(tx, table, declaration, `platform/${peer.id}`);
  logRevision(tx, caller, resource, revision, 'revised');
  const isMaterial = revision !== null && revision.basis === revision.revision;
  return { subject: table, announces: null, revised: isMaterial ? table : null };
}

const requestPayload = z.strictObject({
  provider: z.string(),
  title: z.string().min(1).max(200),
  need: z.string().min(1).max(4_000),
  class: z.enum(PLAN_CLASSES),
});

/** In the name of the bureau that declared the peer: a platform is no party of the city. */
function fileRequest(tx: Db, { peer, key, payload }: ToCarryOut): CarriedOut {
  const request = parsed(requestPayload, payload);
  const { id } = fileDemand(tx, { ...request, id: `sync-${peer.id}-${key}`.slice(0, 63), org: peer.org, by: peer.id });
  return { subject: id, announces: null, revised: null };
}

const noticePayload = z.strictObject({ resource: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

function noticeBatch(tx: Db, { payload }: ToCarryOut): CarriedOut {
  const { resource, sha256 } = parsed(noticePayload, payload);
  return { subject: getResource(tx, resource).id, announces: sha256, revised: null };
}

function parsed<T>(schema: z.ZodType<T>, payload: unknown): T {
  const read = schema.safeParse(payload);
  if (read.success) return read.data;
  throw refused(`payload.${read.error.issues[0]?.path.join('.') ?? ''}: not as this kind of envelope has it`);
}

const refused = (problem: string) => new AppError('SYNC_REFUSED', { problem });
