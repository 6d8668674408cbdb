import { dueDate, type HolidayCalendar } from './calendar.ts';
import { addYears } from './term.ts';

/**
 * How an operator comes to operate, and until when (domain.md, 13–15; T6: 遴选→评审→公示→三重一大→协议). Pure: an agreement is the
 * list of the steps that were taken, each by somebody on a day, and what it is on a day follows from them.
 */

/** In order. None is left out, none comes twice. */
export const AGREEMENT_STEPS = [
  'selection',
  'review',
  'publicity',
  'decision',
  'bureau-signature',
  'operator-signature',
] as const;
export type AgreementStep = (typeof AGREEMENT_STEPS)[number];

/** T6: the term of an agreement. */
export const TERM_YEARS = 5;
/** T5: how far back an incident stands against an award. */
export const LOOK_BACK_YEARS = 3;

export interface StepTaken {
  readonly step: AgreementStep;
  /** ISO date in Asia/Shanghai. */
  readonly day: string;
}

/** The first day, and the first day after the last. */
export interface Term {
  readonly from: string;
  readonly end: string;
}

/** Five years from the first day on: the last day is the one before the same day five years later. */
export const termFrom = (from: string): Term => ({ from, end: addYears(from, TERM_YEARS) });

/** What may be done next; null when all is signed. */
export function nextStep(taken: readonly StepTaken[]): AgreementStep | null {
  return AGREEMENT_STEPS[taken.length] ?? null;
}

/**
 * The first day on which an agreement may be decided: the day after the last day of its publicity (公示期), which has as many working
 * days as the bureau set. Null where publicity has not begun.
 */
export function decidableFrom(
  taken: readonly StepTaken[],
  publicityDays: number,
  calendar: HolidayCalendar,
): string | null {
  const publicity = taken.find(({ step }) => step === 'publicity');
  if (publicity === undefined) return null;
  return publicityDays === 0 ? publicity.day : dueDate(publicity.day, publicityDays + 1, calendar);
}

/** Whether an agreement with that term is in force on a day: all have signed, and the term has begun and not ended. */
export function isInForce(taken: readonly StepTaken[], { from, end }: Term, today: string): boolean {
  return nextStep(taken) === null && from <= today && today < end;
}

/** Whether an incident on a day stands against an award on another: within the three years before, or after it. */
export function isWithinLookBack(incidentDay: string, today: string): boolean {
  return incidentDay > addYears(today, -LOOK_BACK_YEARS);
}
