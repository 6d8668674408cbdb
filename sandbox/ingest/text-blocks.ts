import { isAscii, isUtf8 } from 'node:buffer';
import { AppError } from '#policies/stored-tables';
import type { UploadEncoding } from './ingest-report.ts';
import { foreignFormat, formatError } from './upload-problem.ts';

/** Bytes to UTF-8 text, block by block. */

/** Read from the first byte that is not ASCII to tell one encoding from the other. */
const SAMPLE_BYTES = 256 * 1024;
/** A file is UTF-8 when fewer than this share of its non-ASCII characters are broken: one bad name is a bad row. */
const BROKEN_SHARE_MAX = 0.05;
const ACCEPTED = 'utf-8, gb18030';
const NUL = 0;
const REPLACEMENT = '\ufffd';

export interface TextBlocks {
  /** Each block may be overwritten by the next. */
  readonly blocks: AsyncIterable<Buffer>;
  /** Known after the last block; a file of ASCII alone is UTF-8. */
  encoding(): UploadEncoding;
}

/**
 * UTF-8 passes unchanged (its byte order mark removed; broken bytes are found row by row later), GB18030 is recoded; a
 * byte sequence that is no character becomes U+FFFD, which rejects its row.
 * @throws AppError UPLOAD_FORMAT (not text), UPLOAD_ENCODING (neither encoding fits)
 */
export function readTextBlocks(body: AsyncIterable<Buffer>, encoding: UploadEncoding | 'auto'): TextBlocks {
  let known: UploadEncoding | null = null;
  const blocks = async function* (): AsyncGenerator<Buffer> {
    let recode: InstanceType<typeof TextDecoder> | null = null;
    for await (const { bytes, sample } of withSample(body, () => known === null)) {
      if (sample !== null && sample.length > 0) {
        known = detectEncoding(sample, encoding === 'auto' ? ['utf-8', 'gb18030'] : [encoding]);
        if (known === 'gb18030') recode = new TextDecoder('gb18030');
      }
      const text = recode === null ? bytes : Buffer.from(recode.decode(bytes, { stream: true }), 'utf8');
      if (text.includes(NUL)) throw formatError('nul-byte');
      if (text.length > 0) yield text;
    }
    const rest = recode?.decode() ?? '';
    if (rest.length > 0) yield Buffer.from(rest, 'utf8');
  };
  return { blocks: blocks(), encoding: () => known ?? (encoding === 'auto' ? 'utf-8' : encoding) };
}

interface SampledBlock {
  readonly bytes: Buffer;
  /** On the first block with a byte beyond ASCII: the text from that byte on, as far as the sample goes. */
  readonly sample: Buffer | null;
}

/** WHY the sample starts at the first byte beyond ASCII: a long run of digits before it says nothing of the encoding. */
async function* withSample(body: AsyncIterable<Buffer>, wanted: () => boolean): AsyncGenerator<SampledBlock> {
  let held: Buffer[] = [];
  let first = true;
  const flush = function* (): Generator<SampledBlock> {
    const bytes = Buffer.concat(held);
    held = [];
    if (bytes.length > 0) yield { bytes, sample: sampleOf(bytes) };
  };
  for await (const block of body) {
    let bytes = block;
    if (first) bytes = withoutMark(block);
    first = false;
    if (held.length === 0 && (!wanted() || isAscii(bytes))) {
      yield { bytes, sample: null };
      continue;
    }
    held.push(Buffer.from(bytes)); // the block itself is overwritten by the next
    if (sampleOf(Buffer.concat(held)).length >= SAMPLE_BYTES) yield* flush();
  }
  yield* flush();
}

function sampleOf(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte > 0x7f);
  return start < 0 ? bytes.subarray(bytes.length) : bytes.subarray(start, start + SAMPLE_BYTES);
}

function withoutMark(block: Buffer): Buffer {
  const foreign = foreignFormat(block);
  if (foreign !== null) throw formatError(foreign);
  const [a, b, c] = block;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
    throw new AppError('UPLOAD_ENCODING', { encoding: 'utf-16', accepted: ACCEPTED });
  }
  return a === 0xef && b === 0xbb && c === 0xbf ? block.subarray(3) : block;
}

/** @throws AppError UPLOAD_ENCODING when none of the candidates, or not the one declared, fits the sample. */
function detectEncoding(sample: Buffer, candidates: readonly UploadEncoding[]): UploadEncoding {
  const fits = (encoding: UploadEncoding) =>
    (encoding === 'utf-8' && isUtf8(sample)) || brokenShare(encoding, sample) < BROKEN_SHARE_MAX;
  const found = candidates.find(fits);
  if (found !== undefined) return found;
  const [only, another] = candidates;
  const declared = another === undefined && only !== undefined ? { declared: only } : {};
  throw new AppError('UPLOAD_ENCODING', { ...declared, accepted: ACCEPTED });
}

/** Share of the characters beyond ASCII that do not decode. The sample's own cut end counts for nothing. */
function brokenShare(encoding: UploadEncoding, sample: Buffer): number {
  const text = new TextDecoder(encoding).decode(sample, { stream: true });
  let beyond = 0;
  let broken = 0;
  for (const character of text) {
    if (character > '\u007f') beyond += 1;
    if (character === REPLACEMENT) broken += 1;
  }
  return beyond === 0 ? 0 : broken / beyond;
}
