import { z } from 'zod';

/**
 * Every variable of the environment that Sluice knows: what it accepts and what it is without it. `readConfig` refuses
 * whatever is not in this table, and the tidy test holds the README against it.
 */

/** Words for a person: never a value, for a value may be a key. */
export interface Wording {
  readonly en: string;
  readonly zh: string;
}

export interface ConfigVariable<T> {
  readonly accepted: Wording;
  /** Parses the text of the variable. Reads nothing else. */
  readonly schema: z.ZodType<T, string>;
}

const same = (text: string): Wording => ({ en: text, zh: text });

function variable<T>(schema: z.ZodType<T, string>, accepted: Wording): ConfigVariable<T> {
  return { schema, accepted };
}

function integer(min: number, max: number): ConfigVariable<number> {
  const schema = z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().int().min(min).max(max));
  return variable(schema, { en: `an integer from ${min} to ${max}`, zh: `${min} 到 ${max} 之间的整数` });
}

function choice<const T extends string>(choices: readonly T[]): ConfigVariable<T> {
  const schema = z.string().transform((text, context): T => {
    const found = choices.find((one) => one === text);
    if (found === undefined) context.addIssue('not one of the choices');
    return found ?? z.NEVER;
  });
  return variable(schema, { en: `one of ${choices.join(', ')}`, zh: `${choices.join('、')} 之一` });
}

const path = variable(z.string().regex(/^[^\0\r\n]{1,4096}$/), { en: 'a path', zh: '一个路径' });

function absoluteUrl(): ConfigVariable<string> {
  const schema = z.string().max(2048).refine(isHttpUrl);
  return variable(schema, {
    en: 'an absolute http(s) URL without user or fragment',
    zh: '不含用户信息和片段的 http(s) 地址',
  });
}

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return ['https:', 'http:'].includes(url.protocol) && url.username === '' && url.password === '' && url.hash === '';
}

const claimName = variable(z.string().regex(/^[\x21-\x7e]{1,200}$/), {
  en: 'the name of a claim: 1 to 200 visible ASCII characters',
  zh: '声明的名称：1 到 200 个可见 ASCII 字符',
});

export const MASTER_KEY_BYTES = 32;

/** 32 bytes as 64 hexadecimal digits or as base64 (either alphabet); null for anything else. */
export function decodeMasterKey(text: string): Uint8Array | null {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Uint8Array.from(Buffer.from(text, 'hex'));
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return null;
  const bytes = Uint8Array.from(Buffer.from(text, 'base64url'));
  return bytes.length === MASTER_KEY_BYTES ? bytes : null;
}

const masterKey: ConfigVariable<Uint8Array> = variable(
  z
    .string()
    .transform(decodeMasterKey)
    .pipe(z.custom<Uint8Array>((key) => key instanceof Uint8Array)),
  {
    en: '32 random bytes as 64 hexadecimal digits or base64, such as `openssl rand -hex 32` prints',
    zh: '32 个随机字节的 64 位十六进制或 base64，例如 `openssl rand -hex 32` 的输出',
  },
);

const scale: ConfigVariable<number> = variable(
  z
    .string()
    .regex(/^\d{1,3}(\.\d{1,9})?$/)
    .transform(Number)
    .pipe(z.number().min(0).max(100)),
  { en: 'a number from 0 (start empty) to 100 (1 is the whole city)', zh: '0（空库启动）到 100 的数（1 为全市规模）' },
);

export const CONFIG_VARIABLES = {
  NODE_ENV: choice(['development', 'test', 'production']),
  SLUICE_PORT: integer(0, 65_535),
  SLUICE_HOST: variable(z.string().regex(/^[A-Za-z0-9.:_-]{1,253}$/), {
    en: 'a host name or an IP address to listen on',
    zh: '监听的主机名或 IP 地址',
  }),
  SLUICE_HOME: path,
  SLUICE_SCALE: scale,
  SLUICE_SEED: integer(0, 4_294_967_295),
  SLUICE_TIER: choice(['auto', 'namespaces', 'bubblewrap', 'none']),
  SLUICE_WORKERS: integer(1, 256),
  SLUICE_MEMORY_MB: integer(256, 1_048_576),
  SLUICE_RUN_DIR: path,
  SLUICE_OIDC_ISSUER: absoluteUrl(),
  SLUICE_OIDC_JWKS_URL: absoluteUrl(),
  SLUICE_OIDC_AUDIENCE: variable(z.string().regex(/^[\x21-\x7e]{1,255}$/), {
    en: 'the audience of the tokens: 1 to 255 visible ASCII characters',
    zh: '令牌的受众：1 到 255 个可见 ASCII 字符',
  }),
  SLUICE_OIDC_ROLE_CLAIM: claimName,
  SLUICE_OIDC_ORG_CLAIM: claimName,
  SLUICE_MASTER_KEY: masterKey,
  SLUICE_MASTER_KEY_FILE: path,
  SLUICE_MASTER_KEY_COMMAND: path,
  SLUICE_MASTER_KEY_URL: absoluteUrl(),
  SLUICE_MASTER_KEY_NAME: variable(z.string().regex(/^[\x21-\x7e]{1,500}$/), {
    en: 'the name of the key in the key management service: 1 to 500 visible ASCII characters',
    zh: '密钥管理服务中密钥的名称：1 到 500 个可见 ASCII 字符',
  }),
  SLUICE_MASTER_KEY_TOKEN_FILE: path,
  SLUICE_WITNESS_URL: absoluteUrl(),
  SLUICE_WITNESS_KEY: variable(z.string().regex(/^[^+\s]{1,255}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{40,2000}=*$/), {
    en: 'the verifier key of the witness, as `sluice witness` prints it',
    zh: '见证者的验证密钥，由 `sluice witness` 输出',
  }),
  SLUICE_WITNESS_POLICY: choice(['follow', 'require']),
  SLUICE_WITNESS_WAIT_MS: integer(100, 60_000),
  SLUICE_CUSTODIAN_URL: absoluteUrl(),
  SLUICE_CUSTODIAN_KEY: variable(z.string().regex(/^[A-Za-z0-9_-]{43}$/), {
    en: 'the thumbprint of the key that the custodian signs with, as `sluice custodian serve` prints it',
    zh: '托管方签名密钥的指纹，由 `sluice custodian serve` 输出',
  }),
  SLUICE_CUSTODIAN_WAIT_MS: integer(100, 600_000),
  SLUICE_TELEMETRY_URL: absoluteUrl(),
  SLUICE_TELEMETRY_HEADERS_FILE: path,
  SLUICE_RESULT_DAYS: integer(1, 36_500),
  SLUICE_LOG_LEVEL: choice(['debug', 'info', 'warn', 'error', 'silent']),
} as const;

export type ConfigVariableName = keyof typeof CONFIG_VARIABLES;

/** For the command line as a client: the gateway lets them stand in its environment and does not read them. */
export const CLIENT_VARIABLES: Readonly<Record<string, Wording>> = {
  SLUICE_URL: same('http(s)://…'),
  SLUICE_TOKEN: same('JWT'),
};

/** The value of each variable once parsed. */
export type ConfigValue<N extends ConfigVariableName> = z.output<(typeof CONFIG_VARIABLES)[N]['schema']>;
