/** The witness of a log: what the security office runs, and what the gateway does with it. */

export { readCosignature } from './cosignature.ts';
export { type CosignedLog, cosignedAt, openCosignedLog } from './cosigned-log.ts';
export { type CosignatureVerifier, loadOrCreateCosignerKey, parseCosignerVkey } from './cosigner-key.ts';
export { releaseWitness } from './release-witness.ts';
export { createWitnessServer } from './witness-server.ts';
export { openWitnessState } from './witness-state.ts';
