import type { Command } from 'commander';
import { z } from 'zod';
import { type Cli, printJson } from './cli.ts';
import { addClientOptions, type ClientOptions, createClient } from './http-client.ts';
import { addSqlOptions, readSql, requestBody, type SqlOptions } from './sql-source.ts';
import { textTable } from './text-table.ts';

const explanation = z.looseObject({
  mode: z.string(),
  columns: z.array(
    z.looseObject({
      name: z.string(),
      type: z.string(),
      mode: z.string(),
      because: z.array(z.looseObject({ column: z.string(), level: z.string() })),
    }),
  ),
  unitsMin: z.number().nullable(),
  rules: z.array(z.looseObject({ rule: z.string(), limit: z.number() })),
  cipher: z.looseObject({ scheme: z.string(), storage: z.string() }).nullish(),
  cost: z.looseObject({ rho: z.number(), jobs: z.number() }),
  privacy: z
    .looseObject({
      charges: z.array(z.looseObject({ resource: z.string(), unit: z.string(), rho: z.number(), delta: z.number() })),
      outputs: z.array(z.looseObject({ name: z.string(), certainty: z.string(), halfWidth: z.number().nullable() })),
      errors: z.array(z.looseObject({ name: z.string(), standardError: z.number() })),
      choices: z.array(z.looseObject({ name: z.string(), candidates: z.number(), rowsMissedMax: z.number() })),
      boundaries: z.array(
        z.looseObject({
          bounding: z.looseObject({ kind: z.string(), groupsMax: z.int().optional(), rowsMax: z.int().optional() }),
          rowsTaken: z.int().nullable(),
        }),
      ),
    })
    .nullish(),
});

/** `sluice explain`: how a query would leave and why, without running it. */
export function register(program: Command, cli: Cli): void {
  const command = program.command('explain').description(
    cli.words({
      en: 'say how a query would be released and why; runs and charges nothing',
      zh: '说明查询将如何发布及原因；不执行、不计费',
    }),
  );
  addClientOptions(addSqlOptions(command, cli), cli).action(
    async (file: string | undefined, options: SqlOptions & ClientOptions) => {
      const sql = await readSql(file, options);
      const client = await createClient(options, cli);
      const answer = await client.request({
        method: 'POST',
        path: '/v1/explain',
        headers: { 'content-type': 'application/json' },
        body: requestBody(sql, options),
      });
      if (cli.json) printJson(cli, answer);
      else cli.out(explanationText(explanation.parse(answer), cli));
    },
  );
}

/** Mode `dp`: what counts of a unit, how far off the numbers are, who pays. */
function privacyText({ privacy }: z.output<typeof explanation>, { words }: Cli): string {
  if (privacy === null || privacy === undefined) return '';
  const shares = privacy.boundaries.map(({ bounding: { kind, groupsMax, rowsMax }, rowsTaken }) =>
    [
      kind,
      ...(groupsMax === undefined ? [] : [`≤ ${groupsMax}`]),
      ...(rowsMax === undefined ? [] : [`× ≤ ${rowsMax}`]),
      ...(rowsTaken === null ? [] : [`Σ ≤ ${rowsTaken}`]),
    ].join(' '),
  );
  const errors = privacy.errors.map(({ name, standardError }) => `${name} ± ${standardError.toPrecision(3)}`);
  const outputs = privacy.outputs.map(({ name, certainty, halfWidth }) =>
    halfWidth === null ? `${name} ${certainty}` : `${name} ${certainty} ± ${halfWidth.toPrecision(3)}`,
  );
  const choices = privacy.choices.map(
    ({ name, candidates, rowsMissedMax }) => `${name} 1/${candidates} − ≤ ${rowsMissedMax}`,
  );
  const charges = privacy.charges.map(({ resource, unit, rho }) => `${resource}.${unit} ρ ${rho}`);
  return [
    `${words({ en: 'what counts of one unit', zh: '每个主体计入的份额' })}: ${shares.join(', ')}\n`,
    `${words({ en: 'certainty, 95% interval', zh: '确定性与 95% 区间' })}: ${outputs.join(', ')}\n`,
    errors.length === 0 ? '' : `${words({ en: 'standard error of a cell', zh: '每格标准误' })}: ${errors.join(', ')}\n`,
    choices.length === 0
      ? ''
      : `${words({ en: 'rows by which a choice may miss, 95%', zh: '所选值与最多者相差的行数（95%）' })}: ${choices.join(', ')}\n`,
    `${words({ en: 'charged to', zh: '计入' })}: ${charges.join(', ')}\n`,
  ].join('');
}

function cipherText({ cipher }: z.output<typeof explanation>, { words }: Cli): string {
  if (cipher === null || cipher === undefined) return '';
  const how =
    cipher.storage === 'words'
      ? words({ en: 'words, added up by the engine', zh: '字，由引擎求和' })
      : words({
          en: 'blocks, summed without a key and once more by the custodian',
          zh: '块，无密钥求和并由托管方复算',
        });
  return `${words({ en: 'cipher', zh: '加密方案' })}: ${cipher.scheme}, ${how}\n`;
}

function explanationText(answer: z.output<typeof explanation>, cli: Cli): string {
  const { words } = cli;
  const head = words({ en: 'column type mode because', zh: '列 类型 模式 依据' }).split(' ');
  const rows = answer.columns.map(({ name, type, mode, because }) => [
    name,
    type,
    mode,
    because.map(({ column, level }) => `${column} (${level})`).join(', '),
  ]);
  const units = answer.unitsMin;
  const rules = answer.rules.map(({ rule, limit }) => `${rule} ${limit}`).join(', ');
  return [
    `${words({ en: 'mode', zh: '模式' })}: ${answer.mode}\n`,
    textTable(head, rows),
    units === null ? '' : `${words({ en: 'fewest units behind a cell', zh: '每格最少主体数' })}: ${units}\n`,
    rules === '' ? '' : `${words({ en: 'rules that may withhold', zh: '可能隐藏结果的规则' })}: ${rules}\n`,
    cipherText(answer, cli),
    `${words({ en: 'cost', zh: '费用' })}: ${answer.cost.jobs} ${words({ en: 'job', zh: '次作业' })}, ρ ${answer.cost.rho}\n`,
    privacyText(answer, cli),
  ].join('');
}
