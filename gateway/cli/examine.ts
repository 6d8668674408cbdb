import { constants } from 'node:fs';
import { access, mkdir, rm, stat, statfs } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { AppError } from '#policies';
import { detectTier } from '#sandbox';
import { type Config, type Environment, readConfig } from '../config.ts';
import type { Wording } from '../config-variables.ts';
import { examineClock } from './examine-clock.ts';
import { examineKeys } from './examine-keys.ts';
import { examineRemains } from './examine-remains.ts';
import { examineSeals } from './examine-seals.ts';
import { examineStore } from './examine-store.ts';

/** One thing that a gateway needs, as this machine has it. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'failure';
  readonly fact: Wording;
  readonly remedy: Wording | null;
}

const NODE_MAJOR = 24;
const TMPFS_MAGIC = 0x01021994;
const RUN_DIR_FREE_MB_MIN = 512;
const DISK_FREE_MB_MIN = 2_048;
/** Idle, and the young generation that a load fills. */
const GATEWAY_MB = 512;

const same = (text: string): Wording => ({ en: text, zh: text });

/** Examines everything; where the configuration is not valid, the rest by its defaults. Writes nothing that stays. */
export async function examine(env: Environment): Promise<readonly Finding[]> {
  const { config, finding } = examineConfig(env);
  return [
    examineRuntime(),
    finding,
    ...(await examineIsolation(config)),
    await examineRunDir(config.runDir),
    examineMemory(config),
    await examineDisk(config.home),
    await examineHome(config.home),
    await examineKeys(config),
    examineClock(config.home, new Date()),
    ...(await examineStore(config)),
    ...(await examineSeals(config)),
    ...(await examineRemains(config)),
    await examinePort(config),
  ];
}

function examineRuntime(): Finding {
  const fits = Number(process.versions.node.split('.')[0]) >= NODE_MAJOR;
  const fact = same(`Node ${process.versions.node} (${process.execPath})`);
  const remedy: Wording = {
    en: 'run `npm ci`, then start through npm or npx: they use the pinned runtime',
    zh: '执行 `npm ci`，然后通过 npm 或 npx 启动：它们使用锁定的运行时',
  };
  return { check: 'runtime', state: fits ? 'ok' : 'failure', fact, remedy: fits ? null : remedy };
}

function examineConfig(env: Environment): { config: Config; finding: Finding } {
  try {
    const config = readConfig(env);
    const fact = config.production ? { en: 'valid, production', zh: '有效，生产环境' } : { en: 'valid', zh: '有效' };
    return { config, finding: { check: 'configuration', state: 'ok', fact, remedy: null } };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const variable = String(error.facts['variable']);
    const fact = { en: `${variable} is not valid`, zh: `${variable} 无效` };
    const remedy = { en: `it ${error.facts['problem']}`, zh: `${error.facts['problemZh']}` };
    return { config: readConfig({}), finding: { check: 'configuration', state: 'failure', fact, remedy } };
  }
}

/** Both tiers are tried. One that does not hold is a failure when no other does, or when it is asked for by name. */
async function examineIsolation(config: Config): Promise<readonly Finding[]> {
  const tried = await Promise.all(
    (['bubblewrap', 'namespaces'] as const).map((tier) => examineTier(tier, config.runDir)),
  );
  const oneHolds = tried.some(({ state }) => state === 'ok');
  return tried.map((finding) => {
    const isChosen = finding.check === `isolation ${config.tier}`;
    if (finding.state === 'ok' || isChosen || (config.tier === 'auto' && !oneHolds)) return finding;
    return { ...finding, state: 'warning' as const, remedy: config.tier === 'auto' ? null : finding.remedy };
  });
}

