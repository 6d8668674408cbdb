/**
 * The narrow door of `policies` for what reads and writes log entries alone. WHY: the thread that fills the search index would else
 * start with the compiler, which takes half a second.
 */
export * from './access/drill.ts';
export * from './access/risk.ts';
export * from './errors.ts';
