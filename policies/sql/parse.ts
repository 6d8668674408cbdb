declare const untrusted: unique symbol;
/** The user's own text. It reaches DuckDB's parser as a bound parameter, and nothing else, ever. */
export type UntrustedSql = string & { readonly [untrusted]: true };

/** Stage `parse`: one SELECT as DuckDB's own syntax tree, not yet checked against the allow-list. */
export interface ParsedQuery {
  readonly kind: 'parsed';
  readonly text: UntrustedSql;
  /** The statement's `node` of `json_serialize_sql`. */
  readonly node: unknown;
}
