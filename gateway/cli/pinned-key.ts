import type { JWK } from 'jose';
import { z } from 'zod';
import type { Cli } from './cli.ts';
import { CliFailure } from './failure.ts';
import { readJsonFile } from './http-client.ts';

const jwk = z.object({ kty: z.literal('OKP'), crv: z.literal('X25519'), x: z.string().regex(/^[A-Za-z0-9_-]{43}$/) });
/** A bare key, or what a custodian answers at `/v1/key`. */
const answer = z.union([jwk, z.object({ key: jwk }).transform(({ key }) => key)]);

/**
 * The custodian's public key from a file or a URL, and only if its fingerprint (RFC 7638) is the one that the provider was told on
 * another way, and the one that the table declares.
 * @throws CliFailure KEY_UNCONFIRMED, KEY_OTHER, KEY_INVALID; it shows the fingerprint
 */
export async function pinnedKey(
  place: string,
  told: string | undefined,
  declared: readonly string[],
  cli: Cli,
): Promise<JWK> {
  const found = answer.safeParse(await fetchKey(place));
  if (!found.success) {
    throw new CliFailure('KEY_INVALID', {
      en: `\`${place}\` has no X25519 key as JWK`,
      zh: `\`${place}\` 不是 X25519 公钥（JWK）`,
    });
  }
  const { calculateJwkThumbprint } = await import('jose'); // much to load for commands that pin nothing
  const fingerprint = await calculateJwkThumbprint(found.data);
  if (told === undefined) throw unconfirmed(fingerprint);
  if (told !== fingerprint || declared.some((id) => id !== fingerprint)) throw otherKey(fingerprint, told, declared);
  cli.err(
    cli.words({ en: `custodian key ${fingerprint}, as confirmed\n`, zh: `托管方公钥 ${fingerprint}，与确认的一致\n` }),
  );
  return found.data;
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
