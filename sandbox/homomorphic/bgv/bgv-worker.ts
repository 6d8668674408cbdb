import { endWorker } from '../../worker-exit.ts';
import type { BgvReply, BgvTask } from './bgv-protocol.ts';
import type { BgvSums } from './bgv-sums.ts';
import { openSealBgv, type SealBgv } from './seal-bgv.ts';

/** One process with SEAL, for one piece of work, whoever's: what could take it over has then nothing to stay in. */
process.on('uncaughtException', endWorker);
process.on('unhandledRejection', endWorker);
process.on('disconnect', endWorker);
process.on('message', (message) => {
  const { id, ...task } = message as BgvTask & { readonly id: number };
  say(answer(bgv, task, id));
});

let sums: BgvSums | null = null;
const bgv = await openSealBgv();
say({ kind: 'ready' });

function answer(seal: SealBgv, task: BgvTask, id: number): BgvReply {
  try {
    switch (task.kind) {
      case 'keys':
        return { kind: 'keys', id, keys: seal.keysOf(task.seed) };
      case 'encrypt':
        return { kind: 'ciphertexts', id, ciphertexts: seal.encrypt(task.keys, task.blocks) };
      case 'begin-sums':
        sums = seal.sums(task.sets, task.parts, task.key);
        return { kind: 'done', id };
      case 'add-blocks': {
        const loaded = task.parts.map((blocks) => seal.load(blocks));
        sums!.add(task.first, loaded);
        for (const part of loaded) part.delete();
        return { kind: 'done', id };
      }
      case 'end-sums':
        return { kind: 'sums', id, sums: sums!.end(task.isBlinded) };
      case 'open':
        return { kind: 'opened', id, values: seal.open(seal.secretKeyOf(task.seed), task.sums) };
    }
  } catch {
    return { kind: 'failure', id }; // what SEAL says may quote what it read
  }
}

function say(reply: BgvReply): void {
  process.send?.(reply);
}
