import { closeSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/** A file that only grows, and that is cut back to a known length when work goes on after a stop. */
export interface DurableFile {
  bytes(): number;
  append(bytes: Uint8Array): void;
  /** On the disk when it returns. */
  sync(): void;
  close(): void;
}

export function openDurableFile(path: string, keptBytes: number): DurableFile {
  const file = openSync(path, keptBytes === 0 ? 'w' : 'r+', 0o600);
  ftruncateSync(file, keptBytes);
  let bytes = keptBytes;
  return {
    bytes: () => bytes,
    append(added) {
      for (let at = 0; at < added.length; ) at += writeSync(file, added, at, added.length - at, bytes + at);
      bytes += added.length;
    },
    sync: () => fsyncSync(file),
    close: () => closeSync(file),
  };
}
