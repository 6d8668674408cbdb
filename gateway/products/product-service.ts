import {
  canonicalJson,
  type Db,
  decideProduct,
  findPlan,
  getProduct,
  type NewProduct,
  type Product,
  publishProduct,
  readMaterial,
  type Store,
  sha256Hex,
  submitProduct,
  type UsagePlan,
  withdrawProduct,
} from '#catalog';
import {
  AppError,
  checkInterface,
  type DerivedSpec,
  type InterfaceContent,
  makeMaterial,
  needInProduct,
  type ProductMaterial,
} from '#policies';
import type { StoredResult } from '../formats/stored-result.ts';
import type { Caller } from '../identity/index.ts';
import { appendChange, knowOrganisation } from '../log-change.ts';
import type { Admission } from '../pipeline/admit.ts';
import { type DeliveryDeps, requireDeliverable } from './delivery.ts';
import { openSource, type SourceNamed } from './product-sources.ts';

export interface ProductVerdict {
  readonly verdict: 'approve' | 'refuse';
  readonly comment: string;
  /** The product as the reviewer read it. */
  readonly hash: string;
}

/** What a maker files: an interface, or the specification of a product with what it is to be made of. */
export type FiledContent = InterfaceContent | (DerivedSpec & { readonly sources: readonly SourceNamed[] });
export type FiledProduct = Pick<NewProduct, 'id' | 'title' | 'plan'> & { readonly content: FiledContent };

/** The life of products, each step in one transaction with its log entry. Authorization is the routes' part. */
export interface ProductService {
  /** Errors: as `admit`; PRODUCT_INVALID, PRODUCT_NOT_FOUND (a source), PRODUCT_STATE, OPERATOR_AFFILIATE. */
  submit(caller: Caller, product: FiledProduct): Promise<Product>;
  /** Errors: PRODUCT_NOT_FOUND, PRODUCT_STATE, POLICY_ACCESS_DENIED (the own product; not asked). */
  decide(caller: Caller, id: string, version: number, verdict: ProductVerdict): Promise<Product>;
  /** Errors: PRODUCT_NOT_FOUND, PRODUCT_STATE: it is not what was reviewed; as `requireDeliverable`. */
  publish(caller: Caller, id: string, version: number): Promise<Product>;
  /** What it delivers, logged before it leaves. Errors: PRODUCT_NOT_FOUND: it has none; as `requireDeliverable`. */
  deliver(caller: Caller, product: Product): Promise<ProductMaterial>;
  /** For good. Errors: PRODUCT_NOT_FOUND, PRODUCT_STATE. */
  withdraw(caller: Caller, id: string, version: number): Promise<Product>;
}

export interface ProductDeps extends DeliveryDeps {
  readonly store: Store;
  /** As for a job: who may not compute under the plan makes nothing of it. */
  readonly admit: (caller: Caller, plan: string) => Promise<Admission>;
  /** The released result of a job that may be told now; null where there is none, or it is held back. */
  readonly resultOf: (job: string) => StoredResult | null;
  /** Fewest units behind a group that a model may count, where the plan asks for no more. */
  readonly unitsMin: number;
}

/** WHY: materials are reviewed by people and lie in the store. */
const MATERIAL_BYTES_MAX = 2 ** 18;

export function createProductService(deps: ProductDeps): ProductService {
  const { store } = deps;
  return {
    async submit(caller, { content, ...filed }) {
      const { catalog } = await deps.admit(caller, filed.plan);
      if (content.form === 'interface') checkInterface(content, catalog);
      const results = content.form === 'interface' ? new Map<string, never>() : resultsNamed(content.sources, deps);
      return store.commit((tx) => {
        knowOrganisation(tx, caller);
        const plan = approvedPlan(tx, filed.plan);
        const product = { ...filed, org: caller.org, author: caller.sub };
        if (content.form === 'interface')
          return logged(tx, caller, submitProduct(tx, { ...product, content }), 'submitted');
        const { json, ...made } = makeContent(tx, caller, plan, content, { ...deps, results });
        return logged(tx, caller, submitProduct(tx, { ...product, ...made }, json), 'submitted');
      });
    },
    decide: (caller, id, version, { verdict, comment, hash }) =>
      store.commit((tx) => {
        knowOrganisation(tx, caller);
        const role = caller.role === 'bureau' ? 'bureau' : 'provider';
        const decision = { role, org: caller.org, by: caller.sub, verdict, comment, hash } as const;
        const product = decideProduct(tx, id, version, decision);
        return logged(tx, caller, product, `${verdict} by ${role}; ${product.state}`);
      }),
    publish: (caller, id, version) =>
      store.commit((tx) => {
        requireDeliverable(tx, getProduct(tx, id, version), deps);
        return logged(tx, caller, publishProduct(tx, id, version, personOf(caller)), 'published');
      }),
    deliver: (caller, { id, version }) =>
      store.commit((tx) => {
        const product = getProduct(tx, id, version);
        requireDeliverable(tx, product, deps);
        const material = readMaterial(tx, product);
        if (material === null) throw new AppError('PRODUCT_NOT_FOUND', { id });
        logged(tx, caller, product, product.state === 'published' ? 'delivered' : 'shown for review');
        return material;
      }),
    withdraw: (caller, id, version) =>
      store.commit((tx) => logged(tx, caller, withdrawProduct(tx, id, version, personOf(caller)), 'withdrawn')),
  };
}

function approvedPlan(tx: Db, id: string): UsagePlan {
  const plan = findPlan(tx, id);
  if (plan?.state === 'approved') return plan;
  throw new AppError('PLAN_STATE', { id, state: plan?.state ?? 'absent', accepted: ['approved'] });
}

type ReleasedResults = ReadonlyMap<string, StoredResult | null>;

function resultsNamed(sources: readonly SourceNamed[], { resultOf }: Pick<ProductDeps, 'resultOf'>): ReleasedResults {
  return new Map(sources.flatMap((one) => ('job' in one ? [[one.job, resultOf(one.job)] as const] : [])));
}

/** Opens the sources, and makes of them what is reviewed. */
function makeContent(
  tx: Db,
  { org }: Caller,
  plan: UsagePlan,
  { sources: named, ...spec }: Exclude<FiledContent, InterfaceContent>,
  deps: DeliveryDeps & Pick<ProductDeps, 'unitsMin'> & { readonly results: ReleasedResults },
): { readonly content: NewProduct['content']; readonly json: string } {
  const facts = {
    db: tx,
    resultOf: (job: string) => deps.results.get(job) ?? null,
    requireDelivered: (product: Product) => requireDeliverable(tx, product, deps),
  };
  const opened = named.map((one, at) => openSource(one, at, { org, plan: plan.id }, facts));
  const unitsMin = Math.max(deps.unitsMin, plan.unitsMin ?? 0);
  const material = makeMaterial(
    spec,
    opened.map(({ table }) => table),
    { unitsMin },
  );
  const json = canonicalJson(material);
  needInProduct(Buffer.byteLength(json) <= MATERIAL_BYTES_MAX, 'content', `more than ${MATERIAL_BYTES_MAX} bytes`);
  return { content: { ...spec, sources: opened.map(({ pin }) => pin), madeSha256: sha256Hex(json) }, json };
}

const personOf = ({ org, sub }: Caller): string => `${org}/${sub}`;

function logged(tx: Db, caller: Caller, product: Product, what: string): Product {
  const { id, version, form, plan, hash } = product;
  appendChange(tx, { kind: 'product', caller, plan, note: `${what}: ${form} ${id}@${version}, sha-256 ${hash}` });
  return product;
}
