/**
 * Seconds of `Prefer: wait=N` (RFC 7240 §4.3), capped; null where the header does not ask for it. A preference that is
 * malformed or unknown is ignored, as the RFC says; of several the first counts.
 */
export function waitSecondsOf(prefer: string | undefined, secondsMax: number): number | null {
  for (const part of (prefer ?? '').split(',')) {
    const match = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;.*)?$/i.exec(part);
    if (match !== null) return Math.min(Number(match[1]), secondsMax);
  }
  return null;
}
