import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { opening } from '../../catalog/opening.ts';
import { AppError } from '../../policies/index.ts';

/** Goal: who starts a gateway is told which file is damaged, and what the system refuses as the system says it. */
const sqlite = (code: string) => new Database.SqliteError('x', code);
const system = (code: string) => Object.assign(new Error(code), { code, syscall: 'open', path: '/home/sluice.db' });

it.each([sqlite('SQLITE_NOTADB'), sqlite('SQLITE_CORRUPT_INDEX'), sqlite('SQLITE_CANTOPEN'), system('EISDIR')])(
  'names the file: %s',
  (error) => {
    const expected = expect.objectContaining({ code: 'HOME_DAMAGED', facts: { file: 'sluice.db' }, cause: error });
    expect(() => opening('/home/sluice.db', fail(error))).toThrow(expected);
  },
);

it.each([sqlite('SQLITE_FULL'), sqlite('SQLITE_IOERR_WRITE')])('does not call it damaged: %s', (error) => {
  expect(() => opening('/home/sluice.db', fail(error))).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }));
});

it.each([system('EACCES'), system('ENOSPC'), new AppError('HOME_IN_USE'), new TypeError('a bug')])(
  'passes on as it is: %s',
  (error) => {
    expect(() => opening('/home/sluice.db', fail(error))).toThrow(error);
  },
);

function fail(error: Error): () => never {
  return () => {
    throw error;
  };
}
