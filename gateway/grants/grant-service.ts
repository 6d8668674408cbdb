import {
  type Db,
  type Grant,
  getGrant,
  type NewGrant,
  proposeGrant,
  revokeGrant,
  type SigningRole,
  type Store,
  signGrant,
} from '#catalog';
import type { Caller } from '../identity/index.ts';
import { appendChange, knowOrganisation } from '../log-change.ts';
import { readSignature, requireSigned, statementOf } from './statement.ts';

/** A grant that ended, and what ended with it. */
export interface GrantRevoked {
  readonly grant: Grant;
  readonly jobsStopped: number;
  /** From the order to the last job that leaned on it recorded as stopped, milliseconds. */
  readonly closureMs: number;
}

/** Changes of grants, each in one transaction with its log entry. Authorization is the routes' part. */
export interface GrantService {
  /** Errors: GRANT_INVALID. */
  propose(caller: Caller, grant: NewGrant): Promise<Grant>;
  /** `jws` is a compact JWS over `statementOf`. Errors: GRANT_NOT_FOUND, GRANT_STATE, SIGNATURE_INVALID, POLICY_ACCESS_DENIED. */
  sign(caller: Caller, id: string, jws: string): Promise<Grant>;
  /** At once and for good. Errors: GRANT_NOT_FOUND, GRANT_STATE, POLICY_ACCESS_DENIED. */
  revoke(caller: Caller, id: string, reason: string): Promise<GrantRevoked>;
}

export interface GrantDeps {
  readonly store: Store;
  /** Which home signatures are for: the verifier key of its log. */
  readonly home: string;
  readonly jobs: {
    /** Ends the running jobs whose standing has ended; resolves, with their number, when all are recorded. */
    stopFallen(): Promise<number>;
  };
}

export function createGrantService({ store, home, jobs }: GrantDeps): GrantService {
  return {
    propose: (caller, grant) =>
      store.commit((tx) => {
        knowOrganisation(tx, caller);
        return logged(tx, caller, proposeGrant(tx, grant), 'proposed');
      }),
    async sign(caller, id, jws) {
      const { org, sub: by } = caller;
      const role = signingRole(caller);
      const signed = await readSignature(jws, 'grant');
      return store.commit((tx) => {
        const grant = getGrant(tx, id);
        const expected = statementOf('grant', grant, { org, role }, home);
        const thumbprint = requireSigned(tx, signed, expected, org);
        knowOrganisation(tx, caller);
        const signature = { org, role, by, thumbprint, jws };
        return logged(tx, caller, signGrant(tx, id, signature), `signed by ${role}, key ${thumbprint}`);
      });
    },
    async revoke(caller, id, reason) {
      const startedMs = performance.now();
      const grant = await store.commit((tx) => {
        knowOrganisation(tx, caller);
        const { org, sub: by } = caller;
        const revoked = revokeGrant(tx, id, { org, role: signingRole(caller), by, reason });
        return logged(tx, caller, revoked, `revoked: ${reason}`);
      });
      const jobsStopped = await jobs.stopFallen();
      return { grant, jobsStopped, closureMs: performance.now() - startedMs };
    },
  };
}

const signingRole = ({ role }: Caller): SigningRole => (role === 'bureau' ? 'bureau' : 'provider');

function logged(tx: Db, caller: Caller, grant: Grant, what: string): Grant {
  const { id, hash, operator, purpose } = grant;
  appendChange(tx, {
    kind: 'grant',
    caller,
    grants: [id],
    purpose,
    note: `grant ${id} (${hash}) to ${operator} ${what}`,
  });
  return grant;
}
