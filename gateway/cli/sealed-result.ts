import type { KeyObject } from 'node:crypto';
import { compactDecrypt } from 'jose';
import { z } from 'zod';
import { openedCell } from '#policies';
import { openedStatement, STATEMENT_TYPE, verifySigned } from '../custodian/index.ts';
import type { OpenedStatement } from '../custodian/opening-request.ts';
import { cellShower } from '../formats/result-json.ts';
import { readingOf, sealedAnswer } from '../formats/sealed-answer.ts';
import { storeCell } from '../formats/stored-result.ts';
import { answerTableFields } from './answer-table.ts';
import { CliFailure } from './failure.ts';

/** A job whose answer a custodian sealed for whoever asked. */
export const sealedJob = z.looseObject({
  id: z.string(),
  result: z.looseObject({
    ...answerTableFields,
    suppressed: z.looseObject({ cells: z.number(), reasons: z.array(z.string()) }),
    versions: z.looseObject({ query: z.string() }),
    sealed: sealedAnswer,
  }),
});
export type SealedJob = z.output<typeof sealedJob>;

export interface Opener {
  /** X25519, of the developer. */
  readonly key: KeyObject;
  /** Thumbprint of the key that the custodian signs with, as the developer was told it. */
  readonly custodian: string;
}

/**
 * The job with its values in their places: only the key opens them, and only what that custodian signed, of this very question, is shown.
 * @throws CliFailure SEALED
 */
export async function openSealed<T extends SealedJob>(
  job: T,
  opener: Opener,
): Promise<Omit<T, 'result'> & Pick<T, 'result'>> {
  const { sealed, ...result } = job.result;
  const { jws, said } = await openedBy(sealed.sealed, opener);
  checkSubject(job, said);
  const { values, terms } = readingOf(sealed);
  const numbers = said.cells.map((cells) => cells.map((cell) => (cell === null ? null : BigInt(cell))));
  const columns = values.map((value) =>
    value === null
      ? null
      : numbers.map((group) => ({ ...openedCell(value, terms, group), show: cellShower(value.type) })),
  );
  const rows = result.rows.map((row, at) =>
    row.map((shown, column) => {
      const cell = columns[column]?.[at];
      return cell === undefined ? shown : cell.show(storeCell(cell.value));
    }),
  );
  const intervals = result.columns.flatMap(({ name }, column) => {
    const cells = columns[column];
    return cells == null ? [] : [[name, cells.map(({ interval }) => interval && ([...interval] as [number, number]))]];
  });
  const withheld = columns.flatMap((cells) => cells ?? []).filter(({ value }) => value === null).length;
  const suppressed = { ...result.suppressed, cells: withheld, reasons: withheld === 0 ? [] : ['threshold'] };
  const custody = [{ statement: jws, entry: sealed.entry, receipt: sealed.receipt }];
  return { ...job, result: { ...result, rows, intervals: Object.fromEntries(intervals), suppressed, custody } };
}

async function openedBy(
  jwe: string,
  { key, custodian }: Opener,
): Promise<{ readonly jws: string; readonly said: OpenedStatement }> {
  const { plaintext } = await compactDecrypt(jwe, key).catch(() => {
    throw notOpened({ en: 'it is not sealed for your key', zh: '并非以您的密钥密封' });
  });
  const jws = Buffer.from(plaintext).toString('latin1');
  const signed = await verifySigned(jws, STATEMENT_TYPE, (one) => one === custodian);
  const said =
    signed === null ? null : openedStatement.safeParse(JSON.parse(Buffer.from(signed.payload).toString('utf8')));
  if (said?.success !== true)
    throw notOpened({ en: 'what is in it is not signed by the custodian', zh: '内容没有托管方的签名' });
  return { jws, said: said.data };
}

/**
 * WHY: a gateway could give out one answer for another, or another reading of it. WHY not by job: an answer that is given again was opened for
 * the job that asked first; the question is the same, over the same versions.
 */
function checkSubject({ result }: SealedJob, { query, statistics, cells }: OpenedStatement): void {
  const { terms } = result.sealed;
  const isOfTerms =
    terms.length === statistics.length &&
    terms.every(({ functional, variance }, at) => {
      const opened = statistics[at]!;
      return opened.functional === functional && opened.variance === `${variance.top}/${variance.bottom}`;
    });
  if (query === result.versions.query && isOfTerms && cells.length === result.rows.length) return;
  throw notOpened({ en: 'what is in it is about another question', zh: '内容属于另一查询' });
}

function notOpened({ en, zh }: { readonly en: string; readonly zh: string }): CliFailure {
  return new CliFailure('SEALED', { en: `the answer cannot be used: ${en}`, zh: `答案不可用：${zh}` });
}
