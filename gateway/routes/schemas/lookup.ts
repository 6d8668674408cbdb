import { z } from '@hono/zod-openapi';
import { LOOKUP_MODES } from '#policies';
import { canonicalIdentifier, IDENTIFIER_CHARACTERS_MAX } from '#sandbox';
import { InstantSchema, oneLine } from './common.ts';
import { ProductIdSchema } from './product.ts';

const IdentifierSchema = oneLine(IDENTIFIER_CHARACTERS_MAX).transform((text, ctx) => {
  const canonical = canonicalIdentifier(text);
  if (canonical !== null) return canonical;
  ctx.addIssue({ code: 'custom', message: 'an empty identifier' });
  return z.NEVER;
});
/** WHY any text: what is wrong with a consent is not told to who brings it. */
const ConsentTokenSchema = z.string().max(8_192);

export const LookupRequestSchema = z
  .strictObject({
    product: ProductIdSchema,
    subject: IdentifierSchema.openapi({ type: 'string', description: 'the identifier that the interface asks for' }),
    also: z
      .array(IdentifierSchema)
      .max(4)
      .default([])
      .openapi({ description: 'further identifiers, in the order of the interface' }),
    consents: z
      .array(ConsentTokenSchema)
      .max(4)
      .openapi({ description: 'signed tokens, one of each who has to consent' }),
  })
  .openapi('LookupRequest', {
    example: { product: 'vehicle-pledged', subject: '1M8GDM9AXKP042788', also: ['鄂G12345'], consents: ['eyJ…'] },
  });

export const LookupReplySchema = z
  .object({
    id: z.string(),
    product: z.string(),
    version: z.int(),
    mode: z.enum(LOOKUP_MODES),
    answer: z.string().openapi({
      description:
        '`yes`, `no`, a band, or `unknown`: nobody is known by these identifiers, or consent does not cover the question',
    }),
    reasons: z.array(z.string()).openapi({ description: 'codes of the features that cost a band most' }),
    salt: z.string().openapi({ description: 'opens `resultSha256` of the log entry' }),
    entry: z.int().openapi({ description: 'the log entry of the answer' }),
  })
  .openapi('LookupReply');

export const ConsentKeySchema = z
  .object({
    id: z.string().openapi({ description: 'RFC 7638 thumbprint' }),
    title: z.string(),
    kind: z.enum(['issuer', 'subject']),
    addedBy: z.string(),
    addedAt: InstantSchema,
    revokedBy: z.string().nullable(),
    revokedAt: InstantSchema.nullable(),
  })
  .openapi('ConsentKey');
export const ConsentKeyListSchema = z.object({ items: z.array(ConsentKeySchema) }).openapi('ConsentKeyList');
export const ConsentKeyRequestSchema = z
  .strictObject({
    title: oneLine(200),
    jwk: z.record(z.string(), z.string()).openapi({ description: 'public key: Ed25519 (OKP) or P-256 (EC)' }),
    subject: IdentifierSchema.nullable()
      .default(null)
      .openapi({
        type: ['string', 'null'],
        description: 'the one identifier that the key consents for; null: an issuer that establishes who consents',
      }),
  })
  .openapi('ConsentKeyRequest');
export const ConsentKeyParamsSchema = z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{43}$/) });
export const ConsentWithdrawalSchema = z
  .strictObject({ consent: ConsentTokenSchema.min(1) })
  .openapi('ConsentWithdrawal', { description: 'the token, as it was signed' });
export const ConsentWithdrawnSchema = z.object({ withdrawn: z.literal(true) }).openapi('ConsentWithdrawn');
