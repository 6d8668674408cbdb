/** A stretch of a list. Lists are stable under inserts: `after` is the key of the last item already seen. */
export interface Page {
  readonly after?: string | undefined;
  /** 1–1,000. Default 100. */
  readonly limit?: number | undefined;
}

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;

/** The number of rows to read, whatever was asked. */
export function boundedLimit(limit: number | undefined): number {
  return Math.max(1, Math.min(LIMIT_MAX, Math.trunc(limit ?? LIMIT_DEFAULT)));
}
