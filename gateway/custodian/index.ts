/** The custodian of encrypted columns: a process of its own, and the gateway's side of it. */
export type { CustodianParts } from './custodian-home.ts';
export {
  addTrust,
  currentShares,
  openCustodianHome,
  readTrust,
  recoverSecret,
  rotateKey,
} from './custodian-home.ts';
export { createCustodianServer } from './custodian-server.ts';
export { type CustodyProof, isCustodyProof } from './custody-proof.ts';
export { openedStatement, STATEMENT_TYPE } from './opening-request.ts';
export { gatewayKeyFile, loadOrCreateSigningKey, signingKeyOf, verifySigned } from './signing-key.ts';
