import { AppError } from '../../errors.ts';
import type { AggregateCall, Expr } from '../plan.ts';
import { columnsIn } from '../plan-walk.ts';
import { INTEGER } from '../sql-type.ts';
import { productType } from '../type-rules.ts';
import { aggregateCall, and, call, isNotNull, sumType } from './build.ts';
import type { Condition } from './conditions.ts';
import { type Fraction, plusFraction } from './fraction.ts';
import type { LookThrough } from './look-through.ts';
import type { Measure } from './measures.ts';
import type { RowTerm } from './polynomial.ts';
import { type Raw, rootOf } from './raw.ts';
import { weighted } from './weighted-terms.ts';

/** A magnitude that is built up from rows and whose safety can be judged by what each unit contributes. */
export type Magnitude =
  | { readonly kind: 'rows' }
  | { readonly kind: 'present'; readonly arg: Expr }
  | { readonly kind: 'sum'; readonly arg: Expr }
  | { readonly kind: 'distinct'; readonly arg: Expr };

/** One number per group that is judged and released by itself. */
export interface TermSpec {
  /** What is summed over each row, as canonical text: equal in every query that sums the same. */
  readonly functional: string;
  readonly magnitude: Magnitude;
  /** Position in the list of sets: the rows that it is summed over. */
  readonly set: number;
  /** The rows of the set that have every value it needs. */
  readonly filter: Expr | null;
  /** Those values, but for what is summed or counted itself. */
  readonly needed: readonly Expr[];
  /** Conditions inside values that were computed per unit below. */
  readonly requires: readonly Condition[];
  /** Its engine aggregate. */
  readonly call: AggregateCall;
}

/** Rows of a group that meet further conditions of the user; the first set is the whole group. */
export interface SetSpec {
  readonly text: string;
  readonly filter: Expr | null;
}

/** Σ factor · term. */
export type LinearForm = readonly { readonly term: number; readonly factor: Fraction }[];

/** All that one aggregation releases: sets, terms over them, and how values are made of terms. */
export interface Terms {
  readonly sets: readonly SetSpec[];
  readonly terms: readonly TermSpec[];
  /** One per measure, one per form. */
  readonly forms: readonly (readonly LinearForm[])[];
}

/**
 * Gives each distinct set and term one place, whatever values share it. `always`: what every number of rows hangs on; a
 * number of distinct values does not.
 */
export function termsOf(
  measures: readonly Measure[],
  raw: Raw,
  through: LookThrough,
  always: () => readonly Condition[],
): Terms {
  const collector = new Collector(raw, through, always);
  const forms = measures.map((measure) =>
    measure.distinct === null
      ? measure.forms.map((form) => collector.form(form))
      : [[{ term: collector.distinct(measure.distinct), factor: { top: '1', bottom: '1' } }]],
  );
  if (collector.terms.length > TERMS_MAX || collector.sets.length > SETS_MAX)
    throw new AppError('SQL_TOO_COMPLEX', { what: 'terms in sums over protected rows', limit: TERMS_MAX });
  return { sets: collector.sets, terms: collector.terms, forms };
}

/** Each term and set is an aggregate or more of the statements: beyond, they take longer to plan than to run. */
const TERMS_MAX = 64;
const SETS_MAX = 24;

class Collector {
  readonly sets: SetSpec[] = [{ text: '', filter: null }];
  readonly terms: TermSpec[] = [];
  private readonly raw: Raw;
  private readonly through: LookThrough;
  private readonly always: () => readonly Condition[];

  constructor(raw: Raw, through: LookThrough, always: () => readonly Condition[]) {
    this.raw = raw;
    this.through = through;
    this.always = always;
  }

  form(terms: readonly RowTerm[]): LinearForm {
    const factors = new Map<number, Fraction>();
    const some = terms.filter(({ factor }) => factor.top !== '0');
    for (const term of some.length > 0 ? some : terms) {
      const at = this.term(term);
      const known = factors.get(at);
      factors.set(at, known === undefined ? term.factor : plusFraction(known, term.factor));
    }
    const all = [...factors].map(([term, factor]) => ({ term, factor }));
    const adding = all.filter(({ factor }) => factor.top !== '0');
    // WHY all where none adds: a sum of zeros is 0 over some rows and NULL over none.
    return adding.length > 0 ? adding : all;
  }

