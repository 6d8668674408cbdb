/**
 * Goal: who belongs together, directly or over others, is found from either end; each with a chain that holds.
 * Method: drawn facts against sets that are joined fact by fact (union–find). Seed: printed.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  AFFILIATION_KINDS,
  type AffiliationFact,
  type AffiliationFacts,
  affiliatesOf,
} from '../../../policies/index.ts';

const SEED = 20_261_129;
console.log(`affiliates seed ${SEED}`);

const ORGS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'] as const;
const fact: fc.Arbitrary<AffiliationFact> = fc
  .record({
    org: fc.constantFrom(...ORGS),
    kind: fc.constantFrom(...AFFILIATION_KINDS),
    holder: fc.constantFrom(...ORGS),
    shared: fc.constantFrom('s1', 's2', 's3'),
  })
  .map(({ org, kind, holder, shared }) => ({ org, kind, value: kind === 'ownership' ? holder : shared }));
const facts = fc.array(fact, { maxLength: 8 });

const lookup = (all: readonly AffiliationFact[]): AffiliationFacts => ({
  of: (org) => all.filter((one) => one.org === org),
  with: (kind, value) => all.filter((one) => one.kind === kind && one.value === value),
});

/** Sets joined fact by fact: an owner with what it owns, whoever shares with whoever shares. */
function setsOf(all: readonly AffiliationFact[]): (org: string) => string {
  const parent = new Map<string, string>();
  const root = (name: string): string => {
    const above = parent.get(name) ?? name;
    return above === name ? name : root(above);
  };
  for (const { org, kind, value } of all) {
    const other = kind === 'ownership' ? `org ${value}` : `${kind} ${value}`;
    parent.set(root(`org ${org}`), root(other));
  }
  return (org) => root(`org ${org}`);
}

it('finds everybody of the same set and nobody else', () => {
  let found = 0;
  fc.assert(
    fc.property(facts, (all) => {
      const setOf = setsOf(all);
      for (const org of ORGS) {
        const expected = ORGS.filter((other) => other !== org && setOf(other) === setOf(org));
        const affiliates = affiliatesOf(org, lookup(all));
        expect([...affiliates.keys()].filter((one) => one !== org).sort()).toEqual(expected);
        found += affiliates.size;
      }
    }),
    { seed: SEED, numRuns: 1_000 },
  );
  expect(found, 'control: some belong together').toBeGreaterThan(100);
});

it('gives chains whose neighbours have a fact between them', () => {
  fc.assert(
    fc.property(facts, (all) => {
      for (const org of ORGS)
        for (const [other, chain] of affiliatesOf(org, lookup(all))) {
          expect(chain.at(-1)).toBe(other);
          for (const [at, next] of chain.entries()) expect(areNeighbours(chain[at - 1] ?? org, next, all)).toBe(true);
        }
    }),
    { seed: SEED, numRuns: 1_000 },
  );
});

function areNeighbours(one: string, other: string, all: readonly AffiliationFact[]): boolean {
  const owns = all.some(
    ({ org, kind, value }) =>
      kind === 'ownership' && ((org === one && value === other) || (org === other && value === one)),
  );
  const shared = (org: string) =>
    all.filter((fact) => fact.org === org && fact.kind !== 'ownership').map(({ kind, value }) => `${kind} ${value}`);
  return owns || shared(one).some((value) => shared(other).includes(value));
}
