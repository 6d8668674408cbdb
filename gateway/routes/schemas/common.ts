import { z } from '@hono/zod-openapi';
import { LEVELS, MODES } from '#policies';

/** Shapes that several operations share. */

/** WHY: one line of words a person reads; control characters would forge lines in logs, CSV and terminals. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this refuses
const ONE_LINE = /^[^\u0000-\u001F\u007F]*$/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: U+0000 is what this refuses
const NO_NUL = /^[^\u0000]*$/;

/** Free text, as long as the store and the log can keep it. */
export const freeText = (lengthMax: number) => z.string().max(lengthMax).regex(NO_NUL);

export const oneLine = (lengthMax: number) => z.string().min(1).max(lengthMax).regex(ONE_LINE);

export const TitleSchema = z
  .strictObject({ zh: oneLine(200), en: oneLine(200) })
  .openapi('Title', { example: { zh: '企业用水', en: 'enterprise water' } });

export const LevelSchema = z.enum(LEVELS).openapi('Level', {
  description: 'classification by GB/T 43697-2024, from the least to the most protected',
});
export const ModeSchema = z.enum(MODES).openapi('Mode', {
  description: 'how a result may leave, from the weakest to the strictest protection',
});

export const ResourceIdSchema = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/);
export const PlanIdSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
export const JobIdSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
export const OrgIdSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/);

/** Privacy loss in zero-concentrated differential privacy. WHY a least one: below, an answer is noise and the book-keeping is all. */
export const RhoSchema = z.number().min(1e-6);

/** An instant: ISO 8601 in UTC with milliseconds, as the gateway writes it. */
export const InstantSchema = z.string().openapi({ format: 'date-time', example: '2026-01-31T08:00:00.000Z' });
/** A calendar day in Asia/Shanghai. */
export const DaySchema = z.iso.date().openapi({ format: 'date', example: '2026-12-31' });

const PAGE_MAX = 200;
const PAGE_DEFAULT = 50;

/** `limit` of a page. WHY text first: coercion would read `""`, `0x10` and `1e2` as numbers. */
export const LimitSchema = z
  .string()
  .regex(/^[1-9]\d{0,2}$/)
  .transform(Number)
  .pipe(z.int().min(1).max(PAGE_MAX))
  .optional()
  .transform((limit) => limit ?? PAGE_DEFAULT)
  .openapi({ type: 'integer', minimum: 1, maximum: PAGE_MAX, default: PAGE_DEFAULT, description: 'most items' });

/** A page of `items`; `next` is the `after` of the next page, null on the last one. */
export function pageOf<S extends z.ZodType>(item: S) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().openapi({ description: '`after` of the next page; null: this is the last' }),
  });
}

/** Refuses query parameters that no operation knows, so that a misspelt filter is not silently ignored. */
export const NO_QUERY = z.strictObject({});

export const AUTHENTICATED = [{ bearer: [] }];
export const PUBLIC: { [name: string]: string[] }[] = [];

export const TAG = {
  developers: 'developers 开发商',
  providers: 'providers 提供单位',
  bureau: 'data bureau 数据局',
  security: 'security office 安全办',
  everyone: 'everyone 所有人',
} as const;
