/**
 * Places in the user's text. DuckDB counts bytes of UTF-8 in `query_location` and code points in syntax errors, both
 * after it replaced each Unicode space outside quotes by one blank; the project counts UTF-16 code units.
 */

/** Byte offsets of `query_location` to UTF-16 offsets; null where DuckDB gives none. */
export type OffsetReader = (location: unknown) => number | null;

const BEYOND_ASCII = /[\u0080-\uffff]/;
const UNICODE_SPACE = /[\u00a0\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff]/;

export function offsetReader(text: string): OffsetReader {
  const inText = (offset: number): number | null => (offset >= 0 && offset <= text.length ? offset : null);
  if (!BEYOND_ASCII.test(text)) return (location) => (typeof location === 'number' ? inText(location) : null);
  const byByte = byteStarts(text);
  return (location) => (typeof location === 'number' ? (byByte[location] ?? null) : null);
}

/** UTF-16 offset of the n-th code point. */
export function codePointOffset(text: string, codePoints: number): number | null {
  if (!Number.isSafeInteger(codePoints) || codePoints < 0) return null;
  let offset = 0;
  for (let left = codePoints; left > 0 && offset < text.length; left--) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}

/** For each byte of what DuckDB parsed, the UTF-16 offset of its character. */
function byteStarts(text: string): number[] {
  const starts: number[] = [];
  let quote: string | null = null;
  for (let offset = 0; offset < text.length; ) {
    const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
    if (quote === null && (character === "'" || character === '"')) quote = character;
    else if (quote === character) quote = null;
    const bytes = quote === null && UNICODE_SPACE.test(character) ? 1 : Buffer.byteLength(character);
    for (let byte = 0; byte < bytes; byte++) starts.push(offset);
    offset += character.length;
  }
  starts.push(text.length);
  return starts;
}
