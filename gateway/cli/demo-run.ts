import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { openStoreReader, readEntryBytes, type SampleQuestion, sampleQuestions } from '#catalog';
import { checkReceipt, parseVkey, verifyHome } from '../audit/index.ts';
import { isCustodyProof } from '../custodian/index.ts';
import { openEmbeddedIssuer, type Role } from '../identity/index.ts';
import { answerTable, answerTableFields } from './answer-table.ts';
import type { Cli } from './cli.ts';
import {
  type DemoCustodian,
  type DemoRequest,
  PAY_QUESTION,
  publishEncrypted,
  startCustodian,
} from './demo-custody.ts';
import { CliFailure } from './failure.ts';
import { plain } from './http-client.ts';
import { verifierKey } from './log-place.ts';

/**
 * The life of real jobs against a gateway of its own, each step checked.
 * Errors: CliFailure (exit code 1) naming every step that was not as it should be.
 */
export async function runDemo(cli: Cli, scale: string): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'sluice-demo-'));
  const custodyDir = await mkdtemp(join(tmpdir(), 'sluice-demo-custodian-'));
  const custodian = await startCustodian(custodyDir, cli);
  const gateway = await startGateway(home, scale, custodian, cli);
  try {
    const demo = new Demo(cli, home, gateway.url);
    await demo.ask();
    await demo.askEncrypted(custodian);
    await gateway.stop();
    await demo.verifyOffline();
    demo.conclude();
  } finally {
    await gateway.stop();
    await custodian.stop();
    for (const dir of [home, custodyDir]) await rm(dir, { recursive: true, force: true });
  }
}

const ROWS_SHOWN = 8;

const jobAnswer = z.looseObject({
  id: z.string(),
  state: z.string(),
  result: z
    .looseObject({
      mode: z.string(),
      columns: z.array(
        z.looseObject({
          name: z.string(),
          mode: z.string(),
          because: z.array(z.looseObject({ column: z.string(), level: z.string() })),
        }),
      ),
      rows: answerTableFields.rows,
      intervals: answerTableFields.intervals,
      cost: z.looseObject({ rho: z.number(), epsilonAtDelta: z.number() }),
      suppressed: z.looseObject({ cells: z.number(), groups: z.number(), reasons: z.array(z.string()) }),
    })
    .nullable(),
});
type Result = NonNullable<z.output<typeof jobAnswer>['result']>;
const custodyProof = z.object({ statement: z.string(), entry: z.string(), receipt: z.string() });
const problemAnswer = z.looseObject({ code: z.string(), detail: z.string(), hint: z.string() });
const budgets = z.looseObject({
  items: z.array(z.looseObject({ plan: z.string(), spent: z.number(), remaining: z.number().nullable() })),
  privacy: z.array(
    z.looseObject({
      resource: z.string(),
      unit: z.string(),
      everybody: z.looseObject({ rho: z.looseObject({ spent: z.number(), remaining: z.number() }) }),
    }),
  ),
});

class Demo {
  readonly #cli: Cli;
  readonly #home: string;
  readonly #url: string;
  readonly #failures: string[] = [];
  #answered = 0;
  #suppressed = 0;
  #receipt = '';
  #lastJob: { readonly id: string; readonly org: string } | null = null;

  constructor(cli: Cli, home: string, url: string) {
    this.#cli = cli;
    this.#home = home;
    this.#url = url;
  }

  async ask(): Promise<void> {
    for (const question of sampleQuestions) await this.#ask(question);
    await this.#showBudget();
    await this.#fetchReceipt();
    await this.#readLog();
  }

  /** What nobody here can read: a provider encrypts, a custodian opens sums, in a process of its own. */
  async askEncrypted(custodian: DemoCustodian): Promise<void> {
    this.#head(
      this.#cli.words({ en: 'Encrypted pay, summed and opened by a custodian', zh: '加密工资：求和后由托管方解密' }),
    );
    this.#say(PAY_QUESTION.sql.replace(/^/gm, '  '));
    const request: DemoRequest = (role, org, path, body, sub) => this.#request(role, org, path, body, sub);
    await publishEncrypted(
      this.#home,
      { url: this.#url, request, token: (role, org) => this.#token(role, org) },
      custodian,
    );
    const response = await request('developer', 'chuyun-research', '/v1/jobs', PAY_QUESTION);
    const body: unknown = await response.json();
    if (response.status !== 200)
      return this.#check(false, `pay: ${problemAnswer.parse(body).code}, expected an answer`);
    const { result } = jobAnswer.parse(body);
    this.#check(result?.mode === 'homomorphic', `pay: mode ${result?.mode ?? 'none'}, expected homomorphic`);
    if (result === null) return;
    this.#say(answerTable(result, ROWS_SHOWN).trimEnd());
    this.#privacy('pay', result);
    const proofs = z.object({ custody: z.array(custodyProof) }).parse(result).custody;
    const good = await Promise.all(proofs.map((proof) => isCustodyProof(proof, custodian)));
    this.#check(good.length > 0 && good.every((one) => one), 'pay: the custodian signed what it opened, and logged it');
    this.#say(`custodian / 托管方: signed / 已签名, ${good.length}`);
  }

