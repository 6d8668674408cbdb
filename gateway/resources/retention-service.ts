import {
  appendEntry,
  destroyExpiredResults,
  getResource,
  orderDestruction,
  purgesDue,
  type RetentionRule,
  type Store,
  setRetention,
  versionsPastRetention,
} from '#catalog';
import type { Caller } from '../identity/index.ts';
import { appendChange } from '../log-change.ts';
import { tableEntry } from './table-entry.ts';

/** What is forgotten when its time is over: replaced versions of tables, and results of jobs. Authorization is the routes' part. */
export interface RetentionService {
  /** Declares how long replaced versions of a table stay. Errors: RESOURCE_NOT_FOUND. */
  declare(caller: Caller, resource: string, rule: RetentionRule): Promise<RetentionRule>;
  /**
   * Forgets what is past its time, step by step, each step with its log entry: cut off anywhere, the next sweep goes on. One at a time.
   * Never rejects.
   */
  sweep(): Promise<void>;
  /** Ends after the step that is being done. */
  close(): Promise<void>;
}

export interface RetentionDeps {
  readonly store: Store;
  readonly now: () => Date;
  readonly resultDaysMax: number;
  /** Carries out the destructions that were ordered. */
  readonly carryOut: () => Promise<void>;
  /** A bug or a disk that fails: nobody waits for an answer. */
  readonly failed: (error: unknown) => void;
}

const DAY_MS = 86_400_000;
const SWEEP_EVERY_MS = 3_600_000;

export function createRetentionService(deps: RetentionDeps): RetentionService {
  const { store, now } = deps;
  let isClosing = false;
  let running: Promise<void> | null = null;
  const work = async (): Promise<void> => {
    while (!isClosing && (await orderNext(store, now())));
    while (!isClosing && (await forgetResults(deps)));
    if (!isClosing && store.read(purgesDue) > 0) await store.purge();
    if (!isClosing) await deps.carryOut();
  };
  const sweep = (): Promise<void> => {
    running ??= work()
      .catch(deps.failed)
      .finally(() => {
        running = null;
      });
    return running;
  };
  const timer = setInterval(() => void sweep(), SWEEP_EVERY_MS).unref();
  return {
    sweep,
    async declare(caller, resource, rule) {
      await store.commit((tx) => {
        const tables = [tableEntry(getResource(tx, resource))];
        setRetention(tx, resource, rule);
        const days = rule.daysMax === null ? '' : `, for ${rule.daysMax} days`;
        appendChange(tx, { kind: 'resource', caller, tables, note: `kept: ${rule.versionsMax} versions${days}` });
      });
      return rule;
    },
    async close() {
      isClosing = true;
      clearInterval(timer);
      await running;
    },
  };
}

/** Orders the destruction of one version; false where there is none to order. */
async function orderNext(store: Store, now: Date): Promise<boolean> {
  if (store.read((db) => versionsPastRetention(db, now)).length === 0) return false;
  return await store.commit((tx) => {
    const [past] = versionsPastRetention(tx, now);
    if (past === undefined) return false;
    const { resource, version } = past;
    orderDestruction(tx, { resource, version, reason: 'retention', orderedBy: 'gateway' });
    const tables = [{ ...tableEntry(getResource(tx, resource), version), columns: [] }];
    appendEntry(tx, {
      v: 1,
      kind: 'destruction',
      at: tx.now(),
      tables,
      decision: 'permit',
      note: 'ordered: retention',
    });
    return true;
  });
}

/** Destroys some results; false where none is left. */
async function forgetResults({ store, now, resultDaysMax }: RetentionDeps): Promise<boolean> {
  const before = new Date(now().getTime() - resultDaysMax * DAY_MS).toISOString();
  const { isDone } = await store.commit((tx) => {
    const step = destroyExpiredResults(tx, before);
    if (step.destroyed > 0) {
      const note = `results destroyed, their time being over: ${step.destroyed}, of jobs that ended before ${before}`;
      appendEntry(tx, { v: 1, kind: 'destruction', at: tx.now(), decision: 'permit', note });
    }
    return step;
  });
  return !isDone;
}
