declare const emitted: unique symbol;
/** SQL that the project wrote from its own plan. Only `emit/` makes it; only the sandbox takes it. */
export type EmittedSql = string & { readonly [emitted]: true };
