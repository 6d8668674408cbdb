import { CREDIT_CODE_ALPHABET, creditCodeCheck, organisationCodeCheck } from '#policies';
import { INDUSTRIES, TOWNSHIPS } from '../public-lists.ts';
import { hash32, normal, pickWeighted, stream, uniform, weighted } from './draw.ts';
import { firmName } from './names.ts';
import type { Permutation } from './permutation.ts';
import { createPermutation } from './permutation.ts';

/**
 * Firms are numbered by size, the largest first, and their sizes follow a Pareto law exactly: a few dominate their
 * cells. Industries lie in blocks of `positions`, a shuffle of the numbers, so that "all restaurants" is a range.
 */
export interface Firm {
  readonly no: number;
  readonly uscc: string;
  readonly name: string;
  readonly division: string;
  readonly industry: string;
  /** Relative size; the median firm is about 1. */
  readonly size: number;
  readonly foundedYear: number;
  readonly staff: number;
}

export interface Firms {
  readonly size: number;
  firm(no: number): Firm;
  uscc(no: number): string;
  /** The firms in an order that says nothing about their size. */
  shuffled(index: number): number;
  /** Numbers of the firms of an industry (or of several: a prefix of their codes), as a list that is not stored. */
  ofIndustry(prefix: string): { readonly count: number; at(index: number): number };
  /** A firm's number, the large ones more often: for whom somebody works. */
  employer(u: number): number;
}

/** Tail index of the sizes; at scale 1, 18 % of township × industry cells with ≥ 10 firms have one above half. */
const SIZE_TAIL = 1.05;
const SIZE_MAX = 100_000;
const STAFF_MAX = 100_000;

const INDUSTRY_UPPER = weighted(INDUSTRIES.map(([code, share]) => [code, share] as const));
const COUNTY_OF_FIRM = weighted(TOWNSHIPS.map(({ code, thousands }) => [code, thousands ** 1.1] as const));
const DIVISION = stream('firm.division');
const FOUNDED = stream('firm.founded');
const STAFF = stream('firm.staff');
const ORDER = stream('firm.order');

export function createFirms(size: number, seed: number): Firms {
  const positions = createPermutation(size, seed % size);
  const uscc = (no: number): string => creditCode(industryOf(positions, no), townshipOf(seed, no), no);
  const firm = (no: number): Firm => {
    const industry = industryOf(positions, no);
    const division = townshipOf(seed, no);
    const relative = Math.min(SIZE_MAX, (size / (2 * (no + 0.5))) ** (1 / SIZE_TAIL));
    return {
      no,
      uscc: creditCode(industry, division, no),
      name: firmName(seed, no, industry),
      division,
      industry,
      size: relative,
      foundedYear: 2026 - Math.floor(26 * uniform(seed, FOUNDED, no) ** 1.6),
      staff: Math.min(
        STAFF_MAX,
        Math.max(1, Math.round(6 * relative ** 0.8 * Math.exp(0.4 * normal(seed, STAFF, no)))),
      ),
    };
  };
  const order = createPermutation(size, hash32(seed, ORDER, 0));
  // WHY: a table has a firm's months one after another.
  let latest = firm(0);
  const remembered = (no: number): Firm => {
    if (latest.no !== no) latest = firm(no);
    return latest;
  };
  return {
    size,
    firm: remembered,
    uscc,
    shuffled: (index) => order.at(index),
    ofIndustry: (prefix) => industryRange(positions, prefix),
    employer: (u) => Math.floor(size * u ** 3),
  };
}

function industryOf(positions: Permutation, no: number): string {
  return pickWeighted(INDUSTRY_UPPER, positions.at(no) / positions.size);
}

function townshipOf(seed: number, no: number): string {
  return pickWeighted(COUNTY_OF_FIRM, uniform(seed, DIVISION, no));
}

/** INVARIANT: industries with one prefix are neighbours in the list. */
function industryRange(positions: Permutation, prefix: string): { count: number; at(index: number): number } {
  const first = INDUSTRIES.findIndex(([code]) => code.startsWith(prefix));
  const last = INDUSTRIES.findLastIndex(([code]) => code.startsWith(prefix));
  const from = Math.ceil((INDUSTRY_UPPER.upper[first - 1] ?? 0) * positions.size);
  const to = Math.ceil(INDUSTRY_UPPER.upper[last]! * positions.size);
  return { count: Math.max(0, to - from), at: (index) => positions.indexOf(from + index) };
}

/** 31^6 organisation numbers; the multiplier is prime to 31, so that no two firms share one. */
const ORGANISATIONS = 31 ** 6;
const ORGANISATION_STEP = 314_159_269;

/** Firms are 91, co-operatives 93; of the farms every sixth is a village collective, N2. */
function creditCode(industry: string, division: string, no: number): string {
  const farm = industry.startsWith('A');
  const collective = farm && no % 6 === 0;
  const kind = collective ? 'N2' : farm ? '93' : '91';
  const organisation = (collective ? 'MF' : 'MA') + base31(((no + 1) * ORGANISATION_STEP) % ORGANISATIONS);
  const first17 = kind + division.slice(0, 6) + organisation + organisationCodeCheck(organisation);
  return first17 + creditCodeCheck(first17);
}

function base31(value: number): string {
  let text = '';
  for (let rest = value, place = 0; place < 6; place++, rest = Math.floor(rest / 31)) {
    text = CREDIT_CODE_ALPHABET.charAt(rest % 31) + text;
  }
  return text;
}
