import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { ROLES, type Role } from '../identity/caller.ts';
import type { Cli } from './cli.ts';
import { CliFailure } from './failure.ts';
import { rejectedLines, rejectedRows } from './rejected-rows.ts';
import { mintToken } from './token.ts';

/** Where the gateway is and as whom to speak to it. */
export interface ClientOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly as?: string;
}

/** What every command that speaks to a gateway takes. */
export function addClientOptions(command: Command, cli: Cli): Command {
  const { words } = cli;
  return command
    .addOption(
      new Option('--url <url>', words({ en: 'the gateway; else SLUICE_URL', zh: '网关地址；缺省取 SLUICE_URL' })),
    )
    .addOption(
      new Option(
        '--token-file <file>',
        words({ en: 'a file with the token; else SLUICE_TOKEN', zh: '令牌文件；缺省取 SLUICE_TOKEN' }),
      ).conflicts('as'),
    )
    .addOption(
      new Option(
        '--as <role:sub:org>',
        words({ en: 'mint a token here (not in production)', zh: '就地签发令牌（生产环境不可用）' }),
      ),
    )
    .option('--json', words({ en: 'as JSON', zh: '以 JSON 输出' }));
}

export interface ClientRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | ReadableStream<Uint8Array>;
}

export interface Client {
  /** The JSON of a 2xx answer. Errors: CliFailure with exit code 1 for a problem, 2 where there is no gateway. */
  request(request: ClientRequest): Promise<unknown>;
}

/** The parts of RFC 9457 that a person is shown. */
const problem = z.looseObject({
  code: z.string().default('HTTP'),
  detail: z.string().default(''),
  title: z.string().default(''),
  hint: z.string().default(''),
  /** Of an upload, the first rows that were not taken. */
  rejected: rejectedRows.catch([]),
  facts: z.looseObject({ rejected: z.number() }).catch({ rejected: 0 }),
});

export async function createClient(options: ClientOptions, cli: Cli): Promise<Client> {
  const base = baseUrl(options, cli);
  const token = await tokenOf(options, cli);
  return {
    request: async ({ method, path, headers, body }) => {
      const response = await send(new URL(path, base), {
        method,
        headers: {
          accept: 'application/json',
          'accept-language': cli.language,
          authorization: `Bearer ${token}`,
          ...headers,
        },
        ...(body === undefined ? {} : { body, duplex: 'half' as const }),
      });
      const answer: unknown = await response.json().catch(() => null);
      if (response.ok) return answer;
      throw refusal(response.status, answer, cli);
    },
  };
}

function baseUrl(options: ClientOptions, cli: Cli): string {
  const url = options.url ?? cli.env['SLUICE_URL'] ?? `http://127.0.0.1:${cli.env['SLUICE_PORT'] ?? '8787'}`;
  if (URL.canParse(url) && /^https?:/.test(url)) return url;
  throw new CliFailure('USAGE', { en: '--url takes an http(s) URL', zh: '--url 应为 http(s) 地址' });
}

async function tokenOf(options: ClientOptions, cli: Cli): Promise<string> {
  if (options.as !== undefined) return await mintToken(cli, callerOf(options.as));
  if (options.tokenFile !== undefined) return (await readTextFile(options.tokenFile)).trim();
  const token = cli.env['SLUICE_TOKEN'];
  if (token !== undefined && token !== '') return token.trim();
  throw new CliFailure('TOKEN_MISSING', {
    en: 'no token: set SLUICE_TOKEN, or pass --token-file FILE or --as role:sub:org\n  for trying out, `npx sluice token --role developer --sub alice --org chuyun-research` prints one',
    zh: '没有令牌：请设置 SLUICE_TOKEN，或使用 --token-file 文件 或 --as 角色:使用者:机构\n  试用时可由 `npx sluice token --role developer --sub alice --org chuyun-research` 取得',
  });
}

function callerOf(text: string): { role: Role; sub: string; org: string } {
  const [roleText, sub, org, ...rest] = text.split(':');
  const role = ROLES.find((one) => one === roleText);
  if (role !== undefined && sub !== undefined && org !== undefined && rest.length === 0) return { role, sub, org };
  throw new CliFailure('USAGE', {
    en: `--as takes role:sub:org, the role being one of ${ROLES.join(', ')}`,
    zh: `--as 的格式为 角色:使用者:机构，角色为 ${ROLES.join('、')} 之一`,
  });
}

async function send(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'error' });
  } catch {
    throw new CliFailure('UNREACHABLE', {
      en: `no gateway answers at ${url.origin}: start one with \`npm start\`, or name another with --url`,
      zh: `${url.origin} 没有网关应答：请用 \`npm start\` 启动，或用 --url 指定`,
    });
  }
}

/** The gateway's own words, already in the user's language. Its answer is shown as text, controls removed. */
function refusal(status: number, answer: unknown, cli: Cli): CliFailure {
  const parsed = problem.safeParse(answer);
  if (!parsed.success) {
    return new CliFailure('HTTP', { en: `the gateway answered ${status}`, zh: `网关返回 ${status}` }, 1, { status });
  }
  const { code, detail, title, hint, rejected, facts } = parsed.data;
  const said = `${detail === '' ? title : detail}${hint === '' ? '' : `\n  ${hint}`}  [${code}]`;
  const text = plain([said, ...rejectedLines(rejected, Math.max(facts.rejected, rejected.length), cli)].join('\n'));
  return new CliFailure(code, { en: text, zh: text }, 1, { status, problem: parsed.data });
}

/** WHY: what a server sends must not steer the terminal. Line breaks stay. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ');
}

/** A small file of text. Errors: CliFailure naming the file. */
export async function readTextFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw new CliFailure('FILE', { en: `cannot read \`${path}\``, zh: `无法读取 \`${path}\`` });
  }
}

/** What a small file holds as JSON. Errors: CliFailure naming the file. */
export async function readJsonFile(path: string): Promise<unknown> {
  const text = await readTextFile(path);
  try {
    return JSON.parse(text);
  } catch {
    throw new CliFailure('FILE', { en: `\`${path}\` is not JSON`, zh: `\`${path}\` 不是 JSON` });
  }
}
