import { appendEntry, type Store, type TamperedRow } from '#catalog';

/** Puts into the log what the store finds changed by others; what it finds before there is a log waits for it. */
export interface IntegrityReports {
  readonly onTampered: (row: TamperedRow) => void;
  readonly onTakenIn: (rows: number) => void;
  /** From here on entries are written. */
  begin(store: Store): Promise<void>;
}

/** @param failed told when an entry cannot be written: the process must stop. */
export function createIntegrityReports(failed: (error: unknown) => void): IntegrityReports {
  const waiting: ((store: Store) => Promise<unknown>)[] = [];
  let log: Store | null = null;

  function report(decision: 'permit' | 'deny', note: string): void {
    const write = (store: Store) =>
      store.commit((tx) => {
        const code = decision === 'deny' ? { code: 'CATALOGUE_CORRUPT' } : {};
        appendEntry(tx, { v: 1, kind: 'integrity', at: tx.now(), decision, ...code, note });
      });
    if (log === null) waiting.push(write);
    else write(log).catch(failed);
  }

  return {
    onTampered: ({ table, key }) => report('deny', `${table} ${key} is not as the gateway wrote it`),
    onTakenIn: (rows) => report('permit', `${rows} rows of a home without seals were sealed as they lay there`),
    async begin(store) {
      log = store;
      for (const write of waiting) await write(store);
    },
  };
}
