import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { appendEntry, mendCustodyBooks, openStore, type Store, type TamperedRow } from '#catalog';
import { readOrCreatePrivate } from '../identity/index.ts';
import { createIntegrityReports } from '../integrity-reports.ts';

/** What a custodian knows of what it opened, with seals: who can edit its file and has not its keys cannot make it forget. */
export interface Records {
  readonly store: Store;
  /**
   * False from the first row on that somebody else changed, took out or put back; nothing is opened then. In a transaction: as of its
   * beginning.
   */
  readonly isIntact: () => boolean;
  /** Once there is a log: tells it of every such row, and holds the budget against it. */
  begin(): Promise<void>;
}

const SEAL_KEY_BYTES = 32;

export async function openRecords(
  dir: string,
  { now, fatal }: { readonly now: () => Date; readonly fatal: (cause: unknown) => void },
): Promise<Records> {
  const path = join(dir, 'custodian.db');
  const isFirst = !existsSync(path);
  const { bytes, created } = await readOrCreatePrivate(join(dir, 'keys', 'records.key'), '--dir', () =>
    Promise.resolve(randomBytes(SEAL_KEY_BYTES)),
  );
  const reports = createIntegrityReports(fatal);
  let isIntact = true;
  const onTampered = (row: TamperedRow): void => {
    isIntact = false;
    reports.onTampered(row);
  };
  // WHY not always: where there is a key there were seals, and records without them are somebody else's.
  const onTakenIn = created || isFirst ? reports.onTakenIn : null;
  const integrity = { of: 'custody', key: bytes, onTampered, onTakenIn } as const;
  const store = openStore({ path, now, onFailure: fatal, integrity });
  return {
    store,
    isIntact: () => isIntact,
    async begin() {
      await reports.begin(store);
      await store.commit((tx) => {
        for (const account of mendCustodyBooks(tx)) {
          const note = `${account} held less than the log says was spent`;
          appendEntry(tx, { v: 1, kind: 'integrity', at: tx.now(), decision: 'deny', code: 'CATALOGUE_CORRUPT', note });
        }
      });
    },
  };
}
