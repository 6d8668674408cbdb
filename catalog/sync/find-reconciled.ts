import * as z from 'zod';
import { type EnvelopeStanding, envelopeStanding, standsFor } from '#policies';
import { once } from '../authorization/shared-facts.ts';
import type { Find, Finding } from '../authorization/standing.ts';
import type { Db } from '../db.ts';
import { dueOf } from '../plan-life/time-limits.ts';
import { baseOf, findVersion, type ResourceVersion } from '../resource-versions.ts';
import { findResource } from '../resources.ts';
import { findEnvelopesAbout, isAnnounced, type StoredEnvelope } from './envelopes.ts';
import { findList } from './lists.ts';
import { findMismatch } from './mismatches.ts';

/** What keeps a table from being used; `envelope` null: its rows came by none, although a peer announces them. */
interface Unreconciled {
  readonly resource: string;
  readonly envelope: string | null;
  readonly standing: EnvelopeStanding | 'unannounced';
}

/** @param today ISO date in Asia/Shanghai. */
export function standingOfEnvelope(db: Db, { peer, key, day }: StoredEnvelope, today: string): EnvelopeStanding {
  const isListed = findList(db, peer, day) !== null;
  return envelopeStanding(
    { listDue: () => dueOf(db, 'listDays', day), isListed, mismatch: findMismatch(db, peer, key) },
    today,
  );
}

/** 12: entries and batches that came through a peer's envelopes count while these agree with the peer's own lists. */
export const findReconciled: Find = (db, { plan, today, shared }) => {
  const all = plan.tables.map(({ resource }) =>
    once(shared.reconciled, resource, () => aboutTable(db, resource, today)),
  );
  const open = all.flatMap(({ wrong }) => wrong);
  if (open.length === 0) return { isMet: true, missing: null, evidence: all.flatMap(({ evidence }) => evidence) };
  return unmet(open);
};

/** What speaks for a table, and against it. */
export interface TableReconciled {
  /** Envelopes that it came by: `peer/key`. */
  readonly evidence: readonly string[];
  readonly wrong: readonly Unreconciled[];
}

function aboutTable(db: Db, resource: string, today: string): TableReconciled {
  const entries = findEnvelopesAbout(db, resource, 'catalogue-entry');
  const batches = isAnnounced(db, resource) ? versionsInUse(db, resource).map((version) => noticesOf(db, version)) : [];
  const isUnannounced = batches.some((notices) => notices.length === 0);
  const unannounced: readonly Unreconciled[] = isUnannounced
    ? [{ resource, envelope: null, standing: 'unannounced' }]
    : [];
  const envelopes = [...entries, ...batches.flat()];
  const wrong = envelopes.flatMap((envelope): readonly Unreconciled[] => {
    const standing = standingOfEnvelope(db, envelope, today);
    return standsFor(standing) ? [] : [{ resource, envelope: nameOf(envelope), standing }];
  });
  return { evidence: envelopes.map(nameOf), wrong: [...unannounced, ...wrong] };
}

const nameOf = ({ peer, key }: StoredEnvelope): string => `${peer}/${key}`;

/** The current version and those that it grew from. */
function versionsInUse(db: Db, resource: string): readonly ResourceVersion[] {
  const versions: ResourceVersion[] = [];
  let next = findResource(db, resource)?.currentVersion ?? null;
  while (next !== null) {
    const version = findVersion(db, resource, next);
    if (version === null) break;
    versions.push(version);
    next = baseOf(version);
  }
  return versions;
}

function noticesOf(db: Db, version: ResourceVersion): readonly StoredEnvelope[] {
  const digest = batchDigest(version);
  return digest === null ? [] : findEnvelopesAbout(db, version.resource, 'batch-notice', digest);
}

/** Of the file that was uploaded. WHY two places: a version that grew has a digest over those of all of its files. */
function batchDigest(version: ResourceVersion): string | null {
  if (baseOf(version) === null) return version.contentSha256;
  return INGESTED.safeParse(version.report).data?.contentSha256 ?? null;
}

const INGESTED = z.object({ contentSha256: z.string() });

const WORDS: Readonly<Record<Unreconciled['standing'], { readonly en: string; readonly zh: string }>> = {
  confirmed: { en: 'confirmed', zh: '已核对' },
  waiting: { en: 'waits for its reconciliation', zh: '待对账' },
  accepted: { en: 'accepted', zh: '已认可' },
  overdue: { en: 'the day was not reconciled in time', zh: '当日逾期未对账' },
  mismatch: { en: 'a mismatch is open', zh: '对账差异未处理' },
  discarded: { en: 'discarded', zh: '已作废' },
  unannounced: { en: 'its rows were not announced', zh: '数据批次未经通告' },
};

function unmet(open: readonly Unreconciled[]): Finding {
  const tell = (language: 'en' | 'zh') =>
    open
      .map(({ resource, envelope, standing }) =>
        envelope === null
          ? `${resource}: ${WORDS[standing][language]}`
          : `${resource} (${envelope}): ${WORDS[standing][language]}`,
      )
      .join('; ');
  return { isMet: false, missing: { en: tell('en'), zh: tell('zh') }, evidence: [] };
}
