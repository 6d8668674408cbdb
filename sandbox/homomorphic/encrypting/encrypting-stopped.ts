import type { EncryptedTable } from './encrypt-table.ts';

/**
 * `other-work`: what lies in the folder belongs to another file, declaration or key. `changed-input`: the file is not what it was
 * when work on it stopped; its next rows may have been encrypted already, so that nothing else may take their pads. `rows-rejected`:
 * more than were to be.
 */
export type StopReason = 'other-work' | 'changed-input' | 'rows-rejected';

export class EncryptingStopped extends Error {
  override readonly name = 'EncryptingStopped';
  readonly reason: StopReason;
  readonly result: EncryptedTable | null;

  constructor(reason: StopReason, result: EncryptedTable | null = null) {
    super(reason);
    this.reason = reason;
    this.result = result;
  }
}
