import * as z from 'zod';
import { findVersion } from '#catalog';
import {
  AppError,
  assert,
  type CompiledQuery,
  CUSTODY_REFUSALS,
  emitCipherPieces,
  isWithinWork,
  type SealedQuestion,
} from '#policies';
import {
  type BlockRun,
  blockRanges,
  digestsIn,
  type EngineSession,
  openBlockTexts,
  rowSetOf,
  type SignedBlock,
  sumDigest,
} from '#sandbox';
import type { PipelineDeps } from './deps.ts';

/** What ingest recorded of a version's ciphertext: the columns in the order of their digests. */
const signedBlocks = z.object({ encrypted: z.object({ words: z.array(z.string()), digests: z.base64() }) });
/** Blocks that are read at once, of all columns together: some eight megabytes of text. */
const RUN_BLOCKS = 48;

/**
 * The sums of a question over ciphertext blocks, by a process with SEAL and without any key: of each, the digest that the custodian has to
 * come to as well. Where the engine summed words already, the question as it is.
 * @throws AppError CUSTODIAN_REFUSED where it is too much work; SANDBOX_FAILED where a block is not what was signed
 */
export async function withBlockSums(
  question: SealedQuestion,
  session: Pick<EngineSession, 'query'>,
  { uses }: Pick<CompiledQuery, 'uses'>,
  { store, bgv }: Pick<PipelineDeps, 'store' | 'bgv'>,
): Promise<SealedQuestion> {
  const { layout, groups } = question;
  const { resource, sealedRows, storage } = layout.table;
  const sets = groups.flat().filter((set) => set !== null);
  const names = [...new Set(layout.parts.flatMap(({ sums }) => sums.flatMap(({ blocks }) => blocks)))];
  if (storage === 'words' || names.length === 0) return question;
  if (!isWithinWork('bgv-v1', sets.length, sealedRows))
    throw new AppError('CUSTODIAN_REFUSED', { why: 'groups', ...CUSTODY_REFUSALS.groups });
  const used = uses.find((one) => one.resource === resource);
  assert(used !== undefined, 'what is opened is of a table of the query');
  const version = store.read((db) => findVersion(db, resource, used.version));
  const { words, digests } = signedBlocks.parse(version?.report).encrypted;
  const rowSets = sets.map(({ rows }) => rowSetOf(Buffer.from(rows, 'base64')));
  const work = { sets: rowSets, parts: names.length, key: 'public', isBlinded: false } as const;
  const signed = { words, digests: digestsIn(digests), names };
  const summed = await bgv.sums(work, storedRuns(session, used, signed, sealedRows));
  const digestOf = (set: (typeof sets)[number], blocks: readonly string[]): string =>
    sumDigest(blocks.map((name) => summed[sets.indexOf(set)]![names.indexOf(name)]!));
  return {
    ...question,
    groups: groups.map((parts) =>
      parts.map((set, part) => {
        if (set === null) return null;
        const sums = layout.parts[part]!.sums.map(({ column, of, blocks }) => ({
          column,
          of,
          sum: digestOf(set, blocks),
        }));
        return { ...set, sums };
      }),
    ),
  };
}

interface SignedColumns {
  /** All columns of ciphertext of the table. */
  readonly words: readonly string[];
  readonly digests: readonly Buffer[];
  /** Those that are read. */
  readonly names: readonly string[];
}

/** The stored blocks, run by run, each with the digest that its provider signed. */
async function* storedRuns(
  { query }: Pick<EngineSession, 'query'>,
  used: { readonly resource: string; readonly version: number },
  { words, digests, names }: SignedColumns,
  rows: number,
): AsyncGenerator<BlockRun> {
  for (const range of blockRanges(rows, Math.max(1, Math.floor(RUN_BLOCKS / names.length)))) {
    const { values } = await query(emitCipherPieces(used, names, range));
    const parts = names.map((name, part): readonly SignedBlock[] => {
      const text = values[part]![0];
      if (typeof text !== 'string') throw new AppError('SANDBOX_FAILED');
      return openBlockTexts()
        .add(text)
        .map((bytes, at) => {
          const digest = digests[(range.first + at) * words.length + words.indexOf(name)];
          return { bytes, sha256: digest?.toString('hex') ?? '' };
        });
    });
    yield { first: range.first, parts };
  }
}
