import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { AppError } from '#policies/vocabulary';
import {
  CLIENT_VARIABLES,
  CONFIG_VARIABLES,
  type ConfigValue,
  type ConfigVariableName,
  type Wording,
} from './config-variables.ts';
import type { CustodianPlace } from './custodian/custodian-client.ts';
import { nearestName } from './nearest-name.ts';

/** Where tokens come from besides the embedded issuer. */
export interface OidcConfig {
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly roleClaim: string;
  readonly orgClaim: string;
}

/** A key management service: a command on this machine, or an HTTP endpoint over TLS or on this machine. */
export type KeyServiceSource =
  | { readonly from: 'command'; readonly path: string; readonly keyName: string }
  | { readonly from: 'url'; readonly url: string; readonly tokenFile: string | null; readonly keyName: string };

/** Where the key is that wraps every secret of the home. `home`: made on first start, not in production. */
export type MasterKeySource =
  | { readonly from: 'variable'; readonly key: Uint8Array }
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'home'; readonly path: string }
  | KeyServiceSource;

/** Who cosigns the log, and what happens without. */
export interface WitnessConfig {
  readonly url: string;
  readonly vkey: string;
  /** `require`: a result leaves only once the witness has cosigned its outcome. `follow`: it is told, and nobody waits. */
  readonly policy: ConfigValue<'SLUICE_WITNESS_POLICY'>;
  /** Longest that a job waits for the witness. */
  readonly waitMs: number;
}

/** A collector of OpenTelemetry, and a file with the headers that it asks for. */
export interface TelemetryConfig {
  readonly url: string;
  readonly headersFile: string | null;
}

