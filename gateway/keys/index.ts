/** What keeps a home's secrets: the master key or the service that has it, the secrets that it wraps, and its rotation. */

export { clearKeyFiles } from './clear-key-files.ts';
export { deriveKey } from './derive-key.ts';
export {
  type HomeSecrets,
  identifierKeys,
  openHomeSecrets,
  readHomeSecrets,
  secretsPath,
} from './home-secrets.ts';
export { type KeyServiceProblem, openKeyService } from './key-service.ts';
export {
  createMasterKeyFile,
  type MasterKey,
  openMasterKey,
  readMasterKeyFile,
} from './master-key.ts';
export { type MasterKeyChange, rotateMasterKey } from './rotate-master-key.ts';
