import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { appendEntry, type Store } from '#catalog';
import { AppError } from '#policies';
import { requireRewrappable, rewrapFile, rewrapVault, wrapperIdOf } from '#sandbox';
import { withClosedLog } from '../audit/index.ts';
import { openHomeSecrets, SECRETS_CONTEXT, secretsPath } from './home-secrets.ts';
import type { MasterKey } from './master-key.ts';

/** What a rotation did. */
export interface MasterKeyChange {
  /** Ids of the keys, which tell nothing of them. */
  readonly former: string;
  readonly current: string;
  /** Wrapped anew by this run: data keys, and the secrets of the home as one. */
  readonly rewrapped: number;
  /** Had been by a run that was cut off. */
  readonly before: number;
}

/**
 * Wraps every secret of a home under a new master key. No data, token or seal changes, and afterwards the former key opens nothing of the
 * home. Cut off anywhere, it can be run again with the same two keys; until it is through, no gateway starts on the home with either.
 *
 * SAD PATH: secrets and data keys themselves stay what they were. Whoever had the former key and a copy of the home from before still
 * reads that copy, and knows the secrets of the home.
 *
 * Errors: HOME_IN_USE while a gateway runs on the home; MASTER_KEY_WRONG where a secret needs a third key; VAULT_CORRUPT where a key of a
 * version is damaged, before anything is changed; KEY_SERVICE_FAILED.
 */
export async function rotateMasterKey(home: string, from: MasterKey, to: MasterKey): Promise<MasterKeyChange> {
  if (from.wrapper.id === to.wrapper.id) {
    throw new AppError('CONFIG_INVALID', {
      variable: 'the new master key',
      problem: 'is the one in use',
      problemZh: '与现用主密钥相同',
    });
  }
  const change = { former: from.wrapper.id, current: to.wrapper.id };
  const secrets = secretsPath(home);
  return await withClosedLog(home, async (store) => {
    // Also brings a home of an older version to the file that is rotated.
    await openHomeSecrets(home, (await isWrappedBy(secrets, to)) ? to : from);
    const vaultDir = join(home, 'vault');
    await requireRewrappable(vaultDir, from.wrapper, to.wrapper);
    await record(store, `rotation from ${change.former} to ${change.current} begins`);
    const vault = await rewrapVault(vaultDir, from.wrapper, to.wrapper);
    // INVARIANT: last. While any key of the vault still needs the former one, the secrets say so at a start.
    const isNew = await rewrapFile(secrets, SECRETS_CONTEXT, from.wrapper, to.wrapper);
    const rewrapped = vault.rewrapped + (isNew ? 1 : 0);
    await record(
      store,
      `rotation from ${change.former} to ${change.current} is complete, ${rewrapped + vault.before} keys`,
    );
    return { ...change, rewrapped, before: vault.before + (isNew ? 0 : 1) };
  });
}

async function isWrappedBy(path: string, { wrapper }: MasterKey): Promise<boolean> {
  const bytes = await readFile(path).catch(() => new Uint8Array());
  return wrapperIdOf(bytes) === wrapper.id;
}

function record(store: Store, note: string): Promise<unknown> {
  return store.commit((tx) => appendEntry(tx, { v: 1, kind: 'master-key', at: tx.now(), decision: 'permit', note }));
}