/** Everything that the environment decides. Frozen; paths are absolute. */
export interface Config {
  readonly production: boolean;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly home: string;
  /** Share of the city to generate on first start, 0–100; 0 starts empty. */
  readonly scale: number;
  readonly seed: number;
  readonly tier: ConfigValue<'SLUICE_TIER'>;
  readonly workers: number;
  /** Data segment of one engine worker, in MiB. */
  readonly memoryMbMax: number;
  /** Where decrypted table versions live while a job uses them: a directory of our own, on memory where there is one. */
  readonly runDir: string;
  /** The `aud` that a token must carry. */
  readonly audience: string;
  readonly oidc: OidcConfig | null;
  readonly masterKey: MasterKeySource;
  /** Days for which results of jobs are kept. */
  readonly resultDaysMax: number;
  readonly logLevel: ConfigValue<'SLUICE_LOG_LEVEL'>;
  /** Null: nobody cosigns the log. */
  readonly witness: WitnessConfig | null;
  /** Null: no encrypted column can be asked about. */
  readonly custodian: CustodianPlace | null;
  /** Where spans and metrics go; null: nowhere, unless an SDK is registered before the gateway. */
  readonly telemetry: TelemetryConfig | null;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What defaults depend on; an argument, so that reading the configuration stays a function of its input. */
export interface MachineFacts {
  readonly cwd: string;
  readonly cores: number;
  readonly memoryMb: number;
  /** A directory in memory, or the temporary directory where the system has none. */
  readonly volatileDir: string;
  readonly user: string;
}

export function thisMachine(): MachineFacts {
  return {
    cwd: process.cwd(),
    cores: availableParallelism(),
    memoryMb: Math.floor(totalmem() / 2 ** 20),
    volatileDir: existsSync('/dev/shm') ? '/dev/shm' : tmpdir(),
    user: String(process.getuid?.() ?? 'user'),
  };
}

const DEFAULTS = { host: '127.0.0.1', port: 8787, home: '.sluice', scale: 0.01, seed: 20_260_101, audience: 'sluice' };

/**
 * The configuration that `env` describes. A variable set to nothing counts as unset, as compose files do it.
 * Errors: CONFIG_INVALID for the first variable that is unknown, malformed or at odds with another; the facts name the
 * variable and what would be accepted, never the value, which may be a key.
 */
export function readConfig(env: Environment, machine: MachineFacts = thisMachine()): Config {
  refuseUnknown(env);
  // all of them first: a malformed variable is refused even where another makes it idle
  for (const name of Object.keys(CONFIG_VARIABLES)) readVariable(env, name as ConfigVariableName);
  const read = <N extends ConfigVariableName>(name: N): ConfigValue<N> | undefined => readVariable(env, name);
  const production = read('NODE_ENV') === 'production';
  const home = absolute(machine.cwd, read('SLUICE_HOME') ?? DEFAULTS.home);
  const workers = read('SLUICE_WORKERS') ?? machine.cores;
  const config: Config = {
    production,
    host: read('SLUICE_HOST') ?? DEFAULTS.host,
    port: read('SLUICE_PORT') ?? DEFAULTS.port,
    home,
    scale: read('SLUICE_SCALE') ?? DEFAULTS.scale,
    seed: read('SLUICE_SEED') ?? DEFAULTS.seed,
    tier: readTier(read('SLUICE_TIER'), production),
    workers,
    memoryMbMax: read('SLUICE_MEMORY_MB') ?? defaultMemoryMb(machine.memoryMb, workers),
    runDir: absolute(machine.cwd, read('SLUICE_RUN_DIR') ?? defaultRunDir(machine, home)),
    audience: read('SLUICE_OIDC_AUDIENCE') ?? DEFAULTS.audience,
    oidc: readOidc(read, production),
    masterKey: readMasterKey(read, { production, home, cwd: machine.cwd }),
    resultDaysMax: read('SLUICE_RESULT_DAYS') ?? 365,
    logLevel: read('SLUICE_LOG_LEVEL') ?? 'info',
    witness: readWitness(read),
    custodian: readCustodian(read),
    telemetry: readTelemetry(read, machine.cwd),
  };
  return Object.freeze(config);
}

type Reader = <N extends ConfigVariableName>(name: N) => ConfigValue<N> | undefined;

/** A misspelt variable would silently leave a protection at its default, so none is passed over. */
function refuseUnknown(env: Environment): void {
  const known = [...Object.keys(CONFIG_VARIABLES), ...Object.keys(CLIENT_VARIABLES)];
  for (const name of Object.keys(env).sort()) {
    if (!name.toUpperCase().startsWith('SLUICE_') || known.includes(name)) continue;
    const near = nearestName(name.toUpperCase(), known);
    const hint = near === null ? `known are ${known.join(', ')}` : `did you mean ${near}?`;
    const hintZh = near === null ? `可用的有 ${known.join('、')}` : `是否想写 ${near}？`;
    throw invalid(name, { en: `is not a variable of Sluice; ${hint}`, zh: `不是 Sluice 的变量；${hintZh}` });
  }
}

function readVariable<N extends ConfigVariableName>(env: Environment, name: N): ConfigValue<N> | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const { schema, accepted } = CONFIG_VARIABLES[name];
  const parsed = schema.safeParse(text);
  if (!parsed.success) throw invalid(name, { en: `must be ${accepted.en}`, zh: `应为：${accepted.zh}` });
  return parsed.data as ConfigValue<N>;
}

function readTier(tier: Config['tier'] | undefined, production: boolean): Config['tier'] {
  if (tier === 'none' && production) {
    throw invalid('SLUICE_TIER', {
      en: 'must be auto, namespaces or bubblewrap when NODE_ENV=production: none isolates nothing',
      zh: '在 NODE_ENV=production 时应为 auto、namespaces 或 bubblewrap：none 不作任何隔离',
    });
  }
  return tier ?? 'auto';
}

function readOidc(read: Reader, production: boolean): OidcConfig | null {
  const [issuer, jwksUrl] = [read('SLUICE_OIDC_ISSUER'), read('SLUICE_OIDC_JWKS_URL')];
  if (issuer === undefined && jwksUrl === undefined) {
    if (!production) return null;
    throw invalid('SLUICE_OIDC_ISSUER', {
      en: 'must be set when NODE_ENV=production: the embedded issuer is for trying out only',
      zh: '在 NODE_ENV=production 时必须设置：内置签发者只供试用',
    });
  }
  if (issuer === undefined)
    throw invalid('SLUICE_OIDC_ISSUER', {
      en: 'must be set beside SLUICE_OIDC_JWKS_URL',
      zh: '须与 SLUICE_OIDC_JWKS_URL 一同设置',
    });
  if (jwksUrl === undefined) {
    throw invalid('SLUICE_OIDC_JWKS_URL', {
      en: 'must be set beside SLUICE_OIDC_ISSUER: it is the `jwks_uri` of /.well-known/openid-configuration there',
      zh: '须与 SLUICE_OIDC_ISSUER 一同设置：即签发者 /.well-known/openid-configuration 中的 `jwks_uri`',
    });
  }
  if (production) refusePlainHttp(jwksUrl);
  const roleClaim = read('SLUICE_OIDC_ROLE_CLAIM') ?? 'role';
  const orgClaim = read('SLUICE_OIDC_ORG_CLAIM') ?? 'org';
  return Object.freeze({ issuer, jwksUrl, roleClaim, orgClaim });
}

