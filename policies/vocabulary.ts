/**
 * The narrow door of `policies` for those who know its words and compile nothing: the thread that fills the search index, commands of
 * the terminal. WHY: through the wide one they would start with the compiler, which takes half a second.
 */
export * from './access/canary.ts';
export * from './access/drill.ts';
export * from './access/freeze.ts';
export * from './access/risk.ts';
export * from './errors.ts';
export * from './sync/envelope.ts';
