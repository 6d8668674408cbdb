import { assert } from '../../errors.ts';
import { AGGREGATES, type AggregateEntry } from './aggregates.ts';
import { DATE_FUNCTIONS } from './date-functions.ts';
import { INTERNAL_AGGREGATES } from './internal-aggregates.ts';
import { INTERNAL_FUNCTIONS } from './internal-functions.ts';
import { MATH_FUNCTIONS } from './math-functions.ts';
import { OPERATORS } from './operators.ts';
import type { ScalarEntry } from './scalar-entry.ts';
import { TEXT_FUNCTIONS } from './text-functions.ts';
import { WINDOWS, type WindowEntry } from './windows.ts';

/** Every function that the compiler knows. What is not here does not exist. */
export const SCALAR_FUNCTIONS: readonly ScalarEntry[] = [
  ...OPERATORS,
  ...MATH_FUNCTIONS,
  ...TEXT_FUNCTIONS,
  ...DATE_FUNCTIONS,
];

const scalarsByName = new Map([...SCALAR_FUNCTIONS, ...INTERNAL_FUNCTIONS].map((entry) => [entry.name, entry]));
const scalarsBySpelling = new Map(SCALAR_FUNCTIONS.flatMap((entry) => entry.spellings.map((word) => [word, entry])));
const aggregatesByName = new Map([...AGGREGATES, ...INTERNAL_AGGREGATES].map((entry) => [entry.name, entry]));
const aggregatesBySpelling = new Map(AGGREGATES.flatMap((entry) => entry.spellings.map((word) => [word, entry])));
const windowsByName = new Map(WINDOWS.map((entry) => [entry.name, entry]));
const windowsByNodeType = new Map(WINDOWS.map((entry) => [entry.nodeType, entry]));

export const scalarSpelled = (word: string): ScalarEntry | undefined => scalarsBySpelling.get(word.toLowerCase());
export const aggregateSpelled = (word: string): AggregateEntry | undefined =>
  aggregatesBySpelling.get(word.toLowerCase());
export const windowOfType = (nodeType: string): WindowEntry | undefined => windowsByNodeType.get(nodeType);

/** An entry by the plan's own name; a plan with another name is a bug. */
export function scalarNamed(name: string): ScalarEntry {
  const entry = scalarsByName.get(name);
  assert(entry !== undefined, `scalar function ${name} exists`);
  return entry;
}

export function aggregateNamed(name: string): AggregateEntry {
  const entry = aggregatesByName.get(name);
  assert(entry !== undefined, `aggregate ${name} exists`);
  return entry;
}

export const isAggregateName = (name: string): boolean => aggregatesByName.has(name);
export const windowNamed = (name: string): WindowEntry | undefined => windowsByName.get(name);

/** Spellings that a user may write, for hints. */
export const ALL_SPELLINGS: readonly string[] = [
  ...scalarsBySpelling.keys(),
  ...aggregatesBySpelling.keys(),
  ...windowsByName.keys(),
];