/** Over TLS, or on this machine. */
function isProtectedUrl(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

/** Keys fetched in the clear could be anybody's. On the same host nobody stands between. */
function refusePlainHttp(jwksUrl: string): void {
  if (isProtectedUrl(jwksUrl)) return;
  throw invalid('SLUICE_OIDC_JWKS_URL', {
    en: 'must be https when NODE_ENV=production',
    zh: '在 NODE_ENV=production 时必须为 https',
  });
}

function readWitness(read: Reader): WitnessConfig | null {
  const [url, vkey, policy] = [read('SLUICE_WITNESS_URL'), read('SLUICE_WITNESS_KEY'), read('SLUICE_WITNESS_POLICY')];
  if (url === undefined && vkey === undefined && policy === undefined) return null;
  if (url === undefined) {
    throw invalid('SLUICE_WITNESS_URL', {
      en: 'must be set beside SLUICE_WITNESS_KEY and SLUICE_WITNESS_POLICY',
      zh: '须与 SLUICE_WITNESS_KEY、SLUICE_WITNESS_POLICY 一同设置',
    });
  }
  if (vkey === undefined) {
    throw invalid('SLUICE_WITNESS_KEY', {
      en: 'must be set beside SLUICE_WITNESS_URL: without it anybody could be the witness',
      zh: '须与 SLUICE_WITNESS_URL 一同设置：否则任何人都可冒充见证者',
    });
  }
  const waitMs = read('SLUICE_WITNESS_WAIT_MS') ?? 10_000;
  return Object.freeze({ url: url.replace(/\/$/, ''), vkey, policy: policy ?? 'follow', waitMs });
}

function readCustodian(read: Reader): CustodianPlace | null {
  const [url, thumbprint] = [read('SLUICE_CUSTODIAN_URL'), read('SLUICE_CUSTODIAN_KEY')];
  if (url === undefined && thumbprint === undefined) return null;
  if (url === undefined) {
    throw invalid('SLUICE_CUSTODIAN_URL', {
      en: 'must be set beside SLUICE_CUSTODIAN_KEY',
      zh: '须与 SLUICE_CUSTODIAN_KEY 一同设置',
    });
  }
  if (thumbprint === undefined) {
    throw invalid('SLUICE_CUSTODIAN_KEY', {
      en: 'must be set beside SLUICE_CUSTODIAN_URL: without it anybody could be the custodian',
      zh: '须与 SLUICE_CUSTODIAN_URL 一同设置：否则任何人都可冒充托管方',
    });
  }
  const waitMs = read('SLUICE_CUSTODIAN_WAIT_MS') ?? 60_000;
  return Object.freeze({ url: url.replace(/\/$/, ''), thumbprint, waitMs });
}

function readTelemetry(read: Reader, cwd: string): TelemetryConfig | null {
  const [url, file] = [read('SLUICE_TELEMETRY_URL'), read('SLUICE_TELEMETRY_HEADERS_FILE')];
  if (url !== undefined) {
    return Object.freeze({ url: url.replace(/\/$/, ''), headersFile: file === undefined ? null : absolute(cwd, file) });
  }
  if (file === undefined) return null;
  throw invalid('SLUICE_TELEMETRY_URL', {
    en: 'must be set beside SLUICE_TELEMETRY_HEADERS_FILE',
    zh: '须与 SLUICE_TELEMETRY_HEADERS_FILE 一同设置',
  });
}

function readMasterKey(
  read: Reader,
  facts: { readonly production: boolean; readonly home: string; readonly cwd: string },
): MasterKeySource {
  const [key, file] = [read('SLUICE_MASTER_KEY'), read('SLUICE_MASTER_KEY_FILE')];
  const service = readKeyService(read, facts.cwd);
  refuseSeveral(
    ['SLUICE_MASTER_KEY', 'SLUICE_MASTER_KEY_FILE', 'SLUICE_MASTER_KEY_COMMAND', 'SLUICE_MASTER_KEY_URL'],
    read,
  );
  if (service !== null) return service;
  if (key !== undefined) return Object.freeze({ from: 'variable', key });
  if (file !== undefined) return Object.freeze({ from: 'file', path: absolute(facts.cwd, file) });
  if (facts.production) {
    throw invalid('SLUICE_MASTER_KEY_FILE', {
      en: 'or another SLUICE_MASTER_KEY… must be set when NODE_ENV=production: the key must not lie beside the data it opens',
      zh: '或其他 SLUICE_MASTER_KEY… 在 NODE_ENV=production 时必须设置：密钥不得与其所保护的数据放在一处',
    });
  }
  return Object.freeze({ from: 'home', path: join(facts.home, 'keys', 'master.key') });
}

/** Of variables that say the same thing in different ways. */
function refuseSeveral(names: readonly ConfigVariableName[], read: Reader): void {
  const [first, second] = names.filter((name) => read(name) !== undefined);
  if (first === undefined || second === undefined) return;
  throw invalid(first, {
    en: `must not be set beside ${second}: keep one`,
    zh: `不可与 ${second} 同时设置：只留一个`,
  });
}

function readKeyService(read: Reader, cwd: string): KeyServiceSource | null {
  const [command, url] = [read('SLUICE_MASTER_KEY_COMMAND'), read('SLUICE_MASTER_KEY_URL')];
  const [keyName, tokenFile] = [read('SLUICE_MASTER_KEY_NAME'), read('SLUICE_MASTER_KEY_TOKEN_FILE')];
  if (command === undefined && url === undefined) {
    if (keyName === undefined && tokenFile === undefined) return null;
    throw invalid('SLUICE_MASTER_KEY_COMMAND', {
      en: 'or SLUICE_MASTER_KEY_URL must be set beside SLUICE_MASTER_KEY_NAME and SLUICE_MASTER_KEY_TOKEN_FILE',
      zh: '或 SLUICE_MASTER_KEY_URL 须与 SLUICE_MASTER_KEY_NAME、SLUICE_MASTER_KEY_TOKEN_FILE 一同设置',
    });
  }
  if (keyName === undefined) {
    throw invalid('SLUICE_MASTER_KEY_NAME', {
      en: 'must be set beside SLUICE_MASTER_KEY_COMMAND or SLUICE_MASTER_KEY_URL: the name of the key there',
      zh: '须与 SLUICE_MASTER_KEY_COMMAND 或 SLUICE_MASTER_KEY_URL 一同设置：密钥在该服务中的名称',
    });
  }
  if (url === undefined) return Object.freeze({ from: 'command', path: absolute(cwd, command ?? ''), keyName });
  if (!isProtectedUrl(url)) {
    throw invalid('SLUICE_MASTER_KEY_URL', {
      en: 'must be https, or on this machine: keys go over it',
      zh: '应为 https 或本机地址：密钥经由它传输',
    });
  }
  const token = tokenFile === undefined ? null : absolute(cwd, tokenFile);
  return Object.freeze({ from: 'url', url, tokenFile: token, keyName });
}

/** Six tenths of the machine shared among the workers, within what one engine needs at least and can use at most. */
function defaultMemoryMb(memoryMb: number, workers: number): number {
  return Math.min(8192, Math.max(512, Math.floor((memoryMb * 0.6) / workers)));
}

/** Two homes on one machine must not wipe each other's run directory, so its name depends on the home. */
function defaultRunDir(machine: MachineFacts, home: string): string {
  const mark = createHash('sha256').update(home).digest('hex').slice(0, 12);
  return join(machine.volatileDir, `sluice-${machine.user}-${mark}`);
}

function absolute(cwd: string, path: string): string {
  return isAbsolute(path) ? resolve(path) : resolve(cwd, path);
}

/** CONFIG_INVALID. `problem` and `problemZh` complete a sentence that begins with the variable's name. */
export function invalid(variable: string, problem: Wording): AppError {
  return new AppError('CONFIG_INVALID', { variable, problem: problem.en, problemZh: problem.zh });
}
