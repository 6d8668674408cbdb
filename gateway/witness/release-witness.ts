import type { ReleaseWitness } from '../pipeline/deps.ts';
import type { CosignedLog } from './cosigned-log.ts';

/**
 * What a missing cosignature means for a release, by the operator's own setting. `require`: the result stays until the
 * witness has cosigned its outcome, however long the witness is away. `follow`: the witness is asked, and nobody waits.
 */
export function releaseWitness(cosigned: CosignedLog | null, policy: 'follow' | 'require'): ReleaseWitness {
  if (cosigned === null) return { covers: async () => undefined, isCovered: () => true };
  if (policy === 'follow') {
    return {
      covers: async (index) => void cosigned.covers(index),
      isCovered: () => true,
    };
  }
  return {
    covers: async (index) => void (await cosigned.covers(index)),
    isCovered(index) {
      const isCosigned = index < (cosigned.latest()?.size ?? 0);
      if (!isCosigned) void cosigned.covers(index); // whoever comes back later finds it done
      return isCosigned;
    },
  };
}
