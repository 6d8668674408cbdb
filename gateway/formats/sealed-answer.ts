import * as z from 'zod';
import type { SealedReading } from '#policies';
import { openingAnswer } from '../custodian/opening-request.ts';

/** What a custodian sealed for the asker, passed on unread, and how the asker makes values of it (policies/release/sealed-reading.ts). */
export type SealedAnswer = z.output<typeof sealedAnswer>;

const fraction = z.strictObject({ top: z.string(), bottom: z.string() });
const value = z.looseObject({
  rule: z.string(),
  forms: z.array(z.array(z.strictObject({ term: z.int().min(0), factor: fraction }))),
  type: z.looseObject({ kind: z.string() }),
  range: z.tuple([fraction, fraction]).nullable(),
});

export const sealedAnswer = openingAnswer.extend({
  /** Per column; null for a key of the groups. */
  values: z.array(value.nullable()),
  terms: z.array(z.strictObject({ functional: z.string(), variance: fraction })),
});

/** WHY a cast: the rules and types of values are the compiler's own closed lists, which a schema would only repeat. */
export const readingOf = ({ values, terms }: SealedAnswer): SealedReading => ({ values, terms }) as SealedReading;
