import { sampleQuestions } from '#catalog';
import type { Gateway } from './assemble.ts';
import type { Config } from './config.ts';

/** What a start prints: where to look, and one command per user that works as pasted. */
export function bannerOf(config: Config, gateway: Gateway, port: number): string {
  const url = `http://${config.host}:${port}`;
  const { tier } = gateway.sandbox;
  const warnings = [
    tier === 'none' ? '\x1b[31misolation tier `none`: workers are NOT isolated / 未隔离,仅供开发\x1b[0m' : null,
    gateway.masterKeyCreatedAt === null
      ? null
      : `master key created at ${gateway.masterKeyCreatedAt}; in production set SLUICE_MASTER_KEY_FILE to a place of its own`,
  ].filter((line) => line !== null);
  return [
    '',
    `数闸 Sluice  ${url}   isolation: ${tier}   home: ${config.home}`,
    `  documentation / 接口文档   ${url}/   ${url}/openapi.json`,
    ...warnings.map((line) => `  ${line}`),
    ...(gateway.deps.issuer === null || config.scale === 0 ? [] : firstSteps(url)),
    '',
  ].join('\n');
}

function firstSteps(url: string): readonly string[] {
  const question = sampleQuestions.find(({ id }) => id === 'rice-by-township') ?? sampleQuestions[0]!;
  const body = JSON.stringify({ plan: question.plan, sql: question.sql.replaceAll(/\s+/g, ' ') }).replaceAll(
    "'",
    "'\\''",
  );
  const token = (role: string, sub: string, org: string) =>
    `$(npx sluice token --role ${role} --sub ${sub} --org ${org})`;
  return [
    '',
    '  developer / 开发商: ask',
    `    curl -s ${url}/v1/jobs -H "Authorization: Bearer ${token('developer', 'alice', question.org)}" -H 'Prefer: wait=30' -H 'Content-Type: application/json' -d '${body}'`,
    '  provider / 提供单位: see your tables',
    `    curl -s "${url}/v1/resources?limit=50" -H "Authorization: Bearer ${token('provider', 'bob', 'education')}"`,
    '  security office / 网信办: read every access',
    `    curl -s "${url}/v1/audit/entries?limit=5" -H "Authorization: Bearer ${token('security', 'carol', 'security-office')}"`,
  ];
}