  async #ask(question: SampleQuestion): Promise<void> {
    this.#head(this.#cli.words(question.title));
    this.#say(question.sql.replace(/^/gm, '  '));
    const response = await this.#request('developer', question.org, '/v1/jobs', {
      plan: question.plan,
      sql: question.sql,
      ...(question.privacy === undefined ? {} : { options: { privacy: question.privacy } }),
    });
    const body: unknown = await response.json();
    if (response.status === 200) this.#answer(question, jobAnswer.parse(body));
    else this.#refusal(question, problemAnswer.parse(body));
  }

  #answer(question: SampleQuestion, { id, result }: z.output<typeof jobAnswer>): void {
    const expected = 'mode' in question.expected ? question.expected.mode : 'a refusal';
    this.#check(
      result !== null && result.mode === expected,
      `${question.id}: mode ${result?.mode ?? 'none'}, expected ${expected}`,
    );
    if (result === null) return;
    this.#answered++;
    this.#suppressed += result.suppressed.cells + result.suppressed.groups;
    this.#lastJob = { id, org: question.org };
    this.#say(answerTable(result, ROWS_SHOWN).trimEnd());
    if (result.rows.length > ROWS_SHOWN) this.#say(`… ${result.rows.length - ROWS_SHOWN} more / 余下行`);
    const { cells, groups, reasons } = result.suppressed;
    const sources = new Set(
      result.columns.flatMap((column) => column.because.map((cause) => `${cause.column} ${cause.level}`)),
    );
    this.#say(`mode ${result.mode} ← ${[...sources].join(', ')}`);
    if (result.mode === 'dp') this.#privacy(question.id, result);
    this.#say(
      `withheld / 已隐藏: ${cells} cells, ${groups} groups${reasons.length === 0 ? '' : ` (${reasons.join(', ')})`}`,
    );
  }

  #privacy(id: string, { cost, intervals }: Result): void {
    this.#check(cost.rho > 0 && Object.keys(intervals).length > 0, `${id}: costs privacy, and says how sure it is`);
    this.#say(`privacy / 隐私成本: ρ ${cost.rho}, ε ${cost.epsilonAtDelta.toPrecision(3)} (δ 1e-6)`);
  }

  #refusal(question: SampleQuestion, { code, detail, hint }: z.output<typeof problemAnswer>): void {
    const expected = 'code' in question.expected ? question.expected.code : 'an answer';
    this.#check(code === expected, `${question.id}: ${code}, expected ${expected}`);
    this.#check(hint !== '', `${question.id}: a refusal says what would be accepted`);
    this.#say(`refused / 拒绝: ${detail}  [${code}]`);
    this.#say(`  → ${hint}`);
  }

  async #showBudget(): Promise<void> {
    this.#head(this.#cli.words({ en: 'What the plans have used', zh: '各方案已用额度' }));
    let spent = 0;
    let rho = 0;
    for (const org of new Set(sampleQuestions.map((question) => question.org))) {
      const { items, privacy } = budgets.parse(await (await this.#request('developer', org, '/v1/budgets')).json());
      for (const item of items) {
        spent += item.spent;
        this.#say(
          `  ${item.plan}: ${item.spent} jobs, ${item.remaining === null ? 'no limit / 不限' : `${item.remaining} left / 剩余`}`,
        );
      }
      for (const { resource, unit, everybody } of privacy) {
        rho += everybody.rho.spent;
        if (everybody.rho.spent === 0) continue;
        this.#say(`  ${resource}.${unit}: ρ ${everybody.rho.spent}, ${everybody.rho.remaining} left / 剩余`);
      }
    }
    this.#check(rho > 0, 'the budget shows what privacy was spent');
    this.#check(spent === this.#answered, `the budget shows ${spent} jobs, ${this.#answered} were answered`);
  }

  async #fetchReceipt(): Promise<void> {
    this.#head(this.#cli.words({ en: 'A receipt', zh: '回执' }));
    const job = this.#lastJob;
    if (job === null) return this.#check(false, 'no job was answered');
    this.#receipt = await (await this.#request('developer', job.org, `/v1/jobs/${job.id}/receipt`)).text();
    this.#say(this.#receipt.trimEnd().replace(/^/gm, '  '));
  }

  async #readLog(): Promise<void> {
    this.#head(this.#cli.words({ en: 'The security office reads the accesses', zh: '网信办查看访问记录' }));
    const response = await this.#request('security', 'security-office', '/v1/audit/entries?kind=outcome&limit=3');
    this.#check(response.status === 200, 'the security office reads the log');
    const { items } = z.looseObject({ items: z.array(z.looseObject({})) }).parse(await response.json());
    for (const item of items) this.#say(`  ${plain(JSON.stringify(item)).slice(0, 240)}`);
    this.#check(items.length > 0, 'the log holds the outcomes');
  }

  /** Without the gateway: the whole log from its file, and the receipt against the entry that it vouches for. */
  async verifyOffline(): Promise<void> {
    this.#head(this.#cli.words({ en: 'Log and receipt, verified offline', zh: '离线校验日志与回执' }));
    const database = join(this.#home, 'sluice.db');
    const vkey = await verifierKey({ home: this.#home }, this.#cli);
    const report = verifyHome(database, vkey);
    this.#check(report.isIntact, 'the log verifies');
    this.#say(`  log / 日志: ${report.isIntact ? 'intact / 完整' : 'BROKEN / 损坏'}, ${report.size} entries`);
    const index = Number(/^index (\d+)$/m.exec(this.#receipt)?.[1]);
    const store = openStoreReader(database);
    const entry = store.read((db) => readEntryBytes(db, index, index + 1))[0];
    store.close();
    const verifier = parseVkey(vkey);
    const isGood = verifier !== null && checkReceipt(this.#receipt, entry ?? new Uint8Array(), verifier) !== null;
    this.#check(isGood, 'the receipt proves the entry of its job');
    this.#say(`  receipt / 回执: ${isGood ? 'good / 有效' : 'BAD / 无效'}, entry ${index}`);
  }

  conclude(): void {
    this.#check(this.#suppressed > 0, 'something was withheld in the sample');
    if (this.#failures.length === 0) {
      this.#say('\ndemo: everything was as it should be / 全部符合预期');
      return;
    }
    throw new CliFailure(
      'DEMO',
      { en: `not so:\n  ${this.#failures.join('\n  ')}`, zh: `不符：\n  ${this.#failures.join('\n  ')}` },
      1,
    );
  }

  async #request(role: Role, org: string, path: string, body?: unknown, sub?: string): Promise<Response> {
    const token = await this.#token(role, org, sub);
    return await fetch(this.#url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'accept-language': this.#cli.language,
        ...(body === undefined ? {} : { 'content-type': 'application/json', prefer: 'wait=30' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async #token(role: Role, org: string, sub = `demo-${role}`): Promise<string> {
    const clock = () => new Date();
    const issuer = await openEmbeddedIssuer({ home: this.#home, production: false, audience: 'sluice', clock });
    return await issuer.issue({ sub, org, role });
  }

  #check(holds: boolean, what: string): void {
    if (!holds) this.#failures.push(what);
  }

  #head(text: string): void {
    this.#cli.out(`\n── ${text}\n`);
  }

  #say(text: string): void {
    this.#cli.out(`${text}\n`);
  }
}

interface StartedGateway {
  readonly url: string;
  stop(): Promise<void>;
}

/** `npm start` in a process of its own, on a free port. */
async function startGateway(
  home: string,
  scale: string,
  { url: custodianUrl, signer }: DemoCustodian,
  cli: Cli,
): Promise<StartedGateway> {
  const custody = { SLUICE_CUSTODIAN_URL: custodianUrl, SLUICE_CUSTODIAN_KEY: signer };
  const child: ChildProcess = spawn(
    process.execPath,
    ['--max-semi-space-size=8', join(import.meta.dirname, '..', 'main.ts')],
    {
      env: { ...cli.env, SLUICE_HOME: home, SLUICE_PORT: '0', SLUICE_SCALE: scale, ...custody },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    if (/seed/.test(text))
      cli.out(
        text
          .split('\n')
          .filter((line) => /seed/.test(line))
          .join('\n')
          .concat('\n'),
      );
    said = (said + text).slice(-8192);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
    if (url !== undefined) resolve(url);
  });
  void ended.then(() => reject(new CliFailure('GATEWAY', { en: 'the gateway did not start', zh: '网关未能启动' }, 1)));
  const url = await promise;
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
