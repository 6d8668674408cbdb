import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import * as audit from './audit.ts';
import * as budgets from './budgets.ts';
import * as canaries from './canaries.ts';
import { type Cli, createCli } from './cli.ts';
import * as consents from './consents.ts';
import * as custodian from './custodian.ts';
import * as demo from './demo.ts';
import * as destroy from './destroy.ts';
import * as doctor from './doctor.ts';
import * as encrypt from './encrypt.ts';
import * as explain from './explain.ts';
import { reportFailure } from './failure.ts';
import * as freezes from './freezes.ts';
import * as grants from './grants.ts';
import * as keys from './keys.ts';
import * as lookup from './lookup.ts';
import * as planLife from './plan-life.ts';
import * as policy from './policy.ts';
import * as products from './products.ts';
import * as query from './query.ts';
import * as receipt from './receipt.ts';
import * as register from './register.ts';
import * as retention from './retention.ts';
import * as scan from './scan.ts';
import * as signer from './signer.ts';
import * as sync from './sync.ts';
import * as token from './token.ts';
import * as upload from './upload.ts';
import * as witness from './witness.ts';

/** One file per command, each with `register(program, cli)`. A new command is one line here. */
const COMMANDS = [
  token,
  query,
  explain,
  budgets,
  policy,
  register,
  signer,
  encrypt,
  upload,
  scan,
  retention,
  destroy,
  audit,
  receipt,
  witness,
  custodian,
  freezes,
  grants,
  planLife,
  sync,
  canaries,
  products,
  consents,
  lookup,
  keys,
  doctor,
  demo,
];

function createProgram(cli: Cli): Command {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const program = new Command('sluice')
    .version(version)
    .description(cli.words({ en: 'Sluice: compute on public data that nobody sees', zh: '数闸：数据可用不可见' }))
    .showHelpAfterError(false)
    // What follows a command is the command's: a thumbprint that begins with -V is no question for the version.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => cli.out(text),
      writeErr: (text) => cli.err(text),
      outputError: () => {}, // reportFailure says it, in the user's language
    })
    .exitOverride();
  for (const command of COMMANDS) command.register(program, cli);
  return program;
}

/** Carries out one command line, and leaves its exit code to the process. */
export async function run(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const cli = createCli(env, argv.slice(2));
  try {
    await createProgram(cli).parseAsync([...argv]);
    process.exitCode = cli.exitCode;
  } catch (error) {
    process.exitCode = reportFailure(error, cli);
  }
}
