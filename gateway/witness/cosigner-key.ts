import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { AppError } from '#policies';
import { readOrCreatePrivate } from '../identity/index.ts';

/**
 * Keys of cosignatures (c2sp.org/tlog-cosignature): Ed25519, and ML-DSA-44 (FIPS 204), which also holds against quantum
 * computers. A witness has one of each and signs with both.
 */

export type CosignatureKind = 'ed25519' | 'ml-dsa-44';

interface KindFacts {
  /** Byte of the key id and of the vkey. */
  readonly algorithm: number;
  /** DER of a SubjectPublicKeyInfo up to the key itself (RFC 8410 §4; RFC 9881 §4). */
  readonly spkiPrefix: Buffer;
  readonly publicKeyBytes: number;
  readonly signatureBytes: number;
}

const KINDS: Readonly<Record<CosignatureKind, KindFacts>> = {
  ed25519: {
    algorithm: 0x04,
    spkiPrefix: Buffer.from('302a300506032b6570032100', 'hex'),
    publicKeyBytes: 32,
    signatureBytes: 64,
  },
  'ml-dsa-44': {
    algorithm: 0x06,
    spkiPrefix: Buffer.from('30820532300b060960864801650304031103820521' + '00', 'hex'),
    publicKeyBytes: 1_312,
    signatureBytes: 2_420,
  },
};
const KEY_ID_BYTES = 4;

/** What a log and a developer know of a witness: its `vkey`, taken apart. */
export interface CosignatureVerifier {
  /** No space, no `+`. */
  readonly name: string;
  readonly keyId: Buffer;
  readonly kind: CosignatureKind;
  readonly signatureBytes: number;
  verify(message: Uint8Array, signature: Uint8Array): boolean;
}

export interface CosignerKey extends CosignatureVerifier {
  readonly vkey: string;
  sign(message: Uint8Array): Buffer;
}

/**
 * The witness's private key of a kind (PKCS #8, PEM), created on the first start.
 *
 * @throws AppError `CONFIG_INVALID` when others may read the file or it holds another kind of key.
 */
export async function loadOrCreateCosignerKey(path: string, name: string, kind: CosignatureKind): Promise<CosignerKey> {
  // WHY two calls: the types know each name of a kind by itself.
  const make = () => (kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ml-dsa-44'));
  const pem = async () => Buffer.from(make().privateKey.export({ format: 'pem', type: 'pkcs8' }));
  const { bytes } = await readOrCreatePrivate(path, '--dir', pem);
  const privateKey = createPrivateKey(Buffer.from(bytes));
  if (privateKey.asymmetricKeyType !== kind) {
    throw new AppError('CONFIG_INVALID', { variable: '--dir', problem: `holds a key that is not ${kind}` });
  }
  return cosignerKey(name, kind, privateKey);
}

export function cosignerKey(name: string, kind: CosignatureKind, privateKey: KeyObject): CosignerKey {
  const { algorithm, spkiPrefix, signatureBytes } = KINDS[kind];
  const publicKey = createPublicKey(privateKey);
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(spkiPrefix.length);
  const tagged = Buffer.concat([Uint8Array.of(algorithm), raw]);
  const keyId = keyIdOf(name, tagged);
  return {
    name,
    keyId,
    kind,
    signatureBytes,
    vkey: `${name}+${keyId.toString('hex')}+${tagged.toString('base64')}`,
    sign: (message) => sign(null, message, privateKey),
    verify: (message, signature) => verify(null, message, publicKey, signature),
  };
}

/** Reads the vkey of a witness; null when it is none. */
export function parseCosignerVkey(vkey: string): CosignatureVerifier | null {
  const [, name, id, key] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(vkey.trim()) ?? [];
  if (name === undefined || id === undefined || key === undefined) return null;
  const tagged = Buffer.from(key, 'base64');
  const kind = (Object.keys(KINDS) as CosignatureKind[]).find((one) => KINDS[one].algorithm === tagged[0]);
  if (kind === undefined || tagged.length !== 1 + KINDS[kind].publicKeyBytes) return null;
  const keyId = keyIdOf(name, tagged);
  if (keyId.toString('hex') !== id) return null;
  const der = Buffer.concat([KINDS[kind].spkiPrefix, tagged.subarray(1)]);
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
  const { signatureBytes } = KINDS[kind];
  return { name, keyId, kind, signatureBytes, verify: (message, bytes) => verify(null, message, publicKey, bytes) };
}

function keyIdOf(name: string, tagged: Uint8Array): Buffer {
  return createHash('sha256').update(`${name}\n`).update(tagged).digest().subarray(0, KEY_ID_BYTES);
}
