import { spawn } from 'node:child_process';
import { ATTEMPTS } from './attempts.ts';
import type { Ground } from './ground.ts';

/** A worker that somebody else has: does what it is told, and says whether it got out. */
export type Order =
  | { readonly kind: 'attempt'; readonly name: string; readonly ground: Ground }
  | { readonly kind: 'say'; readonly message: unknown; readonly times: number }
  | { readonly kind: 'children'; readonly mark: string; readonly count: number }
  | { readonly kind: 'bomb'; readonly name: BombName; readonly mb: number };
export type BombName = (typeof BOMB_NAMES)[number];
export const BOMB_NAMES = [
  ...(['buffers', 'strings', 'arrays', 'shared memory', 'wasm memory'] as const),
  ...(['endless loop', 'endless pattern', 'endless wait', 'deaf to signals'] as const),
] as const;

process.on('disconnect', () => process.exit(1));
process.on('message', (message) => void obey(message as Order));

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case 'say':
      for (let time = 0; time < order.times; time += 1) process.send?.(order.message);
      return;
    case 'children':
      for (let child = 0; child < order.count; child += 1) leaveBehind(order.mark);
      process.send?.({ got: true });
      return;
    case 'bomb':
      process.send?.({ got: await attempt(() => BOMBS[order.name](order.mb)) });
      return;
    case 'attempt': {
      const known = ATTEMPTS.find(({ name }) => name === order.name);
      process.send?.({ got: await attempt(() => known?.run(order.ground) ?? false) });
    }
  }
}

function leaveBehind(mark: string): void {
  const script = 'setInterval(() => undefined, 60000)';
  spawn(process.execPath, ['-e', script, mark], { detached: true, stdio: 'ignore' }).unref();
}

async function attempt(run: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await run();
  } catch {
    return false;
  }
}

declare const WebAssembly: { Memory: new (size: { initial: number }) => { buffer: ArrayBuffer } };

const MB = 2 ** 20;
const KEPT: unknown[] = [];

/** Filled, so that it is really there. */
function hoard(mb: number, step: number, make: (bytes: number) => unknown): boolean {
  for (let held = 0; held < mb; held += step) KEPT.push(make(step * MB));
  return true;
}

/** True: more than the cap was had. Endless ones never answer. */
const BOMBS: Readonly<Record<BombName, (mb: number) => boolean | Promise<boolean>>> = {
  buffers: (mb) => hoard(mb, 64, (bytes) => Buffer.alloc(bytes, 1)),
  strings: (mb) => hoard(mb, 64, (bytes) => Buffer.alloc(bytes, 'x').toString('latin1')),
  arrays: (mb) => hoard(mb, 64, (bytes) => new Array(bytes / 8).fill(1.5)),
  'shared memory': (mb) => hoard(mb, 64, (bytes) => new Uint8Array(new SharedArrayBuffer(bytes)).fill(1)),
  'wasm memory': (mb) =>
    hoard(mb, 64, (bytes) => new Uint8Array(new WebAssembly.Memory({ initial: bytes / 65_536 }).buffer).fill(1)),
  'endless loop': () => {
    for (;;);
  },
  'endless pattern': () => /^(a+)+$/.test(`${'a'.repeat(64)}!`),
  'endless wait': () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) === 'ok',
  'deaf to signals': () => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => undefined);
    return new Promise(() => undefined);
  },
};
