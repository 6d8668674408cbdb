import * as z from 'zod';
import { canonicalJson, contentHash, sha256Hex } from '#catalog';
import { type ListedEnvelope, SYNC_KINDS, type SyncKind } from '#policies';
import { type SigningKey, verifySigned } from '../custodian/signing-key.ts';

/** Media types in the headers: a list is no envelope, and neither is anything else that the same key signs. */
const ENVELOPE_TYPE = 'sluice-envelope+jws';
const LIST_TYPE = 'sluice-envelope-list+jws';

const key = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What a peer signs. `to` is the verifier key of a home's log: an envelope for another gateway is none here. */
const envelopeSchema = z.strictObject({
  v: z.literal(1),
  from: z.string(),
  to: z.string(),
  key,
  sequence: z.int().min(1),
  kind: z.enum(SYNC_KINDS),
  at: z.iso.datetime(),
  /** Of the payload's canonical JSON (RFC 8785). */
  payloadSha256: sha256,
});
export type Envelope = z.output<typeof envelopeSchema>;

/** Most envelopes of one day. */
const LIST_ITEMS_MAX = 5_000;

const listSchema = z.strictObject({
  v: z.literal(1),
  from: z.string(),
  to: z.string(),
  day: z.iso.date(),
  envelopes: z.array(z.strictObject({ key, digest: sha256 })).max(LIST_ITEMS_MAX),
});
export type EnvelopeList = z.output<typeof listSchema>;

/** A signed statement as it came: what it says, whose key it is by, and the digest of what was signed. */
export interface Signed<T> {
  readonly said: T;
  readonly signer: string;
  readonly digest: string;
}

/** Null for what is not signed, or says something else. Whose key it is, is for the transaction to ask that counts it. */
export const readEnvelope = (jws: string): Promise<Signed<Envelope> | null> => read(jws, ENVELOPE_TYPE, envelopeSchema);

/** The same for a list, which names no key twice. */
export async function readList(jws: string): Promise<Signed<EnvelopeList> | null> {
  const list = await read(jws, LIST_TYPE, listSchema);
  const keys = list?.said.envelopes.map((item) => item.key) ?? [];
  return new Set(keys).size === keys.length ? list : null;
}

async function read<T>(jws: string, type: string, schema: z.ZodType<T>): Promise<Signed<T> | null> {
  const signed = await verifySigned(jws, type, () => true);
  if (signed === null) return null;
  const said = schema.safeParse(jsonOf(signed.payload));
  return said.success
    ? { said: said.data, signer: signed.signer, digest: sha256Hex(Buffer.from(signed.payload)) }
    : null;
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return null;
  }
}

/** The peer's side: an envelope around a payload. */
export function sealEnvelope(
  by: Pick<SigningKey, 'sign'>,
  envelope: Omit<Envelope, 'v' | 'payloadSha256'> & { readonly kind: SyncKind },
  payload: object,
): Promise<string> {
  const said: Envelope = { v: 1, ...envelope, payloadSha256: contentHash(payload) };
  return by.sign(Buffer.from(canonicalJson(said)), ENVELOPE_TYPE);
}

/** The peer's side: its list of a day. */
export function sealList(
  by: Pick<SigningKey, 'sign'>,
  list: Pick<EnvelopeList, 'from' | 'to' | 'day'> & { readonly envelopes: readonly ListedEnvelope[] },
): Promise<string> {
  return by.sign(Buffer.from(canonicalJson({ v: 1, ...list })), LIST_TYPE);
}

/** The peer's side: how its list names an envelope that it sealed. */
export function listedOf(envelope: string): ListedEnvelope {
  const payload = Buffer.from(envelope.split('.')[1] ?? '', 'base64url');
  return { key: envelopeSchema.parse(jsonOf(payload)).key, digest: sha256Hex(payload) };
}
