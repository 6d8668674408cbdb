import { randomUUID } from 'node:crypto';
import { type Db, type Freeze, findPlan, getFreeze, insertFreeze, type Store, thawFreeze } from '#catalog';
import { AppError, type FreezeScope, type FreezeSubject, type FrozenThing, isFrozen } from '#policies';
import type { HeldWorker, Sandbox } from '#sandbox';
import type { Caller } from '../identity/index.ts';
import { appendChange, knowOrganisation } from '../log-change.ts';
import type { FreezeRegister } from './freeze-register.ts';

export interface FreezeOrder {
  readonly scope: FreezeScope;
  readonly target: string;
  readonly reason: string;
}

/** What a freeze stopped. */
export interface FreezeEffect {
  readonly freeze: Freeze;
  readonly jobsStopped: number;
  readonly workersStopped: number;
  /** From the order to the last worker dead and the last release stopped, milliseconds. */
  readonly closureMs: number;
}

/** Stops and their end, each in one transaction with its log entry. Authorization is the routes' part. */
export interface FreezeService {
  /** At once. Resolves when what it stops is stopped and all is durable. */
  freeze(caller: Caller, order: FreezeOrder): Promise<FreezeEffect>;
  /** The first person asks, another grants. Errors: FREEZE_NOT_FOUND, FREEZE_STATE. */
  thaw(caller: Caller, id: string): Promise<Freeze>;
  /** The freeze that stops it now; null when none does. */
  find(subject: FreezeSubject): FrozenThing | null;
}

export interface FreezeDeps {
  readonly store: Store;
  readonly register: FreezeRegister;
  readonly sandbox: Pick<Sandbox, 'expel'>;
  readonly jobs: {
    /** Ends the running jobs that are meant; resolves, with their number, when all are recorded. */
    stop(isMeant: (job: FreezeSubject) => boolean, reason: AppError): Promise<number>;
  };
}

export function createFreezeService({ store, register, sandbox, jobs }: FreezeDeps): FreezeService {
  return {
    find: (subject) => register.find(subject),
    async freeze(caller, { scope, target, reason }) {
      const startedMs = performance.now();
      const id = randomUUID();
      const thing: FrozenThing = { scope, target };
      register.put({ id, ...thing });
      // INVARIANT: what is frozen in memory stays so whatever fails below; a freeze that cannot be written ends with the process.
      const frozen = store.commit((tx) => {
        knowOrganisation(tx, caller);
        const freeze = insertFreeze(tx, { id, scope, target, reason, frozenBy: personOf(caller) });
        return logged(tx, caller, freeze, 'freeze', `: ${reason}`);
      });
      const stopped = new AppError('POLICY_FROZEN', { scope });
      const isHeld = heldBy(thing, store);
      const [freeze, jobsStopped, workersStopped] = await Promise.all([
        frozen,
        jobs.stop((job) => isFrozen(thing, job), stopped),
        sandbox.expel(isHeld),
      ]);
      return { freeze, jobsStopped, workersStopped, closureMs: performance.now() - startedMs };
    },
    async thaw(caller, id) {
      const thawed = await store.commit((tx) => {
        getFreeze(tx, id);
        knowOrganisation(tx, caller);
        const freeze = thawFreeze(tx, id, personOf(caller));
        const what = freeze.thawedAt === null ? 'thaw asked for' : 'thaw';
        return logged(tx, caller, freeze, what);
      });
      if (thawed.thawedAt !== null) register.remove(id);
      return thawed;
    },
  };
}

const personOf = ({ org, sub }: Caller): string => `${org}/${sub}`;

/** WHY a developer apart: a note cannot be erased, a name can. */
function logged(tx: Db, caller: Caller, freeze: Freeze, what: string, reason = ''): Freeze {
  const { scope, target } = freeze;
  const [first = '', second = ''] = target.split('/');
  const plan = scope === 'plan' || scope === 'grant' ? { plan: first } : {};
  const about = scope === 'developer' ? { about: { org: first, sub: second } } : {};
  const note = scope === 'developer' ? `${what} developer${reason}` : `${what} ${scope} ${target}${reason}`;
  appendChange(tx, { kind: 'freeze', caller, ...plan, ...about, note });
  return freeze;
}

/** Which workers may hold data of what is frozen, idle ones too: they are as dead afterwards as those that ran its jobs. */
function heldBy({ scope, target }: FrozenThing, store: Store): (worker: HeldWorker) => boolean {
  const [first = '', second = ''] = target.split('/');
  const orgOfPlan = (plan: string) => store.read((db) => findPlan(db, plan))?.org ?? null;
  const isOf = (org: string | null) => (worker: HeldWorker) => org !== null && worker.analyst.startsWith(`${org}/`);
  switch (scope) {
    case 'platform':
      return () => true;
    case 'organisation':
      return isOf(target);
    case 'developer':
      return ({ analyst }) => analyst === target;
    case 'plan':
      return isOf(orgOfPlan(target));
    case 'grant': {
      const isOfPlan = isOf(orgOfPlan(first));
      return (worker) => isOfPlan(worker) && worker.holds(second);
    }
    case 'resource':
      return ({ holds }) => holds(target);
  }
}