  distinct({ arg, where }: { readonly arg: Expr; readonly where: readonly Expr[] }): number {
    const { index: set, filter } = this.set(where);
    return this.add({
      functional: `distinct ${this.through.text(arg)}`,
      magnitude: { kind: 'distinct', arg },
      set,
      filter,
      needed: [],
      requires: [...(this.tellsApart(arg) ? this.always() : []), ...this.requires([arg, ...where])],
      call: aggregateCall('count', { args: [arg], type: INTEGER, distinct: true, filter: optional(filter) }),
    });
  }

  /** Distinct values of an expression that rows were grouped apart by are as many as it makes rows. */
  private tellsApart(arg: Expr): boolean {
    const roots = new Set(columnsIn(arg).map((id) => rootOf(this.raw.alias, id)));
    return this.raw.apart.some(({ id }) => roots.has(rootOf(this.raw.alias, id)));
  }

  private term(asked: RowTerm): number {
    const { atoms, present, where } = weighted(asked, this.raw);
    const needed = present.filter((expr) => !this.through.isFilled(expr));
    const { index: set, filter } = this.set(where);
    const magnitude = magnitudeOf(atoms, needed);
    const beside = magnitude.kind === 'present' ? [] : needed;
    const rows = [...optional(filter), ...beside.map(isNotNull)];
    const functional = [
      ...atoms.map(this.through.text).sort(),
      ...needed.map((one) => `[${this.through.text(one)}]`).sort(),
    ];
    return this.add({
      functional: functional.length === 0 ? this.through.rows : functional.join('·'),
      magnitude,
      set,
      filter: rows.length === 0 ? null : and(rows),
      needed: beside,
      requires: [...this.always(), ...this.requires([...atoms, ...needed, ...where])],
      call: callOf(magnitude, rows),
    });
  }

  private set(where: readonly Expr[]): { readonly index: number; readonly filter: Expr | null } {
    const texts = new Map(where.map((expr) => [this.through.text(expr), expr]));
    const text = [...texts.keys()].sort().join(' & ');
    const known = this.sets.findIndex((set) => set.text === text);
    if (known >= 0) return { index: known, filter: this.sets[known]!.filter };
    this.sets.push({ text, filter: and([...texts.values()]) });
    return { index: this.sets.length - 1, filter: this.sets.at(-1)!.filter };
  }

  private add(term: TermSpec): number {
    const known = this.terms.findIndex(({ functional, set }) => functional === term.functional && set === term.set);
    if (known >= 0) return known;
    this.terms.push(term);
    return this.terms.length - 1;
  }

  private requires(exprs: readonly Expr[]): readonly Condition[] {
    return [...new Set(exprs.flatMap(columnsIn))].flatMap((id) => this.raw.conditions.get(id) ?? []);
  }
}

const optional = (expr: Expr | null): readonly Expr[] => (expr === null ? [] : [expr]);

function magnitudeOf(atoms: readonly Expr[], present: readonly Expr[]): Magnitude {
  if (atoms.length > 0) return { kind: 'sum', arg: atoms.reduce(productOf) };
  return present.length === 1 ? { kind: 'present', arg: present[0]! } : { kind: 'rows' };
}

export function productOf(a: Expr, b: Expr): Expr {
  return call('multiply', [a, b], productType(a.type, b.type));
}

function callOf(magnitude: Magnitude, filter: readonly Expr[]): AggregateCall {
  switch (magnitude.kind) {
    case 'rows':
      return aggregateCall('count_star', { args: [], type: INTEGER, filter });
    case 'present':
      return aggregateCall('count', { args: [magnitude.arg], type: INTEGER, filter });
    case 'distinct':
      return aggregateCall('count', { args: [magnitude.arg], type: INTEGER, distinct: true, filter });
    case 'sum':
      return aggregateCall('sum', { args: [magnitude.arg], type: sumType(magnitude.arg.type), filter });
  }
}
