import { DATE_FORMS } from './other-dates.ts';
import type { OtherForm } from './other-form.ts';
import { VALUE_FORMS } from './other-values.ts';

/** Functions of other systems. */
export const OTHER_FORMS: readonly OtherForm[] = [...DATE_FORMS, ...VALUE_FORMS];

const byName = new Map(OTHER_FORMS.flatMap((one) => one.names.map((name) => [name, one] as const)));

/** The form by a function's name, lower case. */
export const otherForm = (name: string): OtherForm | undefined => byName.get(name);
