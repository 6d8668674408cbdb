import { sep } from 'node:path';
import { makeScratchDir, type ScratchDir } from './private-dir.ts';

/** Folders in which this process works now. Whatever lies beside them in the same places was left behind. */
export interface WorkPlaces {
  /** As `makeScratchDir`, and in use until it is wiped. */
  make(parent: string, name: string): Promise<ScratchDir>;
  /** In use until the function that comes back is called. */
  hold(dir: string): () => void;
  holds(path: string): boolean;
}

export function createWorkPlaces(): WorkPlaces {
  const held = new Set<string>();
  const hold = (dir: string) => {
    held.add(dir);
    return () => void held.delete(dir);
  };
  return {
    hold,
    async make(parent, name) {
      // INVARIANT: held before it exists and until it is gone, so that a scan never takes it for a remnant.
      const release = hold(`${parent}${sep}${name}`);
      try {
        const scratch = await makeScratchDir(parent, name);
        return { dir: scratch.dir, wipe: () => scratch.wipe().finally(release) };
      } catch (error) {
        release();
        throw error;
      }
    },
    holds: (path) => [...held].some((dir) => path === dir || path.startsWith(dir + sep)),
  };
}
