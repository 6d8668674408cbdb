/**
 * Which organisations belong together (domain.md, 07; T2: 不得直接或间接参与). Pure. Two are affiliated when one holds the other, or both
 * share a credit code, a legal representative or a key; and so is whoever is affiliated with an affiliate.
 */

export const AFFILIATION_KINDS = ['ownership', 'credit-code', 'legal-person', 'key'] as const;
export type AffiliationKind = (typeof AFFILIATION_KINDS)[number];

/** A fact about an organisation: `value` is the other organisation of an ownership, else what is shared. */
export interface AffiliationFact {
  readonly org: string;
  readonly kind: AffiliationKind;
  readonly value: string;
}

/** Where facts are found, by one end or the other. */
export interface AffiliationFacts {
  of(org: string): readonly AffiliationFact[];
  with(kind: AffiliationKind, value: string): readonly AffiliationFact[];
}

/**
 * Everyone whom an organisation is affiliated with, directly or over others; without itself.
 *
 * @returns each with the chain of organisations that leads to it, the first one next to `org`.
 */
export function affiliatesOf(org: string, facts: AffiliationFacts): ReadonlyMap<string, readonly string[]> {
  const chains = new Map<string, readonly string[]>([[org, []]]);
  const waiting = [org];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const chain = chains.get(next) ?? [];
    for (const neighbour of neighboursOf(next, facts)) {
      if (chains.has(neighbour)) continue;
      chains.set(neighbour, [...chain, neighbour]);
      waiting.push(neighbour);
    }
  }
  chains.delete(org);
  return chains;
}

/** WHY both ways: an operator that a developer owns is as near to it as one that owns the developer. */
function neighboursOf(org: string, facts: AffiliationFacts): readonly string[] {
  const own = facts.of(org);
  const held = own.filter(({ kind }) => kind === 'ownership').map(({ value }) => value);
  const holders = facts.with('ownership', org).map((fact) => fact.org);
  const sharing = own
    .filter(({ kind }) => kind !== 'ownership')
    .flatMap(({ kind, value }) => facts.with(kind, value).map((fact) => fact.org));
  return [...held, ...holders, ...sharing];
}
