import { findPlan, getProduct, isPlanInForce, type Product, type Store, tablesBehind } from '#catalog';
import { AppError, isInterface } from '#policies';
import type { FreezeRegister } from '../freezes/freeze-register.ts';
import type { ExitRegister } from '../operators/exit-register.ts';

export interface DeliveryDeps {
  readonly freezes: Pick<FreezeRegister, 'require'>;
  readonly exited: Pick<ExitRegister, 'require'>;
  /** ISO date in Asia/Shanghai. */
  readonly today: () => string;
}

/**
 * Whether what a product delivers may be given out now. It stands on its plan, its maker, the plan's operator, the tables behind it, and
 * every version that it is made of: what ends one of them ends it.
 *
 * @throws AppError `PLAN_STATE`, `OPERATOR_LEFT`, `POLICY_FROZEN`, `PRODUCT_STATE`.
 */
export function requireDeliverable(
  db: Parameters<Parameters<Store['read']>[0]>[0],
  product: Product,
  deps: DeliveryDeps,
): void {
  const plan = findPlan(db, product.plan);
  if (plan === null || !isPlanInForce(plan, deps.today()))
    throw new AppError('PLAN_STATE', { id: product.plan, state: plan?.state ?? 'absent', accepted: ['in force'] });
  for (const org of [product.org, plan.operator]) if (org !== null) deps.exited.require(org);
  const { org, author: sub } = product;
  deps.freezes.require({ org, sub, plan: plan.id, resources: tablesBehind(db, product) });
  for (const source of isInterface(product.content) ? [] : product.content.sources) {
    if (source.kind !== 'product') continue;
    const below = getProduct(db, source.id, source.version);
    if (below.state !== 'published' && below.state !== 'superseded')
      throw new AppError('PRODUCT_STATE', { id: below.id, state: below.state, accepted: ['published'] });
    requireDeliverable(db, below, deps);
  }
}
