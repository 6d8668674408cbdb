import {
  type Db,
  findAffiliates,
  findJob,
  findOrganisation,
  getPlan,
  getProduct,
  type Product,
  readMaterial,
} from '#catalog';
import { AppError, invalidProduct, needInProduct, type ProductSource, type SourceTable } from '#policies';
import type { StoredResult } from '../formats/stored-result.ts';

/** What a maker names: an answer that it was given, or a version of a product. */
export type SourceNamed = { readonly job: string } | { readonly product: string; readonly version: number };

export interface Maker {
  readonly org: string;
  readonly plan: string;
}

/** A source as it lies there, and how the product names it for good. */
export interface OpenedSource {
  readonly table: SourceTable;
  readonly pin: ProductSource;
}

export interface SourceFacts {
  readonly db: Db;
  /** The released result of a job that may be told now; null where there is none, or it is held back. */
  readonly resultOf: (job: string) => StoredResult | null;
  /** @throws AppError where a version is not delivered now. */
  readonly requireDelivered: (product: Product) => void;
}

/**
 * Opens what a product is to be made of. INVARIANT: nothing but what was released or delivered (T11): an answer to the maker under this very
 * plan, or a published version.
 *
 * @throws AppError `PRODUCT_INVALID`; `OPERATOR_AFFILIATE` for an operator, or who belongs to it, over a delivered product.
 */
export function openSource(named: SourceNamed, at: number, maker: Maker, facts: SourceFacts): OpenedSource {
  return 'job' in named ? openAnswer(named.job, at, maker, facts) : openProduct(named, at, maker, facts);
}

function openAnswer(id: string, at: number, { org, plan }: Maker, { db, resultOf }: SourceFacts): OpenedSource {
  const job = findJob(db, id);
  const result = job?.org === org && job.plan === plan ? resultOf(id) : null;
  if (job === null || result === null || job.resultSha256 === null)
    throw invalidProduct(`sources[${at}].job`, 'no released answer of yours under this plan');
  const { tables } = result.versions;
  return { table: tableOfResult(result), pin: { kind: 'answer', job: id, sha256: job.resultSha256, tables } };
}

const NUMBERS: ReadonlySet<string> = new Set(['integer', 'hugeint', 'decimal', 'double']);

function tableOfResult({ columns, values, rowCount, suppressed }: StoredResult): SourceTable {
  return {
    columns: columns.map(({ name, type }) => ({ name, isNumber: NUMBERS.has(type.kind) })),
    rows: Array.from({ length: rowCount }, (_, row) => values.map((column) => column[row] ?? null)),
    suppressed,
  };
}

function openProduct(
  { product: id, version }: { readonly product: string; readonly version: number },
  at: number,
  { org }: Maker,
  { db, requireDelivered }: SourceFacts,
): OpenedSource {
  const path = `sources[${at}].product`;
  const product = getProduct(db, id, version);
  // WHY the words of an unknown one: a version that is not out is nobody's to know of.
  if (product.state !== 'published') throw new AppError('PRODUCT_NOT_FOUND', { id });
  requireIndependent(db, org, product);
  requireDelivered(product);
  const material = readMaterial(db, product);
  needInProduct(material?.kind === 'table', path, 'it is no table');
  return { table: material, pin: { kind: 'product', id, version, hash: product.hash } };
}

/** T2: an operator takes no part, directly or over others, in what is made of products that were delivered. */
function requireIndependent(db: Db, org: string, { plan }: Product): void {
  const { operator } = getPlan(db, plan);
  const chain = operator === null ? undefined : findAffiliates(db, operator).get(org);
  if (findOrganisation(db, org)?.kind !== 'operator' && org !== operator && chain === undefined) return;
  const over = chain === undefined ? '' : ` (${[operator, ...chain].join(' – ')})`;
  throw new AppError('OPERATOR_AFFILIATE', {
    plan,
    requirement: '07',
    paragraph: 'T2',
    missing: `a maker that is no operator and belongs to none${over}`,
    missingZh: `与运营机构无关联的开发主体${over}`,
    also: [],
  });
}
