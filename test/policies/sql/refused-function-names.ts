import { HINTS } from '../../../policies/sql/functions/refused-functions.ts';

/** The names on the compiler's page of refused functions, by what it offers instead. */
export function refusedFunctions(): readonly { readonly accepted: string; readonly names: readonly string[] }[] {
  return HINTS.map(([accepted, names]) => ({ accepted, names }));
}
