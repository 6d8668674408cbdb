import type { Call, Literal } from '../plan.ts';
import type { SqlType } from '../sql-type.ts';

/** What a parameter takes. `number` keeps its exact type, `temporal` too; `any` is everything but identifiers. */
export type ParameterClass =
  | 'boolean'
  | 'integer'
  | 'double'
  | 'number'
  | 'text'
  | 'as-text'
  | 'date'
  | 'timestamp'
  | 'temporal'
  | 'interval'
  | 'any';

/** A literal in the user's text, and one that the rule accepts: null, or what would be accepted. */
export type ConstantRule = (value: Literal) => string | null;

export interface Parameter {
  readonly is: ParameterClass;
  readonly constant?: ConstantRule;
}

export interface Signature {
  readonly params: readonly Parameter[];
  /** Further arguments of this kind, any number. */
  readonly rest?: Parameter;
  readonly result: SqlType | ((types: readonly SqlType[]) => SqlType);
}

/**
 * A scalar function on the allow-list. Every entry is total: over any data its emitted SQL gives a finite value of its
 * type or NULL, in time and space bounded by its arguments.
 */
export interface ScalarEntry {
  /** The plan's name of it. */
  readonly name: string;
  /** What users may write, lower case. Empty: operators and what only the compiler makes. */
  readonly spellings: readonly string[];
  readonly signatures: readonly Signature[];
  /** SQL of arguments that are already SQL. */
  readonly sql: (args: readonly string[], call: Call) => string;
  /**
   * The outermost operation of `sql` may raise (overflow, domain): the emitter puts TRY around it. An entry whose raising
   * operation stands deeper puts TRY there itself.
   * WHY directly around: DuckDB computes an expression that occurs twice once, outside of the TRYs that hold it, and
   * there it raises. A TRY directly around is then what occurs twice.
   */
  readonly raises?: true;
  /** It may give NaN or infinity: the emitter makes them NULL. */
  readonly nonFinite?: true;
  /** NULL in any argument gives NULL. */
  readonly strict?: true;
  readonly total: string;
  readonly doc: { readonly zh: string; readonly en: string };
}

/** `name(a, b)` in DuckDB. */
export function engineCall(name: string): (args: readonly string[]) => string {
  return (args) => `${name}(${args.join(', ')})`;
}

/** `(a op b op c)`. */
export function infix(operator: string): (args: readonly string[]) => string {
  return (args) => `(${args.join(` ${operator} `)})`;
}
