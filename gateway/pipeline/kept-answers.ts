import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import {
  appendEntry,
  canonicalJson,
  type Db,
  findKeptAnswer,
  forgetKeptAnswer,
  keepAnswer,
  readResult,
  type Store,
  touchKeptAnswer,
} from '#catalog';
import { AppError, type CompiledQuery } from '#policies';
import type { SealingKey } from '../custodian/sealing-key.ts';
import { readStoredResult, type StoredResult } from '../formats/stored-result.ts';

/** An answer that was released before, to whoever asks the very same thing again. */
export interface GivenAnswer {
  readonly result: StoredResult;
  /** The log entry of its release. */
  readonly outcomeIndex: number;
}

/** What a job's outcome adds to them. */
export interface NewAnswer {
  readonly job: string;
  readonly outcomeIndex: number;
  readonly resultSha256: string;
  readonly paid: boolean;
}

export interface KeptAnswersOptions {
  /** 32 bytes, of the home's own. */
  readonly key: Uint8Array;
  /** What every answer of this gateway depends on besides the question: its software, its profile, the secret of its noise. */
  readonly conditions: Readonly<Record<string, string>>;
}

/** Boundary by boundary: how many first rows of each unit count, where any are left out so, and of how many a value is taken to be made. */
function rowsCounted({ private: { boundaries } }: CompiledQuery) {
  const all = boundaries.flatMap((boundary) => (boundary.kind === 'private' ? [boundary.layout] : []));
  const ranked = all.map(({ bounding }) =>
    bounding.kind === 'ranked' || bounding.kind === 'nested' ? bounding.rowsMax : null,
  );
  const taken = all.map(({ rowsTaken }) => rowsTaken);
  const isAny = (rows: readonly (number | null)[]) => rows.some((one) => one !== null);
  return { ...(isAny(ranked) ? { ranked } : {}), ...(isAny(taken) ? { taken } : {}) };
}

/**
 * Answers that are given again: the same canonical plan over the same table versions, under the same terms, is the same
 * release, whoever asks. It runs nothing, draws no noise, costs no privacy and tells nothing that was not told before; the
 * differencing guard remembers it already. INVARIANT: two questions have one name only if every number of their answers
 * is the same function of the same rows.
 *
 * WHY a MAC: whoever edits the file could else point a question to another job's answer.
 */
export class KeptAnswers {
  readonly #key: KeyObject;
  readonly #conditions: KeptAnswersOptions['conditions'];
  readonly #names = new WeakMap<CompiledQuery, string>();
  /** Questions that are being answered. */
  readonly #turns = new Map<string, Promise<void>>();

  constructor({ key, conditions }: KeptAnswersOptions) {
    this.#key = createSecretKey(key); // made once: it takes longer than the MACs of a job
    this.#conditions = conditions;
  }

  /**
   * The name of a question. The plan's hash covers tables, versions and the declarations that protection goes by; the plan's
   * threshold is in the decision, what may be spent in the charges, how much of a unit counts in the mechanisms; only how many first rows
   * count is not to be seen in the noise of a number of units, nor what a value is clamped to in that of a tree. WHY which columns share a name: intervals go by name. What was sealed for
   * one key is no answer for another.
   */
  nameOf(compiled: CompiledQuery, sealFor: SealingKey | null): string {
    const name = this.#questionOf(compiled);
    return sealFor === null ? name : this.#mac({ name, sealFor: sealFor.x }).toString('hex');
  }

  #questionOf(compiled: CompiledQuery): string {
    const known = this.#names.get(compiled);
    if (known !== undefined) return known;
    const { planHash, decision, charges, mechanisms } = compiled;
    const { outputs, mode, unitsMin } = decision;
    const names = outputs.map(({ name }) => name);
    const alike = names.map((name) => names.indexOf(name));
    const rows = rowsCounted(compiled);
    const question = { conditions: this.#conditions, planHash, mode, unitsMin, charges, mechanisms, alike, ...rows };
    const name = this.#mac(question).toString('hex');
    this.#names.set(compiled, name);
    return name;
  }

  /**
   * Waits while the same question is being answered for another job, so that what is asked at once is paid for once. One whose
   * answer costs no privacy need not wait.
   *
   * @returns what ends the turn, however it ended.
   * @throws the reason of the signal.
   */
  async turn(store: Pick<Store, 'read'>, name: string, signal: AbortSignal): Promise<() => void> {
    const isKept = () => store.read((db) => findKeptAnswer(db, name)) !== null;
    for (let before = this.#turns.get(name); before !== undefined; before = this.#turns.get(name)) {
      await Promise.race([before, aborted(signal)]);
      if (isKept()) return () => undefined;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turns.set(name, promise);
    return () => {
      this.#turns.delete(name);
      resolve();
    };
  }

  /**
   * The answer that was released under the name. One that is not as it was released is reported in the log, forgotten and
   * not given.
   */
  find(tx: Db, name: string): GivenAnswer | null {
    const kept = findKeptAnswer(tx, name);
    if (kept === null) return null;
    const { outcomeIndex } = kept;
    const seal = this.#seal(name, kept);
    const isSealed = kept.mac.length === seal.length && timingSafeEqual(kept.mac, seal);
    const json = isSealed ? unchangedResult(tx, kept.job) : null;
    if (json !== null) return { result: readStoredResult(JSON.parse(json)), outcomeIndex };
    forgetKeptAnswer(tx, name);
    const note = `the answer of job ${kept.job} is not as it was released and is not given again`;
    appendEntry(tx, { v: 1, kind: 'integrity', at: tx.now(), decision: 'deny', code: 'CATALOGUE_CORRUPT', note });
    return null;
  }

  /** In the transaction of the outcome that releases it for the first time. */
  keep(tx: Db, name: string, answer: NewAnswer): void {
    keepAnswer(tx, { ...answer, name, mac: this.#seal(name, answer) });
  }

  /** In the transaction of the outcome that gives it again. */
  givenAgain(tx: Db, name: string, outcomeIndex: number): void {
    touchKeptAnswer(tx, name, outcomeIndex);
  }

  #seal(name: string, { job, outcomeIndex, resultSha256 }: Omit<NewAnswer, 'paid'>): Buffer {
    return this.#mac({ name, job, outcomeIndex, resultSha256 });
  }

  #mac(facts: object): Buffer {
    return createHmac('sha256', this.#key).update(canonicalJson(facts)).digest();
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const give = () => reject(signal.reason as Error);
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
}

function unchangedResult(tx: Db, job: string): string | null {
  try {
    return readResult(tx, job)?.json ?? null;
  } catch (error) {
    if (error instanceof AppError && error.code === 'CATALOGUE_CORRUPT') return null;
    throw error;
  }
}
