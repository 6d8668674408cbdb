import { z } from 'zod';
import {
  agreementsOf,
  canonicalJson,
  contentHash,
  type Db,
  heldMaterials,
  incidentsOf,
  listGrants,
  listJobs,
  listPlans,
  type OperatorExit,
  readResult,
  sha256Hex,
} from '#catalog';

/** One thing that is handed over: a document, a result that the operator held, or what a product of its own delivers. */
const ArtefactSchema = z.strictObject({
  kind: z.enum(['agreement', 'grant', 'plan', 'incident', 'job', 'result', 'product']),
  id: z.string(),
  /** SHA-256 of the canonical JSON of `content`, hex. */
  sha256: z.string(),
  content: z.unknown(),
});
export type Artefact = z.output<typeof ArtefactSchema>;

/** What an operator hands over when it leaves (T7): every document about it, and every answer that it was given. */
export const HandOverSchema = z.strictObject({
  v: z.literal(1),
  kind: z.literal('operator-hand-over'),
  operator: z.string(),
  cause: z.string(),
  orderedBy: z.string(),
  orderedAt: z.string(),
  artefacts: z.array(ArtefactSchema),
});
export type HandOver = z.output<typeof HandOverSchema>;

const PAGE = 500;

export function handOverOf(db: Db, { operator, cause, orderedBy, orderedAt }: OperatorExit): HandOver {
  const grants = listGrants(db, { operator, limit: 1_000 });
  const plans = everyPage((after) => listPlans(db, { operator, after, limit: PAGE }));
  const jobs = everyPage((after) => listJobs(db, { org: operator, after, limit: PAGE }));
  const artefacts = [
    ...agreementsOf(db, operator).map((one) => artefact('agreement', one.id, one)),
    ...grants.map((one) => artefact('grant', one.id, one)),
    ...plans.map((one) => artefact('plan', one.id, one)),
    ...incidentsOf(db, operator).map((one) => artefact('incident', one.id, one)),
    ...jobs.map((one) => artefact('job', one.id, one)),
    ...jobs.flatMap(({ id }) => {
      const stored = readResult(db, id);
      return stored === null ? [] : [artefact('result', id, JSON.parse(stored.json))];
    }),
    ...heldMaterials(db, operator).map(({ product, version, json }) =>
      artefact('product', `${product}@${version}`, JSON.parse(json)),
    ),
  ];
  return { v: 1, kind: 'operator-hand-over', operator, cause, orderedBy, orderedAt, artefacts };
}

function artefact(kind: Artefact['kind'], id: string, content: object): Artefact {
  return { kind, id, sha256: contentHash(content), content };
}

function everyPage<T extends { readonly id: string }>(read: (after: string | undefined) => readonly T[]): readonly T[] {
  const all: T[] = [];
  for (let after: string | undefined; ; after = all.at(-1)?.id) {
    const page = read(after);
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

export const handOverHash = (document: HandOver): string => sha256Hex(canonicalJson(document));

/** What the log entry of the package says. */
export const handOverNote = (operator: string, sha256: string): string =>
  `hand-over of ${operator}, package sha-256 ${sha256}`;
