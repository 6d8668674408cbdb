import { z } from 'zod';
import type { StatementKind } from '../grants/statement.ts';
import type { Cli } from './cli.ts';
import { CliFailure } from './failure.ts';
import type { ClientOptions } from './http-client.ts';
import { readKeyFile } from './key-file.ts';

export interface SignOptions extends ClientOptions {
  /** A file with the party's own key. */
  readonly key: string;
}

/**
 * A party's signature, as compact JWS: over what was shown, in the home that showed it.
 *
 * @throws CliFailure KEY_INVALID, FILE; USAGE where nobody is named as who signs
 */
export async function signStatement(
  kind: StatementKind,
  of: { readonly id: string; readonly hash: string; readonly home: string },
  { key: file, as }: SignOptions,
  cli: Cli,
): Promise<string> {
  const { signingKeyOf } = await import('../custodian/signing-key.ts');
  const { signatureType, statementOf } = await import('../grants/statement.ts');
  const key = await signingKeyOf((await readKeyFile(file, 'ed25519')).privateKey);
  return key.sign(statementOf(kind, of, partyOf(as, cli), of.home), signatureType(kind));
}

/** Whose signature it is: of `--as`, else of the token's claims, which only the gateway can vouch for. */
function partyOf(as: string | undefined, { env }: Cli): { readonly org: string; readonly role: string } {
  const [role, , org] = as?.split(':') ?? [];
  if (role !== undefined && org !== undefined) return { org, role };
  const claims = /^[\w-]+\.([\w-]+)\./.exec(env['SLUICE_TOKEN'] ?? '')?.[1] ?? '';
  try {
    return z
      .looseObject({ org: z.string(), role: z.string() })
      .parse(JSON.parse(Buffer.from(claims, 'base64url').toString()));
  } catch {
    throw new CliFailure('USAGE', {
      en: 'pass --as role:sub:org, or set SLUICE_TOKEN',
      zh: '请使用 --as 角色:使用者:机构 或设置 SLUICE_TOKEN',
    });
  }
}
