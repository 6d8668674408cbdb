import {
  decideProduct,
  findPlan,
  type NewProduct,
  type Product,
  publishProduct,
  type Store,
  submitProduct,
  withdrawProduct,
} from '#catalog';
import { AppError, checkInterface } from '#policies';
import type { Caller } from '../identity/index.ts';
import { appendChange, knowOrganisation } from '../log-change.ts';
import type { GrantedPlans } from '../pipeline/granted-plans.ts';

export interface ProductVerdict {
  readonly verdict: 'approve' | 'refuse';
  readonly comment: string;
  /** The product as the reviewer read it. */
  readonly hash: string;
}

/** The life of products, each step in one transaction with its log entry. Authorization is the routes' part. */
export interface ProductService {
  /** Errors: PLAN_NOT_FOUND, PLAN_STATE, PRODUCT_INVALID, PRODUCT_STATE. */
  submit(caller: Caller, product: Omit<NewProduct, 'org' | 'author'>): Promise<Product>;
  /** Errors: PRODUCT_NOT_FOUND, PRODUCT_STATE, POLICY_ACCESS_DENIED (the own product; not asked). */
  decide(caller: Caller, id: string, version: number, verdict: ProductVerdict): Promise<Product>;
  /** Errors: PRODUCT_NOT_FOUND, PRODUCT_STATE: it is not what was reviewed. */
  publish(caller: Caller, id: string, version: number): Promise<Product>;
  /** For good. Errors: PRODUCT_NOT_FOUND, PRODUCT_STATE. */
  withdraw(caller: Caller, id: string, version: number): Promise<Product>;
}

export function createProductService({
  store,
  plans,
  today,
}: {
  readonly store: Store;
  readonly plans: GrantedPlans;
  /** ISO date in Asia/Shanghai. */
  readonly today: () => string;
}): ProductService {
  return {
    submit(caller, product) {
      const granted = plans.find(product.plan, today());
      if (granted === null) throw new AppError('PLAN_NOT_FOUND', { id: product.plan });
      checkInterface(product.content, granted.catalog);
      return store.commit((tx) => {
        knowOrganisation(tx, caller);
        const plan = findPlan(tx, product.plan);
        if (plan?.state !== 'approved') {
          throw new AppError('PLAN_STATE', {
            id: product.plan,
            state: plan?.state ?? 'absent',
            accepted: ['approved'],
          });
        }
        return logged(tx, caller, submitProduct(tx, { ...product, org: caller.org, author: caller.sub }), 'submitted');
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
      store.commit((tx) => logged(tx, caller, publishProduct(tx, id, version, personOf(caller)), 'published')),
    withdraw: (caller, id, version) =>
      store.commit((tx) => logged(tx, caller, withdrawProduct(tx, id, version, personOf(caller)), 'withdrawn')),
  };
}

const personOf = ({ org, sub }: Caller): string => `${org}/${sub}`;

function logged(
  tx: Parameters<Parameters<Store['commit']>[0]>[0],
  caller: Caller,
  product: Product,
  what: string,
): Product {
  const { id, version, form, plan, hash } = product;
  appendChange(tx, { kind: 'product', caller, plan, note: `${what}: ${form} ${id}@${version}, sha-256 ${hash}` });
  return product;
}
