import { sha256Hex } from '#catalog';
import { REMAINS, type RemainsKind, type Sandbox, type Vault } from '#sandbox';

/** What became of a version's data, and what a scan of this machine found afterwards. */
export interface Erasure {
  /** SHA-256 of the wrapped key that was overwritten, hex; null where the version had none any more. */
  readonly keySha256: string | null;
  /** How many pages of the data the scan would have known again. */
  readonly pagesKnown: number;
  readonly filesScanned: number;
  readonly bytesScanned: number;
  /** How many files of each kind should not be there; nothing: the erasure is complete. */
  readonly found: Readonly<Partial<Record<RemainsKind, number>>>;
}

export interface DataEraser {
  /** Resolves when the last job that used the version has let go of it, and the scan is over. May be repeated. */
  erase(resource: string, version: number): Promise<Erasure>;
  /** Once its certificate is durable. */
  forget(resource: string, version: number): Promise<void>;
}

const ASK_AGAIN_MS = 500;

export function createDataEraser(deps: {
  readonly vault: Vault;
  readonly sandbox: Pick<Sandbox, 'forget'>;
  /** Where everything else of the gateway lies. */
  readonly home: string;
}): DataEraser {
  const { vault, sandbox, home } = deps;
  return {
    async erase(resource, version) {
      const traces = await vault.traces(resource, version);
      await sandbox.forget(resource, version);
      await vault.destroy(resource, version);
      await letGo(deps, resource, version);
      const { files, bytes, found } = await vault.scan(traces, [home]);
      return {
        keySha256: traces.wrappedKey === null ? null : sha256Hex(traces.wrappedKey),
        pagesKnown: traces.pageCount,
        filesScanned: files,
        bytesScanned: bytes,
        found: countKinds(found.map(({ kind }) => kind)),
      };
    },
    forget: (resource, version) => vault.forgetTraces(resource, version),
  };
}

/** WHY again and again: a worker that was fetching the version when it was told to forget it had nothing to forget yet. */
async function letGo(
  { vault, sandbox }: { vault: Vault; sandbox: Pick<Sandbox, 'forget'> },
  resource: string,
  version: number,
): Promise<void> {
  let isOver = false;
  const unused = vault.unused(resource, version).then(() => {
    isOver = true;
  });
  while (!isOver) {
    await sandbox.forget(resource, version);
    await Promise.race([unused, new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))]);
  }
}

function countKinds(kinds: readonly RemainsKind[]): Erasure['found'] {
  const counts: Partial<Record<RemainsKind, number>> = {};
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** The same for people, in both languages. */
export function remainsWords(found: Erasure['found']): { readonly found: string[]; readonly foundZh: string[] } {
  const kinds = Object.entries(found) as [RemainsKind, number][];
  return {
    found: kinds.map(([kind, count]) => `${REMAINS[kind].en}: ${count}`),
    foundZh: kinds.map(([kind, count]) => `${REMAINS[kind].zh}：${count}`),
  };
}
