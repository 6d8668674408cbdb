/**
 * When the next version of a table is due by the frequency that its provider declared (更新频率), in words: Dublin Core's frequency
 * vocabulary and the Chinese ones of the city's plan.
 */
const DAYS: readonly (readonly [RegExp, number])[] = [
  [/^(daily|每日|每天|日更|按日)$/, 1],
  [/^(weekly|每周|周更|按周)$/, 7],
  [/^(monthly|每月|月更|按月)$/, 31],
  [/^(two-monthly|bimonthly|双月|每两月|每双月)$/, 62],
  [/^(quarterly|每季|每季度|季更|按季)$/, 92],
  [/^(half-yearly|semiannual|每半年|半年)$/, 184],
  [/^(yearly|annual|每年|年更|按年)$/, 366],
];
const DAY_MS = 86_400_000;

/** @returns an ISO instant; null where the frequency is in other words, or promises nothing. */
export function updateDueAt(frequency: string, uploadedAt: string): string | null {
  const words = frequency.trim().toLowerCase();
  const days = DAYS.find(([pattern]) => pattern.test(words))?.[1];
  return days === undefined ? null : new Date(Date.parse(uploadedAt) + days * DAY_MS).toISOString();
}
