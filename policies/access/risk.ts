/** What makes a single access worth a second look. Pure: everything is in the entry and the public calendar of the city. */

/** `canary`: a value that must never leave stood in an answer. The gravest; with `integrity` the only ones to act on at once. */
export const RISKS = ['denied', 'off-hours', 'sensitive', 'integrity', 'canary'] as const;
export type Risk = (typeof RISKS)[number];

const WORK_BEGINS = 8;
const WORK_ENDS = 19;
const SENSITIVE: ReadonlySet<string> = new Set(['general-3', 'general-4', 'important', 'core']);
const ASKS: ReadonlySet<string> = new Set(['intent', 'outcome', 'refusal']);
const SHANGHAI_OFFSET_MS = 8 * 60 * 60 * 1_000;

/** Hour and weekday in Asia/Shanghai, which has had one offset since 1991. `at` is ISO 8601 UTC. */
function shanghai(at: string): { readonly hour: number; readonly weekday: number } {
  const local = new Date(Date.parse(at) + SHANGHAI_OFFSET_MS);
  return { hour: local.getUTCHours(), weekday: local.getUTCDay() };
}

/** Outside Monday to Friday, 8 to 19 o'clock in Asia/Shanghai. Holidays count as the weekdays that they are. */
export function isOffHours(at: string): boolean {
  const { hour, weekday } = shanghai(at);
  return weekday === 0 || weekday === 6 || hour < WORK_BEGINS || hour >= WORK_ENDS;
}

/** The risks of one log entry. */
export function risksOf(entry: {
  readonly kind: string;
  readonly at: string;
  readonly decision?: string;
  readonly code?: string;
  readonly tables?: readonly { readonly level: string }[];
}): readonly Risk[] {
  const { kind, at, decision, code, tables = [] } = entry;
  const risks: Risk[] = [];
  if (decision === 'deny') risks.push('denied');
  if (ASKS.has(kind) && isOffHours(at)) risks.push('off-hours');
  if (ASKS.has(kind) && tables.some(({ level }) => SENSITIVE.has(level))) risks.push('sensitive');
  if (kind === 'integrity') risks.push('integrity');
  if (code === 'POLICY_CANARY') risks.push('canary');
  return risks;
}
