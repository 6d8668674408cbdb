import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { JWK } from 'jose';
import { firstBatch } from '#catalog';
import { type InterfaceContent, resourcesOfInterface } from '#policies';
import { signConsent } from '../../verify/consent-tokens.ts';
import type { Party, Reply, Stage } from './stage.ts';

/** What scenarios do with interfaces: publishing one the way that it goes, and signing consents as the bureau's issuer does. */

/** Submits, has every provider whose table is read and the bureau approve, publishes. */
export async function publishInterface(
  stage: Stage,
  maker: Party,
  product: {
    readonly id: string;
    readonly plan: string;
    readonly title: { readonly zh: string; readonly en: string };
    readonly content: InterfaceContent;
  },
): Promise<void> {
  const { version, hash } = stage.done(
    await maker.request('POST', '/v1/products', product),
    `${product.id}: submitted`,
  );
  const path = `/v1/products/${product.id}/${String(version)}`;
  stage.refused(
    await maker.request('POST', `${path}/publication`),
    'PRODUCT_STATE',
    `${product.id}: published before it was reviewed`,
  );
  const read = resourcesOfInterface(product.content);
  const providers = new Set(firstBatch.flatMap(({ id, provider }) => (read.has(id) ? [provider] : [])));
  const reviewers = [...providers].map((org) => stage.as('provider', 'reviewer', org));
  for (const reviewer of await Promise.all([...reviewers, stage.as('bureau', 'dan', 'data-bureau')])) {
    stage.done(
      await reviewer.request('POST', `${path}/decisions`, { verdict: 'approve', hash }),
      `${product.id}: reviewed by ${reviewer.caller.org}`,
    );
  }
  stage.done(await maker.request('POST', `${path}/publication`), `${product.id}: published`);
}

export interface ConsentIssuer {
  /** A consent for one question, of the plan, for its purpose. */
  sign(consent: {
    readonly by: string;
    readonly about?: string;
    readonly product: string;
    readonly purpose?: string;
    readonly uses?: number;
  }): Promise<string>;
}

/** The bureau registers an issuer's key; then what it signs counts. */
export async function openIssuer(
  stage: Stage,
  { org, plan, purpose }: { readonly org: string; readonly plan: string; readonly purpose: string },
): Promise<ConsentIssuer> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const jwk = publicKey.export({ format: 'jwk' }) as JWK;
  const bureau = await stage.as('bureau', 'dan', 'data-bureau');
  stage.done(
    await bureau.request('POST', '/v1/consent-keys', { title: 'consent desk', jwk }),
    'a consent desk is registered',
  );
  return {
    sign: ({ by, about = null, product, purpose: forPurpose = purpose, uses = 1 }) => {
      const issuedAt = Math.floor(Date.now() / 1000);
      const terms = {
        by,
        about,
        org,
        plan,
        purpose: forPurpose,
        product,
        uses,
        issuedAt,
        expiresAt: issuedAt + 86_400,
      };
      return signConsent({ ...terms, id: randomUUID() }, privateKey, jwk);
    },
  };
}

/** What may differ between two answers about nobody: their ids. */
export function shapeOf({ body }: Reply): string {
  return JSON.stringify({ ...body, id: '', salt: '', entry: 0 });
}

/** Asks about subject after subject without consent until the asker is frozen, or to the end; how many were asked and the last word. */
export async function sweep(
  asker: Party,
  product: string,
  subjects: readonly { readonly subject: string; readonly also: readonly string[] }[],
): Promise<{ readonly asked: number; readonly last: string }> {
  let asked = 0;
  let last = '';
  for (const one of subjects) {
    const { body } = await asker.request('POST', '/v1/lookups', { product, ...one, consents: [] });
    last = String(body['code'] ?? body['answer']);
    if (last === 'POLICY_FROZEN') break;
    asked += 1;
  }
  return { asked, last };
}
