import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cosign, readCosignature } from '../../../gateway/witness/cosignature.ts';
import { type CosignatureKind, cosignerKey, parseCosignerVkey } from '../../../gateway/witness/cosigner-key.ts';

const PAIRS = { ed25519: generateKeyPairSync('ed25519'), 'ml-dsa-44': generateKeyPairSync('ml-dsa-44') } as const;
const keyOf = (kind: CosignatureKind, name = 'witness.example/w1') => cosignerKey(name, kind, PAIRS[kind].privateKey);
/** The example of c2sp.org/tlog-cosignature. */
const ROOT = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';
const CHECKPOINT = { origin: 'example.com/behind-the-sofa', size: 20_852_163, root: Buffer.from(ROOT, 'base64') };
const TIME = 1_679_315_147;

const bytesOf = (line: string) => Buffer.from(line.trimEnd().split(' ')[2] ?? '', 'base64');

describe('the signed message is that of the specification', () => {
  it('for Ed25519: a header line, the time, the body of the note', () => {
    const bytes = bytesOf(cosign(keyOf('ed25519'), CHECKPOINT, TIME));
    expect(bytes.readBigUInt64BE(4)).toBe(BigInt(TIME));
    const text = `cosignature/v1\ntime ${TIME}\nexample.com/behind-the-sofa\n20852163\n${ROOT}\n`;
    expect(verify(null, Buffer.from(text), createPublicKey(PAIRS.ed25519.privateKey), bytes.subarray(12))).toBe(true);
  });

  it('for ML-DSA-44: cosigned_message', () => {
    const bytes = bytesOf(cosign(keyOf('ml-dsa-44'), CHECKPOINT, TIME));
    const name = 'witness.example/w1';
    const message = Buffer.concat([
      Buffer.from('737562747265652f76310a00', 'hex'), // "subtree/v1\n\0"
      Buffer.from([name.length]),
      Buffer.from(name),
      Buffer.from('00000000641850cb', 'hex'),
      Buffer.from([CHECKPOINT.origin.length]),
      Buffer.from(CHECKPOINT.origin),
      Buffer.from('0000000000000000', 'hex'),
      Buffer.from('00000000013e2dc3', 'hex'),
      CHECKPOINT.root,
    ]);
    expect(bytes.length).toBe(4 + 8 + 2_420);
    expect(verify(null, message, createPublicKey(PAIRS['ml-dsa-44'].privateKey), bytes.subarray(12))).toBe(true);
  });
});

describe.each(['ed25519', 'ml-dsa-44'] as const)('a cosignature by %s', (kind) => {
  const key = keyOf(kind);
  const line = cosign(key, CHECKPOINT, TIME);
  const verifier = parseCosignerVkey(key.vkey)!;
  const read = (text: string, checkpoint = CHECKPOINT) => readCosignature(text.split('\n'), checkpoint, verifier);

  it('is read with the vkey alone, among other lines', () => {
    expect(read(`— somebody.else AAAAAAAA\n${line}`)).toBe(TIME);
  });

  it('vouches for no other tree, log, witness or time', () => {
    expect(read(line, { ...CHECKPOINT, size: CHECKPOINT.size + 1 })).toBeNull();
    expect(read(line, { ...CHECKPOINT, origin: 'example.com/other' })).toBeNull();
    expect(read(line, { ...CHECKPOINT, root: Buffer.alloc(32) })).toBeNull();
    expect(readCosignature(line.split('\n'), CHECKPOINT, keyOf(kind, 'witness.example/w2'))).toBeNull();
    const bytes = bytesOf(line);
    const step = kind === 'ed25519' ? 1 : 101;
    for (let at = 0; at < bytes.length; at += step) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(read(`— ${key.name} ${changed.toString('base64')}\n`), `byte ${at}`).toBeNull();
    }
  });

  it('has a vkey of its kind and of no other', () => {
    expect(verifier.kind).toBe(kind);
    for (const wrong of ['', key.vkey.slice(0, -4), key.vkey.replace('w1', 'w2')]) {
      expect(parseCosignerVkey(wrong)).toBeNull();
    }
  });
});
