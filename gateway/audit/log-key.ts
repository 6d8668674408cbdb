import type { KeyObject } from 'node:crypto';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError, assert } from '#policies';
import { invalid } from '../config.ts';

/** Keys of signed notes (c2sp.org/signed-note): Ed25519, algorithm byte 0x01. */

/** What the names of gateways' logs begin with; alone, the name of one from before each had its own. */
export const LOG_ORIGIN = 'sluice/access-log';

const ALGORITHM_ED25519 = 0x01;
const KEY_ID_BYTES = 4;
const PUBLIC_KEY_BYTES = 32;
/** DER of an Ed25519 SubjectPublicKeyInfo up to the key itself (RFC 8410 §4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** What checks the log's signatures; its text form is the `vkey` that an office keeps. */
export interface NoteVerifier {
  /** No space, no `+`. */
  readonly name: string;
  readonly keyId: Buffer;
  verify(text: string, signature: Uint8Array): boolean;
}

export interface LogKey extends NoteVerifier {
  /** `name+hex(id)+base64(0x01 ‖ public key)`. */
  readonly vkey: string;
  sign(text: string): Buffer;
}

/**
 * Reads the log's private key (PKCS #8, PEM, below a line with its name), or creates it on the first start: readable by its owner alone, on the
 * disk before it signs anything.
 *
 * @param name of a key that is made now, and of one from before their files kept names.
 * @throws AppError `CONFIG_INVALID` when it is no file, others may read it or it holds another kind of key.
 */
export function loadOrCreateLogKey(path: string, name: string): LogKey {
  assert(isKeyName(name), 'a key name has neither space nor plus sign');
  if (!existsSync(path)) createKeyFile(path, name);
  const status = statSync(path);
  if (!status.isFile())
    throw new AppError('CONFIG_INVALID', { variable: 'log key', problem: 'not a file; put it back from the backup' });
  const othersMayRead = process.platform !== 'win32' && (status.mode & 0o077) !== 0;
  if (othersMayRead) throw new AppError('CONFIG_INVALID', { variable: 'log key', problem: 'others may read it' });
  const { ownName, privateKey } = readKeyFile(path);
  return createLogKey(ownName ?? name, privateKey);
}

/**
 * The same for a log of its own name: `origin`, a slash and 16 hexadecimal digits. WHY: a witness knows logs by their names, and receivers their records
 * (c2sp.org/tlog-checkpoint: an origin is one log's alone).
 */
export function loadOrCreateNamedKey(path: string, origin: string): LogKey {
  return loadOrCreateLogKey(path, existsSync(path) ? origin : `${origin}/${randomBytes(8).toString('hex')}`);
}

/** The keys that sign a log: its own and, until it is retired, the one before it. */
export interface LogKeys {
  readonly key: LogKey;
  readonly former: LogKey | null;
}

/**
 * The keys of a home.
 *
 * @param isFirstStart its own is created then. WHY never over a log: a new key would sign none of its heads, and hide that the old one is missing.
 * @throws AppError `CONFIG_INVALID` where it is missing; and as `loadOrCreateLogKey`.
 */
export function loadLogKeys(current: string, former: string, isFirstStart = false): LogKeys {
  if (!isFirstStart && !existsSync(current)) {
    throw invalid('SLUICE_HOME', {
      en: `has a log, but the key that signs it, \`${current}\`, is missing: restore it from a backup of the home`,
      zh: `中有日志，但缺少其签名密钥 \`${current}\`：请从主目录的备份中恢复`,
    });
  }
  const key = loadOrCreateNamedKey(current, LOG_ORIGIN);
  const before = existsSync(former) ? loadOrCreateLogKey(former, LOG_ORIGIN) : null;
  // A change of keys that was cut off may have left the same key in both files.
  return { key, former: before?.vkey === key.vkey ? null : before };
}

/** Where a home has them. Errors: as `loadLogKeys`. */
export function homeLogKeys(home: string, isFirstStart = false): LogKeys {
  const file = (name: string) => join(home, 'keys', name);
  return loadLogKeys(file('log.key'), file('log-former.key'), isFirstStart);
}

/** A second file with the same private key, on the disk before anything rests on it. */
export function copyKeyFile(from: string, to: string): void {
  rmSync(to, { force: true });
  writeKeyFile(to, readFileSync(from));
}

/** Overwrites the private key, then removes the file. SAD PATH: a disk may keep the old block for a while. */
export function shredKeyFile(path: string): void {
  const file = openSync(path, 'r+');
  try {
    writeSync(file, randomBytes(statSync(path).size));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  rmSync(path);
}

export function createLogKey(name: string, privateKey: KeyObject): LogKey {
  const publicKey = createPublicKey(privateKey);
  const rawPublicKey = publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length);
  const tagged = Buffer.concat([Uint8Array.of(ALGORITHM_ED25519), rawPublicKey]);
  const keyId = keyIdOf(name, tagged);
  return {
    name,
    keyId,
    vkey: `${name}+${keyId.toString('hex')}+${tagged.toString('base64')}`,
    sign: (text) => sign(null, Buffer.from(text), privateKey),
    verify: (text, signature) => verify(null, Buffer.from(text), publicKey, signature),
  };
}

/** Reads a vkey as an office was given it; null when it is none. */
export function parseVkey(vkey: string): NoteVerifier | null {
  const [, name, id, key] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(vkey.trim()) ?? [];
  if (name === undefined || id === undefined || key === undefined) return null;
  const tagged = Buffer.from(key, 'base64');
  const keyId = keyIdOf(name, tagged);
  const isEd25519 = tagged.length === 1 + PUBLIC_KEY_BYTES && tagged[0] === ALGORITHM_ED25519;
  if (!isEd25519 || keyId.toString('hex') !== id) return null;
  const der = Buffer.concat([SPKI_PREFIX, tagged.subarray(1)]);
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return { name, keyId, verify: (text, signature) => verify(null, Buffer.from(text), publicKey, signature) };
}

/** SHA-256(name ‖ 0x0A ‖ algorithm ‖ public key), its first four bytes. */
function keyIdOf(name: string, tagged: Uint8Array): Buffer {
  return createHash('sha256').update(`${name}\n`).update(tagged).digest().subarray(0, KEY_ID_BYTES);
}

function isKeyName(name: string): boolean {
  return name !== '' && !/[+\s]/u.test(name);
}

/** WHY the name in the same file: neither is anything without the other, and one file is copied, replaced and lost at once. */
function createKeyFile(path: string, name: string): void {
  const { privateKey } = generateKeyPairSync('ed25519');
  writeKeyFile(path, Buffer.from(`name: ${name}\n${privateKey.export({ format: 'pem', type: 'pkcs8' })}`));
}

/** WHY a draft: cut off in between, a file without its key would be taken for a damaged one. */
function writeKeyFile(path: string, pem: Buffer): void {
  const draft = `${path}.draft`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, pem);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function readKeyFile(path: string): { readonly ownName: string | null; readonly privateKey: KeyObject } {
  try {
    const text = readFileSync(path, 'utf8');
    const [, ownName = null, pem] = /^(?:name: ([^+\s]+)\n)?(-----BEGIN .*)$/s.exec(text)!;
    const privateKey = createPrivateKey(pem!);
    if (privateKey.asymmetricKeyType === 'ed25519') return { ownName, privateKey };
  } catch {
    // Falls through: what is wrong with the text of a private key is nothing to repeat.
  }
  throw new AppError('CONFIG_INVALID', { variable: 'log key', problem: 'not an Ed25519 private key' });
}
