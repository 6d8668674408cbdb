import { createHmac } from 'node:crypto';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const read = (token: string, index: 0 | 1) =>
  JSON.parse(Buffer.from(token.split('.')[index]!, 'base64url').toString()) as Record<string, unknown>;
const header = (token: string) => read(token, 0);
const claims = (token: string) => read(token, 1);
const signature = (token: string) => token.split('.')[2]!;

function hmac(token: string, key: string): string {
  const body = `${part({ ...header(token), alg: 'HS256' })}.${token.split('.')[1]}`;
  return `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`;
}

/** What to make of an honest token so that the gateway believes what it did not issue. */
export const FORGERIES: readonly (readonly [name: string, forge: (token: string) => string])[] = [
  ['alg none', (token) => `${part({ alg: 'none', typ: 'JWT' })}.${part(claims(token))}.`],
  [
    'alg none with a signature',
    (token) => `${part({ ...header(token), alg: 'none' })}.${token.split('.')[1]}.${signature(token)}`,
  ],
  [
    'another role',
    (token) => `${token.split('.')[0]}.${part({ ...claims(token), role: 'security' })}.${signature(token)}`,
  ],
  [
    'another organisation',
    (token) => `${token.split('.')[0]}.${part({ ...claims(token), org: 'other' })}.${signature(token)}`,
  ],
  [
    'a longer life',
    (token) => `${token.split('.')[0]}.${part({ ...claims(token), exp: 9_999_999_999 })}.${signature(token)}`,
  ],
  ['no signature', (token) => `${token.split('.').slice(0, 2).join('.')}.`],
  ['a signature of another length', (token) => `${token.slice(0, -4)}`],
  ['HMAC with the key id', (token) => hmac(token, String(header(token)['kid']))],
  [
    'an embedded key',
    (token) =>
      `${part({ ...header(token), jwk: { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' } })}.${token.split('.')[1]}.${signature(token)}`,
  ],
  [
    'another key id',
    (token) => `${part({ ...header(token), kid: '../../keys/log.key' })}.${token.split('.')[1]}.${signature(token)}`,
  ],
  ['nothing', () => ''],
  ['two tokens', (token) => `${token}, ${token}`],
];
