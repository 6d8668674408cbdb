import { basename } from 'node:path';
import { AppError } from '#policies/vocabulary';

/** What SQLite and the system say of a file that is no database, or a folder (`READONLY`: beside a store that can be written). A full disk says else. */
const DAMAGED = /^(SQLITE_(NOTADB|CORRUPT|CANTOPEN|FORMAT|READONLY)|EISDIR$|ERR_FS_EISDIR$)/;

/**
 * Runs what opens a file of the home, so that whoever starts the gateway learns which file it is.
 *
 * @throws AppError `HOME_DAMAGED` (file) where something else lies in its place, `STORE_FAILED` where SQLite fails otherwise; else what `work` threw.
 */
export function opening<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = codeOf(error);
    if (DAMAGED.test(code)) throw new AppError('HOME_DAMAGED', { file: basename(path) }, null, error);
    // What the system itself refuses names its path.
    throw code.startsWith('SQLITE_') ? new AppError('STORE_FAILED', {}, null, error) : error;
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
