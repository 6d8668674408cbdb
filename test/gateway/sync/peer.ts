import { generateKeyPairSync } from 'node:crypto';
import { confirmPartyKey, confirmPeer, declarePeer, registerPartyKey, type Store } from '../../../catalog/index.ts';
import { type SigningKey, signingKeyOf } from '../../../gateway/custodian/signing-key.ts';
import { createSyncService, type SyncService } from '../../../gateway/sync/sync-service.ts';
import { AppError, type SyncSide } from '../../../policies/index.ts';

/** A platform that the bureau has declared and confirmed, with a key of its own. */
export interface TestPeer {
  readonly id: string;
  readonly key: SigningKey;
}

export const HOME = 'test.example/log+1+home';
export const BUREAU = { role: 'bureau', org: 'bureau', sub: 'bo' } as const;
export const carrier = (org: string) => ({ role: 'platform', org, sub: 'adapter' }) as const;

export const newKey = (): Promise<SigningKey> => signingKeyOf(generateKeyPairSync('ed25519').privateKey);

export async function putPeer(store: Store, id: string, side: SyncSide): Promise<TestPeer> {
  const key = await newKey();
  const { thumbprint } = key;
  await store.commit((tx) => {
    declarePeer(tx, { id, side, org: 'bureau', declaredBy: 'bureau/bo' });
    confirmPeer(tx, id, 'bureau/ann');
    registerPartyKey(tx, { org: id, thumbprint, publicKey: key.publicJwk.x ?? '', registeredBy: 'adapter' });
    confirmPartyKey(tx, id, thumbprint, { org: 'bureau', sub: 'bo' });
  });
  return { id, key };
}

export function openSync(store: Store, now: () => Date): SyncService {
  const none = () => Promise.resolve();
  const declarationOf = () => {
    throw new AppError('RESOURCE_INVALID', { path: '', problem: 'none of this test' });
  };
  return createSyncService({ store, now, home: HOME, declarationOf, stopJobs: none, stopFallen: none });
}

/** `repeat`, `new`, or the code that it was refused with. */
export async function outcomeOf(delivery: Promise<{ readonly isRepeat: boolean }>): Promise<string> {
  try {
    return (await delivery).isRepeat ? 'repeat' : 'new';
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}
