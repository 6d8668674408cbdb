import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstBatch } from '#catalog';
import { assemble } from '../../assemble.ts';
import { type Environment, readConfig } from '../../config.ts';
import { openEmbeddedIssuer } from '../../identity/index.ts';
import { seedHome } from '../../seed-home.ts';
import { type Finding, type Scenario, Stage } from './stage.ts';

export interface OpenedStage {
  readonly stage: Stage;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly env: Environment;
  readonly scale: string;
  readonly say: (line: string) => void;
  readonly tell: (finding: Finding) => void;
}

/**
 * A gateway of its own in this process, whole but for its port, on a home that is removed afterwards: with the tables of the scenario's
 * plans, granted and approved the way that the parties go.
 */
export async function openStage(scenario: Scenario, { env, scale, say, tell }: StageOptions): Promise<OpenedStage> {
  const home = await mkdtemp(join(tmpdir(), 'sluice-scenario-'));
  const config = readConfig({ ...env, SLUICE_HOME: home, SLUICE_SCALE: scale, NODE_ENV: undefined });
  const fail = (error: unknown): never => {
    throw error;
  };
  const events = { sandbox: () => undefined, bug: (_reference: string, error: unknown) => fail(error), fatal: fail };
  const gateway = await assemble(config, 'scenario', events);
  const close = async () => {
    await gateway.close();
    for (const dir of [home, config.runDir]) await rm(dir, { recursive: true, force: true });
  };
  try {
    const asked = new Set(scenario.plans.flatMap(({ tables }) => tables.map(({ resource }) => resource)));
    const tables = firstBatch.filter(({ id }) => asked.has(id)).map((table) => scenario.declare?.(table) ?? table);
    await seedHome(gateway, config, say, { plans: scenario.plans, tables });
    const issuer = await openEmbeddedIssuer({
      home,
      production: false,
      audience: config.audience,
      clock: () => new Date(),
    });
    return { stage: new Stage(gateway, issuer, { scale: config.scale, seed: config.seed }, tell), close };
  } catch (error) {
    await close();
    throw error;
  }
}
