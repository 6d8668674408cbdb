/**
 * Goal: what the README tells the five users to paste works, in a home that is new, in the order in which it stands there.
 * Method: the blocks of each section through bash as they are, against one gateway on the port that they name; nothing fails and no answer is a
 * problem. Control: a block that asks for what there is not is told apart.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stepsOf, USERS } from './readme-steps.ts';

const ROOT = join(import.meta.dirname, '../..');
const PORT = 8787;
const README = await readFile(join(ROOT, 'README.md'), 'utf8');

const isTaken = await new Promise<boolean>((resolve) => {
  const socket = connect(PORT, '127.0.0.1', () => resolve(true));
  socket.once('error', () => resolve(false));
  socket.unref();
});
if (isTaken) console.log(`the README's steps name port ${PORT}, which is taken: they are not run`);

let home = '';
let gateway: ChildProcess | null = null;

beforeAll(async () => {
  if (isTaken) return;
  home = await mkdtemp(join(tmpdir(), 'sluice-walk-'));
  // WHY not npx itself: it takes longer to find the command than the command takes.
  const npx = `#!/bin/sh\n[ "$1" = sluice ] && shift && exec "${process.execPath}" "${ROOT}/gateway/cli/sluice.ts" "$@"\nexit 127\n`;
  await writeFile(join(home, 'npx'), npx);
  await chmod(join(home, 'npx'), 0o755);
  gateway = await startGateway();
}, 180_000);

afterAll(async () => {
  if (gateway !== null) {
    const gone = new Promise((resolve) => gateway?.once('exit', resolve));
    gateway.kill('SIGTERM');
    await gone;
  }
  if (home !== '') await rm(home, { recursive: true, force: true });
});

const environment = () => ({
  PATH: `${home}:${process.env['PATH'] ?? ''}`,
  SLUICE_HOME: join(home, 'home'),
  SLUICE_SCALE: '0.01',
  LANG: 'en_US.UTF-8',
});

/** Resolves once it is seeded and listens. */
function startGateway(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['gateway/main.ts'], {
    cwd: ROOT,
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes(`127.0.0.1:${PORT}`)) resolve(child);
    });
    child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}`)));
  });
}

/** As pasted into one terminal; ends at the first command that fails. */
function paste(blocks: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }> {
  const args = ['-e', '-o', 'pipefail', '-c', blocks.join('\n')];
  const child = spawn('bash', args, { cwd: ROOT, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, said })));
}

const problems = (said: string) => [...said.matchAll(/"type": ?"\/problems\/\w+".*/g)].map(([problem]) => problem);

describe.skipIf(isTaken)('the first steps of the README', () => {
  it.each(USERS)('%s', { timeout: 180_000 }, async (user) => {
    const steps = stepsOf(README, user);
    expect(steps.length).toBeGreaterThan(0);
    // WHY not /tmp itself: what an earlier run left there would stand in the way, or in the place of what this one makes.
    const { code, said } = await paste(steps.map((step) => step.replaceAll('/tmp/', `${home}/`)));
    expect({ code, problems: problems(said), said: code === 0 ? '' : said.slice(-2_000) }).toEqual({
      code: 0,
      problems: [],
      said: '',
    });
  });

  it('a step that fails and an answer that is a problem are told apart from those', { timeout: 60_000 }, async () => {
    expect((await paste(['npx sluice plans progress absent --as bureau:dan:data-bureau'])).code).not.toBe(0);
    const { said } = await paste([`curl -s http://127.0.0.1:${PORT}/v1/absent`]);
    expect(problems(said)).toHaveLength(1);
  });
});
