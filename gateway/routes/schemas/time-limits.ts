import { z } from '@hono/zod-openapi';
import { LIMIT_DAYS_MAX, USUAL_LIMITS, YEARS_MAX } from '#policies';
import { DaySchema, InstantSchema, oneLine } from './common.ts';

const DAYS_MAX = 100;

const days = (description: string) => z.int().min(1).max(LIMIT_DAYS_MAX).openapi({ description });
const LimitsSchema = z
  .strictObject({
    answerDays: days('for a provider to answer a demand'),
    filingDays: days('from the last signature to the filing of an agreement'),
    supplyDays: days('from the approval of a plan to the supply of its tables'),
    listDays: days('for a peer’s list of a day to be here'),
  })
  .openapi('TimeLimitDays', { description: 'working days' });
const dates = (description: string) => z.array(DaySchema).max(DAYS_MAX).openapi({ description });
const HolidayYearSchema = z
  .strictObject({
    year: z.int().min(2025).max(2199),
    daysOff: dates('days off; Saturdays and Sundays are off anyway'),
    daysWorked: dates('Saturdays and Sundays that are worked in exchange'),
  })
  .openapi('HolidayYear');

const shared = { limits: LimitsSchema, holidays: z.array(HolidayYearSchema).max(YEARS_MAX) };

export const TimeLimitsRequestSchema = z
  .strictObject({ ...shared, comment: oneLine(200) })
  .openapi('TimeLimitsRequest', {
    example: {
      comment: '国务院办公厅关于2027年部分节假日安排的通知',
      limits: { ...USUAL_LIMITS },
      holidays: [{ year: 2027, daysOff: ['2027-01-01'], daysWorked: [] }],
    },
  });
export const TimeLimitsSchema = z
  .object({
    version: z.int(),
    ...shared,
    comment: z.string(),
    proposedBy: z.string(),
    proposedAt: InstantSchema,
    approvedBy: z.string().nullable(),
    approvedAt: InstantSchema.nullable().openapi({ description: 'the newest that was approved is in force' }),
  })
  .openapi('TimeLimits');
export const TimeLimitsListSchema = z
  .object({
    inForce: z.int().nullable().openapi({ description: 'its version; null while nothing was set' }),
    ...shared,
    items: z.array(TimeLimitsSchema).openapi({ description: 'newest first' }),
  })
  .openapi('TimeLimitsList');
export const TimeLimitsParamsSchema = z.object({
  version: z
    .string()
    .regex(/^[1-9]\d{0,5}$/)
    .transform(Number)
    .openapi({ type: 'integer', minimum: 1, maximum: 999_999, example: 1 }),
});
