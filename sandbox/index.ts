/** The door of `sandbox`: isolated workers that run queries, the vault of stored tables, and the way in for uploads. */
export type { JobTable } from './engine-process.ts';
export type { ScratchTable } from './engines/engine.ts';
export * from './homomorphic/index.ts';
export * from './ingest/index.ts';
export { detectTier } from './isolation/detect.ts';
export type { SelfTestCheck, SelfTestReport } from './isolation/self-test.ts';
export {
  type IsolationMount,
  type IsolationSpec,
  type IsolationTier,
  pathInside,
  spawnIsolated,
} from './isolation/spawn.ts';
export type { EngineSession, SandboxJob } from './job-session.ts';
export { SQL_BYTES_MAX } from './parser.ts';
export type { HeldWorker, PoolLimits, PoolStats } from './pool.ts';
export { openSandbox, type Sandbox, type SandboxOptions } from './sandbox.ts';
export type { SandboxEvent } from './sandbox-event.ts';
export * from './vault/index.ts';
