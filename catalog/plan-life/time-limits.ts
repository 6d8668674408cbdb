import * as z from 'zod';
import {
  AppError,
  calendarWith,
  dueDate,
  findCalendarFault,
  type HolidayCalendar,
  type HolidayYear,
  shanghaiDay,
  type TimeLimits,
  USUAL_LIMITS,
} from '#policies';
import type { Db } from '../db.ts';
import { readJson } from '../json-column.ts';
import { eq } from '../orm.ts';
import { timeLimits } from '../schema.ts';
import { sealedRows } from '../sealed-rows.ts';

/** A version of the city's time limits and of its holidays, whole. */
export interface TimeLimitsVersion {
  /** 1, 2 … */
  readonly version: number;
  readonly limits: TimeLimits;
  readonly holidays: readonly HolidayYear[];
  readonly comment: string;
  /** `org/sub`. */
  readonly proposedBy: string;
  readonly proposedAt: string;
  readonly approvedBy: string | null;
  readonly approvedAt: string | null;
}

const limitsSchema: z.ZodType<TimeLimits> = z.strictObject({
  answerDays: z.int(),
  filingDays: z.int(),
  supplyDays: z.int(),
  listDays: z.int(),
});
const holidaysSchema: z.ZodType<readonly HolidayYear[]> = z.array(
  z.strictObject({ year: z.int(), daysOff: z.array(z.string()), daysWorked: z.array(z.string()) }),
);

/** WHY chosen: without the newest an older one would count, which may give more time. */
const everyVersion = sealedRows('time_limits', 'ORDER BY version', { isChosen: true });

/** Oldest first. */
export function listTimeLimits(db: Db): readonly TimeLimitsVersion[] {
  return everyVersion(db).map(({ limits, holidays, ...rest }) => ({
    ...rest,
    limits: readJson(limitsSchema, limits),
    holidays: readJson(holidaysSchema, holidays),
  }));
}

/** @throws AppError `TIME_LIMITS_INVALID` (path, problem). */
export function proposeTimeLimits(
  tx: Db,
  proposal: Pick<TimeLimitsVersion, 'limits' | 'holidays' | 'comment' | 'proposedBy'>,
): TimeLimitsVersion {
  const fault = findCalendarFault(proposal.holidays);
  if (fault !== null) throw new AppError('TIME_LIMITS_INVALID', { ...fault });
  const version = (listTimeLimits(tx).at(-1)?.version ?? 0) + 1;
  const { limits, holidays, comment, proposedBy } = proposal;
  const json = { limits: JSON.stringify(limits), holidays: JSON.stringify(holidays) };
  tx.orm
    .insert(timeLimits)
    .values({ version, ...json, comment, proposedBy, proposedAt: tx.now() })
    .run();
  return getTimeLimits(tx, version);
}

/** By another person than who proposed it, and never one that is older than what is in force. @throws AppError `TIME_LIMITS_STATE`. */
export function approveTimeLimits(tx: Db, version: number, by: string): TimeLimitsVersion {
  const found = getTimeLimits(tx, version);
  if (found.approvedAt !== null) throw state(version, 'approved', 'a version that is proposed');
  if (found.proposedBy === by) throw state(version, 'proposed by the same person', 'agreement of another person');
  const newest = timeLimitsInForce(tx)?.version ?? 0;
  if (newest > version) throw state(version, `older than version ${newest}`, 'a version that is newer');
  tx.orm.update(timeLimits).set({ approvedBy: by, approvedAt: tx.now() }).where(eq(timeLimits.version, version)).run();
  return getTimeLimits(tx, version);
}

function getTimeLimits(db: Db, version: number): TimeLimitsVersion {
  const found = listTimeLimits(db).find((one) => one.version === version);
  if (found === undefined) throw state(version, 'unknown', 'a version that was proposed');
  return found;
}

const approved = (db: Db): readonly TimeLimitsVersion[] =>
  listTimeLimits(db).filter(({ approvedAt }) => approvedAt !== null);

/** The newest that was approved; null in a home without any. */
export function timeLimitsInForce(db: Db): TimeLimitsVersion | null {
  return approved(db).at(-1) ?? null;
}

/**
 * The last day on which something is in time that began on a day. Limits hold for what begins after the day of their approval; holidays
 * are facts, and count as they are known now.
 *
 * @param from ISO date in Asia/Shanghai.
 */
export function dueOf(db: Db, kind: keyof TimeLimits, from: string): string {
  const versions = approved(db);
  const before = versions.findLast(({ approvedAt }) => approvedAt !== null && shanghaiDay(approvedAt) < from);
  const { [kind]: days } = before?.limits ?? USUAL_LIMITS;
  return dueDate(from, days, calendarOf(versions));
}

/** Working days as they are known now. */
export const cityCalendar = (db: Db): HolidayCalendar => calendarOf(approved(db));

const PUBLISHED = calendarWith([]);

function calendarOf(versions: readonly TimeLimitsVersion[]): HolidayCalendar {
  const newest = versions.at(-1);
  return newest === undefined ? PUBLISHED : calendarWith(newest.holidays);
}

function state(version: number, is: string, accepted: string): AppError {
  return new AppError('TIME_LIMITS_STATE', { id: String(version), state: is, accepted });
}