async function examineTier(tier: 'bubblewrap' | 'namespaces', runDir: string): Promise<Finding> {
  const check = `isolation ${tier}`;
  const scratchDir = `${runDir}-doctor-${tier}`;
  try {
    await mkdir(scratchDir, { recursive: true, mode: 0o700 });
    const { ms } = await detectTier(tier, false, scratchDir);
    return {
      check,
      state: 'ok',
      fact: { en: `holds, self-test in ${ms} ms`, zh: `有效，自检 ${ms} 毫秒` },
      remedy: null,
    };
  } catch (error) {
    if (!(error instanceof AppError)) return { check, state: 'failure', fact: notUsable(scratchDir), remedy: null };
    if (error.code === 'SANDBOX_UNPROVEN') return { check, state: 'failure', ...unproven(error) };
    const { failures, remedy } = error.facts;
    const reason = Array.isArray(failures) ? failures.join('; ') : '';
    const fact = { en: `not available: ${reason}`, zh: `不可用：${reason}` };
    return { check, state: 'failure', fact, remedy: same(String(remedy)) };
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
}

function unproven({ facts: { seconds } }: AppError): Pick<Finding, 'fact' | 'remedy'> {
  return {
    fact: {
      en: `self-test did not finish within ${String(seconds)} s on this loaded machine`,
      zh: `本机负载过高，自检在 ${String(seconds)} 秒内未完成`,
    },
    remedy: { en: 'free its processors and try again', zh: '请释放处理器资源后重试' },
  };
}

async function examineRunDir(runDir: string): Promise<Finding> {
  const check = 'run directory';
  const parent = await nearestExisting(runDir);
  const { type, bavail, bsize } = await statfs(parent);
  const freeMb = Math.floor((bavail * bsize) / 2 ** 20);
  const fact = { en: `${runDir}, ${freeMb} MiB free`, zh: `${runDir}，可用 ${freeMb} MiB` };
  if (!(await isWritable(parent)))
    return { check, state: 'failure', fact: notUsable(runDir), remedy: elsewhere('SLUICE_RUN_DIR') };
  if (type !== TMPFS_MAGIC) {
    const remedy = {
      en: 'it is not in memory, so decrypted tables would touch the disk: set SLUICE_RUN_DIR to a directory on a tmpfs',
      zh: '该目录不在内存中，解密后的表会落盘：请将 SLUICE_RUN_DIR 设为 tmpfs 上的目录',
    };
    return { check, state: 'warning', fact, remedy };
  }
  const remedy = {
    en: 'enlarge it, with docker by `--shm-size=2g`, else `mount -o remount,size=2g` on it',
    zh: '请扩大容量：docker 用 `--shm-size=2g`，否则对其执行 `mount -o remount,size=2g`',
  };
  const roomy = freeMb >= RUN_DIR_FREE_MB_MIN;
  return { check, state: roomy ? 'ok' : 'warning', fact, remedy: roomy ? null : remedy };
}

/** What the kernel would give now, within the limit of a container; all workers at their bound must not take more. */
function examineMemory({ workers, memoryMbMax }: Config): Finding {
  const freeMb = Math.floor(process.availableMemory() / 2 ** 20);
  const neededMb = GATEWAY_MB + workers * memoryMbMax;
  const fact = {
    en: `${freeMb} MiB free; ${workers} workers of at most ${memoryMbMax} MiB and the gateway may take ${neededMb} MiB`,
    zh: `可用 ${freeMb} MiB；${workers} 个工作进程（每个至多 ${memoryMbMax} MiB）与网关最多占用 ${neededMb} MiB`,
  };
  const enough = freeMb >= neededMb;
  const remedy = { en: 'lower SLUICE_WORKERS or SLUICE_MEMORY_MB', zh: '请调低 SLUICE_WORKERS 或 SLUICE_MEMORY_MB' };
  return { check: 'memory', state: enough ? 'ok' : 'warning', fact, remedy: enough ? null : remedy };
}

async function examineDisk(home: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(await nearestExisting(home));
  const freeMb = Math.floor((bavail * bsize) / 2 ** 20);
  const enough = freeMb >= DISK_FREE_MB_MIN;
  const fact = { en: `${freeMb} MiB free for ${home}`, zh: `${home} 可用 ${freeMb} MiB` };
  const remedy = enough ? null : elsewhere('SLUICE_HOME');
  return { check: 'disk', state: enough ? 'ok' : 'warning', fact, remedy };
}

async function examineHome(home: string): Promise<Finding> {
  const check = 'home';
  const nearest = await nearestExisting(home);
  if (!(await isWritable(nearest)))
    return { check, state: 'failure', fact: notUsable(home), remedy: elsewhere('SLUICE_HOME') };
  if (nearest !== home) {
    return {
      check,
      state: 'ok',
      fact: { en: `${home}, made on first start`, zh: `${home}，首次启动时创建` },
      remedy: null,
    };
  }
  const open = ((await stat(home)).mode & 0o077) !== 0;
  const remedy = {
    en: `other accounts can look into it: run \`chmod 700 ${home}\``,
    zh: `其他账户可以访问：请执行 \`chmod 700 ${home}\``,
  };
  return { check, state: open ? 'warning' : 'ok', fact: same(home), remedy: open ? remedy : null };
}

async function examinePort({ host, port }: Config): Promise<Finding> {
  const taken = port !== 0 && (await answers(host, port));
  const fact = taken ? { en: `${host}:${port} is in use`, zh: `${host}:${port} 已被占用` } : same(`${host}:${port}`);
  const remedy = {
    en: 'perhaps by a gateway that runs already; else set SLUICE_PORT',
    zh: '可能网关已在运行；否则请另设 SLUICE_PORT',
  };
  return { check: 'port', state: taken ? 'warning' : 'ok', fact, remedy: taken ? remedy : null };
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: host === '0.0.0.0' || host === '::' ? 'localhost' : host, port, timeout: 1_000 });
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

function notUsable(path: string): Wording {
  return { en: `${path} cannot be written by this account`, zh: `当前账户无法写入 ${path}` };
}

function elsewhere(variable: string): Wording {
  return { en: `set ${variable} to a directory of this account`, zh: `请将 ${variable} 设为当前账户的目录` };
}

async function nearestExisting(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    if (
      at === dirname(at) ||
      (await stat(at).then(
        () => true,
        () => false,
      ))
    )
      return at;
  }
}

function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}
