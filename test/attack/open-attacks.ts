/**
 * Attacks of the catalogue that still tell one bit or one value from a single answer of mode `aggregate`. SECURITY.md
 * admits them. Each is asserted to work, so that the day it is closed its test turns red and its id leaves this list.
 */
export const OPEN_ATTACKS: ReadonlySet<string> = new Set([
  // A stored value that one person lacks: how many values are missing is not protected by itself.
  ...['A6.10', 'A6.11'],
  // Three conditions of one answer, of which no two are near.
  'A8.8',
]);
