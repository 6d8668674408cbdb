import { randomUUID } from 'node:crypto';
import { accountsUnanswered, lookupCounts, type Product } from '#catalog';
import { AppError, isEnumeration } from '#policies';
import type { FreezeOrder } from '../freezes/freeze-service.ts';
import type { Caller } from '../identity/index.ts';
import { appendChange } from '../log-change.ts';
import { type LookupDeps, type LookupReply, type LookupRequest, runLookup } from './lookup.ts';

export interface LookupServiceDeps extends LookupDeps {
  readonly freeze: (caller: Caller, order: FreezeOrder) => Promise<unknown>;
  /** Told when a freeze could not be carried out: the process must stop. */
  readonly failed: (error: unknown) => void;
}

export interface LookupService {
  /** Errors: as `runLookup`; RATE_LIMITED where the account has too many questions in flight. */
  ask(caller: Caller, request: LookupRequest, signal: AbortSignal): Promise<LookupReply>;
}

const IN_FLIGHT_MAX = 64;

/** Questions about one subject each, and the eye on who goes through subjects one by one. */
export function createLookupService(deps: LookupServiceDeps): LookupService {
  const inFlight = new Map<string, number>();
  return {
    async ask(caller, request, signal) {
      const account = `${caller.org}/${caller.sub}`;
      const mine = inFlight.get(account) ?? 0;
      if (mine >= IN_FLIGHT_MAX) throw new AppError('RATE_LIMITED', { retryAfterSeconds: 1 });
      inFlight.set(account, mine + 1);
      try {
        const arrival = { id: randomUUID(), caller, request, arrivedMs: performance.now(), signal };
        const { reply, state, product } = await runLookup(arrival, deps);
        // WHY not waited for: an answer that came later than others would tell that it was none.
        if (state === 'unanswered') watch(caller, request, product, deps).catch(deps.failed);
        return reply;
      } finally {
        const left = (inFlight.get(account) ?? 1) - 1;
        if (left === 0) inFlight.delete(account);
        else inFlight.set(account, left);
      }
    },
  };
}

/** Freezes who enumerates: the account, or the organisation where several of its accounts share the work. */
async function watch(
  caller: Caller,
  { subject }: LookupRequest,
  product: Product,
  { pipeline, digests, freeze }: LookupServiceDeps,
): Promise<void> {
  const { today } = pipeline.queryFacts();
  const { org, sub } = caller;
  const isFrozen = pipeline.freezes.find({ org, sub, plan: product.plan, resources: [] }) !== null;
  const counts = pipeline.store.read((db) => lookupCounts(db, org, today, digests.stem(subject)));
  if (isFrozen || !isEnumeration(counts)) return;
  const accounts = pipeline.store.read((db) => accountsUnanswered(db, org, today));
  const reason = `enumeration of ${product.id}: ${counts.unanswered} of ${counts.asked} subjects without an answer today, ${counts.neighbours} of them neighbours`;
  const officer = officerOf(product);
  await freeze(
    officer,
    accounts.length > 1
      ? { scope: 'organisation', target: org, reason }
      : { scope: 'developer', target: `${org}/${sub}`, reason },
  );
  await pipeline.store.commit((tx) =>
    appendChange(tx, { kind: 'product', caller: officer, plan: product.plan, code: 'POLICY_FROZEN', note: reason }),
  );
}

/** The freeze is the standing order of the bureau's officer who let the interface out. */
function officerOf({ decisions, publishedBy }: Product): Caller {
  const officer = decisions.find(({ role }) => role === 'bureau');
  if (officer === undefined) throw new AppError('CATALOGUE_CORRUPT', { table: 'products', key: publishedBy ?? '' });
  return { org: officer.org, sub: officer.by, role: 'bureau' };
}
