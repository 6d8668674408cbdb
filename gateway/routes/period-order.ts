import { requestInvalid } from './request-invalid.ts';

/** WHY refused: an empty answer would read as if nothing had happened in that time. @throws AppError `REQUEST_INVALID`. */
export function requireOrder(period: {
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}): void {
  const { from, until } = period;
  if (from === undefined || until === undefined || from < until) return;
  throw requestInvalid([{ en: 'query.until: must be later than `from`', zh: 'query.until：应晚于 `from`' }]);
}
