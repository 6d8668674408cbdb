import { endWorker } from '../../worker-exit.ts';
import type { BgvReply, BgvTask } from './bgv-protocol.ts';
import { openSealBgv, type SealBgv } from './seal-bgv.ts';

/** One process with SEAL, for one task, whoever's: what could take it over has then nothing to stay in. */
process.on('uncaughtException', endWorker);
process.on('unhandledRejection', endWorker);
process.on('disconnect', endWorker);
process.on('message', (message) => {
  const { id, ...task } = message as BgvTask & { readonly id: number };
  say(answer(bgv, task, id));
});

const bgv = await openSealBgv();
say({ kind: 'ready' });

function answer(seal: SealBgv, task: BgvTask, id: number): BgvReply {
  try {
    switch (task.kind) {
      case 'keys':
        return { kind: 'keys', id, keys: seal.generateKeys() };
      case 'encrypt':
        return { kind: 'ciphertexts', id, ciphertexts: seal.encrypt(task.keys, task.blocks) };
      case 'sum':
        return { kind: 'ciphertexts', id, ciphertexts: seal.sum([seal.load(task.blocks)], task.sets, task.key).flat() };
      case 'open':
        return { kind: 'opened', id, values: seal.open(task.secretKey, task.sums) };
    }
  } catch {
    return { kind: 'failure', id }; // what SEAL says may quote what it read
  }
}

function say(reply: BgvReply): void {
  process.send?.(reply);
}
