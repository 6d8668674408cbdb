import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type VersionName, versionLabel } from './data-key.ts';
import { KEY_BYTES, type KeyWrapper } from './key-wrapper.ts';
import { KEY_FILE } from './manifest.ts';
import { openSealedBytes, sealBytes } from './sealed-file.ts';
import { decodeTraces, encodeTraces, type VersionTraces } from './traces.ts';
import { syncDir, writeKey } from './version-writer.ts';

/**
 * Traces of versions that are being erased, sealed as the versions are: an erasure that a crash cut off, or whose scan found something,
 * goes on knowing what it looks for although the data's key is gone.
 */
export interface TraceStore {
  read(name: VersionName): Promise<VersionTraces | null>;
  /** Durable on return. */
  keep(name: VersionName, traces: VersionTraces): Promise<void>;
  forget(name: VersionName): Promise<void>;
}

const TRACES_FILE = 'traces';

export function createTraceStore(dir: string, keys: KeyWrapper): TraceStore {
  const folderOf = (name: VersionName) => join(dir, versionLabel(name));
  const contextOf = (name: VersionName) => `${versionLabel(name)}/${TRACES_FILE}`;
  return {
    async read(name) {
      const wrapped = await readFile(join(folderOf(name), KEY_FILE)).catch(() => null);
      if (wrapped === null) return null;
      const key = await keys.unwrap(wrapped, versionLabel(name));
      return decodeTraces(await openSealedBytes(key, contextOf(name), join(folderOf(name), TRACES_FILE)));
    },
    async keep(name, traces) {
      const draft = join(dir, `draft.${randomUUID()}`);
      await mkdir(draft, { mode: 0o700 });
      const key = randomBytes(KEY_BYTES);
      await sealBytes(key, contextOf(name), encodeTraces(traces), join(draft, TRACES_FILE));
      await writeKey(join(draft, KEY_FILE), await keys.wrap(key, versionLabel(name)));
      await syncDir(draft);
      await rename(draft, folderOf(name));
      await syncDir(dir);
    },
    forget: (name) => rm(folderOf(name), { recursive: true, force: true }),
  };
}
