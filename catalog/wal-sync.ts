import { closeSync, fdatasync, fdatasyncSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';

/**
 * Makes a COMMIT durable. WHY not SQLite by itself (`synchronous=FULL`): it would hold the whole process up for each sync
 * of the disk; a COMMIT without one takes 0.04 ms, and the sync goes on beside whatever else there is to do.
 *
 * Sound because a commit in WAL mode is durable when its frames in the log file are (sqlite.org/wal.html, 2.2), and a sync
 * through any descriptor of a file is one of the file. SQLite itself syncs log and database around a checkpoint.
 */
export interface WalSync {
  /** Before a COMMIT: from now on readers see what is durable already, and no more. */
  hold(): void;
  /** Lets readers see all there is: after a COMMIT that failed. */
  release(): void;
  /** After it: resolves once it is on the disk and readers see it. To be called again only then. */
  sync(): Promise<void>;
  /** The same at once, instead of one that is under way or not. */
  syncNow(): void;
  close(): void;
}

/** Pages of WAL between two checkpoints, 32 MiB: a checkpoint syncs the file itself and holds everybody up. */
const CHECKPOINT_PAGES = 8_192;
/** Asking how long the log is costs as much as a small commit. */
const SYNCS_BETWEEN_LOOKS = 32;

/** Takes over from the writer, which has written, when its log and its database are to be synced. */
export function openWalSync(path: string, writer: Database.Database, reader: Database.Database): WalSync {
  writer.pragma('synchronous = NORMAL');
  // WHY by hand: a checkpoint lets the log begin anew only while no reader is held to an older state.
  writer.pragma('wal_autocheckpoint = 0');
  const descriptor = openSync(`${path}-wal`, 'r+');
  fdatasyncSync(descriptor); // what a crash left in it counts as durable from here on
  syncDirectory(dirname(path)); // a file made just now is in its directory for good
  const begin = reader.prepare('BEGIN');
  const look = reader.prepare('SELECT 1 FROM sqlite_schema LIMIT 1'); // a snapshot begins with the first read
  const end = reader.prepare('COMMIT');
  let isHeld = false;
  let underWay: Promise<void> = Promise.resolve();
  let syncs = 0;

  function release(): void {
    if (isHeld) end.run();
    isHeld = false;
  }

  function letSee(): void {
    release();
    syncs += 1;
    if (syncs % SYNCS_BETWEEN_LOOKS === 0) checkpointWhenLong(writer);
  }

  return {
    hold() {
      begin.run();
      look.get();
      isHeld = true;
    },
    release,
    sync() {
      underWay = dataSync(descriptor);
      return underWay.then(() => {
        if (isHeld) letSee(); // else it was synced at once meanwhile
      });
    },
    syncNow() {
      fdatasyncSync(descriptor);
      letSee();
    },
    close() {
      // WHY later: a number given back too early may name another file by the time that the sync comes to it.
      void underWay.catch(() => undefined).then(() => closeSync(descriptor));
    },
  };
}

function dataSync(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(descriptor, (error) => (error === null ? resolve() : reject(error)));
  });
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function checkpointWhenLong(writer: Database.Database): void {
  const [state] = writer.pragma('wal_checkpoint(NOOP)') as { log: number }[];
  if ((state?.log ?? 0) >= CHECKPOINT_PAGES) writer.pragma('wal_checkpoint(PASSIVE)');
}
