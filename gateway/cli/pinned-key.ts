import type { JWK } from 'jose';
import { z } from 'zod';
import type { CipherScheme } from '#policies/stored-tables';
import type { Cli } from './cli.ts';
import { CliFailure } from './failure.ts';
import { readJsonFile } from './http-client.ts';

const jwk = z.object({ kty: z.literal('OKP'), crv: z.literal('X25519'), x: z.string().regex(/^[A-Za-z0-9_-]{43}$/) });
/** A bare key, or what a custodian answers at `/v1/key`. */
const wrappingKey = z.union([jwk, z.object({ key: jwk }).transform(({ key }) => key)]);
/** What it answers at `/v1/key/bgv-v1`. */
const bgvKeys = z.object({ key: jwk, bgv: z.base64() });

/** The custodian's public keys: what packages are sealed for, and what values are encrypted with under `bgv-v1`. */
export interface CustodianKeys {
  readonly wrapping: JWK;
  readonly bgv: Uint8Array | null;
}

/**
 * The custodian's public keys from a file or a URL, and only if their fingerprint is the one that the provider was told on another way, and
 * the one that the table declares: RFC 7638 of the one key, or the id of both (`bgvKeyId`).
 * @throws CliFailure KEY_UNCONFIRMED, KEY_OTHER, KEY_INVALID; it shows the fingerprint
 */
export async function pinnedKeys(
  place: string,
  told: string | undefined,
  { scheme, declared }: { readonly scheme: CipherScheme; readonly declared: readonly string[] },
  cli: Cli,
): Promise<CustodianKeys> {
  const { keys, fingerprint } = await (scheme === 'bgv-v1' ? foundBgvKeys(place) : foundKey(place));
  if (told === undefined) throw unconfirmed(fingerprint);
  if (told !== fingerprint || declared.some((id) => id !== fingerprint)) throw otherKey(fingerprint, told, declared);
  cli.err(
    cli.words({ en: `custodian key ${fingerprint}, as confirmed\n`, zh: `托管方公钥 ${fingerprint}，与确认的一致\n` }),
  );
  return keys;
}

interface Found {
  readonly keys: CustodianKeys;
  readonly fingerprint: string;
}

async function foundKey(place: string): Promise<Found> {
  const found = wrappingKey.safeParse(await fetchKey(place));
  if (!found.success)
    throw new CliFailure('KEY_INVALID', {
      en: `\`${place}\` has no X25519 key as JWK`,
      zh: `\`${place}\` 不是 X25519 公钥（JWK）`,
    });
  return { keys: { wrapping: found.data, bgv: null }, fingerprint: await thumbprint(found.data) };
}

async function foundBgvKeys(place: string): Promise<Found> {
  const isService = /^https?:/.test(place) && !place.endsWith('/bgv-v1');
  const found = bgvKeys.safeParse(await fetchKey(isService ? `${place.replace(/\/$/, '')}/bgv-v1` : place));
  if (!found.success)
    throw new CliFailure('KEY_INVALID', {
      en: `\`${place}\` has no public keys of bgv-v1`,
      zh: `\`${place}\` 没有 bgv-v1 公钥`,
    });
  const { bgvKeyId } = await import('#sandbox');
  const bgv = Buffer.from(found.data.bgv, 'base64');
  return { keys: { wrapping: found.data.key, bgv }, fingerprint: bgvKeyId(await thumbprint(found.data.key), bgv) };
}

async function thumbprint(key: JWK): Promise<string> {
  const { calculateJwkThumbprint } = await import('jose'); // much to load for commands that pin nothing
  return await calculateJwkThumbprint(key);
}

async function fetchKey(place: string): Promise<unknown> {
  if (!/^https?:\/\//.test(place)) return await readJsonFile(place);
  try {
    const response = await fetch(place, { redirect: 'error' });
    return await response.json();
  } catch {
    throw new CliFailure('UNREACHABLE', { en: `no key at ${place}`, zh: `无法从 ${place} 取得公钥` });
  }
}

function unconfirmed(fingerprint: string): CliFailure {
  return new CliFailure(
    'KEY_UNCONFIRMED',
    {
      en: `the key found has the fingerprint ${fingerprint}; compare it with what the custodian tells you on another way, then pass --fingerprint`,
      zh: `所得公钥的指纹为 ${fingerprint}；请通过其他途径与托管方核对后以 --fingerprint 给出`,
    },
    2,
    { fingerprint },
  );
}

function otherKey(fingerprint: string, told: string, declared: readonly string[]): CliFailure {
  if (told === fingerprint) return rotatedKey(fingerprint, declared);
  const wanted = [...new Set([told, ...declared])].join(', ');
  return new CliFailure(
    'KEY_OTHER',
    {
      en: `the key found has the fingerprint ${fingerprint}, which is not ${wanted}: nothing was encrypted`,
      zh: `所得公钥的指纹为 ${fingerprint}，与 ${wanted} 不符：未加密任何内容`,
    },
    1,
    { fingerprint },
  );
}

function rotatedKey(fingerprint: string, declared: readonly string[]): CliFailure {
  const wanted = [...new Set(declared)].join(', ');
  return new CliFailure(
    'KEY_OTHER',
    {
      en: `the table is registered for the key ${wanted}, not for ${fingerprint}: nothing was encrypted. If the custodian has rotated its key since, pass --rotated`,
      zh: `该表登记的公钥为 ${wanted}，而非 ${fingerprint}：未加密任何内容。如托管方此后更换过密钥，请加 --rotated`,
    },
    1,
    { fingerprint },
  );
}
