import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openCheckpoint, signatureLine, signCheckpoint } from '../../../gateway/audit/checkpoint.ts';
import { createLogKey, parseVkey } from '../../../gateway/audit/log-key.ts';
import { entriesBundle, parseTilePath, readEntriesBundle, tilePath, tileWidth } from '../../../gateway/audit/tiles.ts';
import { EMPTY_ROOT } from '../../../gateway/audit/tree.ts';

const key = createLogKey('example.com/log', generateKeyPairSync('ed25519').privateKey);

describe('tile paths', () => {
  it('are those of the specification', () => {
    expect(tilePath({ level: 0, n: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 2, n: 5, width: 256 })).toBe('tile/2/005');
    expect(tilePath({ level: 'entries', n: 1_000, width: 7 })).toBe('tile/entries/x001/000.p/7');
    expect(tilePath({ level: 1, n: 0, width: 1 })).toBe('tile/1/000.p/1');
  });

  it('are read back, and nothing else is', () => {
    for (const n of [0, 1, 999, 1_000, 999_999, 1_000_000, 1_234_067]) {
      for (const width of [1, 255, 256]) {
        const address = { level: 3, n, width };
        expect(parseTilePath(tilePath(address))).toEqual(address);
      }
    }
    const wrong = ['tile/0/1', 'tile/0/x000/001', 'tile/0/001.p/256', 'tile/0/001.p/0', 'tile/64/001', 'tile/00/001'];
    for (const path of [
      ...wrong,
      'tile/0/x001',
      'tile/0/001/',
      '../tile/0/001',
      'tile/0/001.p/01',
      'tile/entrie/001',
    ]) {
      expect(parseTilePath(path), path).toBeNull();
    }
  });

  it('know how wide a tile is', () => {
    expect(tileWidth(0, 0, 70_000)).toBe(256);
    expect(tileWidth(0, 273, 70_000)).toBe(112);
    expect(tileWidth(0, 274, 70_000)).toBe(0);
    expect(tileWidth(1, 1, 70_000)).toBe(17);
    expect(tileWidth(2, 0, 70_000)).toBe(1);
    expect(tileWidth(3, 0, 70_000)).toBe(0);
    expect(tileWidth('entries', 273, 70_000)).toBe(112);
  });
});

describe('bundles of entries', () => {
  it('have each length in front', () => {
    const entries = [Buffer.from('{}'), Buffer.alloc(0), Buffer.alloc(65_535, 7)];
    const bundle = entriesBundle(entries);
    expect([...bundle.subarray(0, 6)]).toEqual([0, 2, 0x7b, 0x7d, 0, 0]);
    expect(readEntriesBundle(bundle)).toEqual(entries);
  });
});

/** From the documentation of golang.org/x/mod/sumdb/note. */
const NEUMANN_VKEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const NEUMANN_TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const NEUMANN_SIGNATURE =
  'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=';

describe('signed notes', () => {
  it('verify the example of the Go package', () => {
    const verifier = parseVkey(NEUMANN_VKEY);
    const signature = Buffer.from(NEUMANN_SIGNATURE, 'base64');
    expect(verifier?.keyId).toEqual(signature.subarray(0, 4));
    expect(verifier?.verify(NEUMANN_TEXT, signature.subarray(4))).toBe(true);
    expect(verifier?.verify(`${NEUMANN_TEXT} `, signature.subarray(4))).toBe(false);
  });

  it('have a vkey that reads back', () => {
    expect(parseVkey(key.vkey)?.keyId).toEqual(key.keyId);
    for (const vkey of ['', 'a+b+c', key.vkey.replace(/\+[0-9a-f]{8}\+/, '+00000000+'), key.vkey.slice(0, -5)]) {
      expect(parseVkey(vkey), vkey).toBeNull();
    }
  });
});

describe('checkpoints', () => {
  const head = { size: 0, root: EMPTY_ROOT };
  const { note } = signCheckpoint([key], head);

  it('read as the specification says', () => {
    const lines = note.split('\n');
    expect(lines.slice(0, 4)).toEqual(['example.com/log', '0', '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', '']);
    expect(lines[4]).toMatch(/^— example\.com\/log [A-Za-z0-9+/]+=*$/);
    expect(lines[5]).toBe('');
    expect(openCheckpoint(note, key)).toEqual({ origin: 'example.com/log', ...head });
  });

  it('are the same when signed again', () => {
    expect(signCheckpoint([key], head).note).toBe(note);
  });

  it('may carry other signatures, before and after', () => {
    const other = createLogKey('witness', generateKeyPairSync('ed25519').privateKey);
    const [text, line] = note.split('\n\n') as [string, string];
    const foreign = signatureLine(other, other.sign(`${text}\n`));
    expect(openCheckpoint(`${text}\n\n${foreign}${line}`, key)).not.toBeNull();
    expect(openCheckpoint(`${text}\n\n${line}${foreign}`, key)).not.toBeNull();
    expect(openCheckpoint(`${text}\n\n${foreign}`, key)).toBeNull();
  });

  it('are refused with any byte changed, left out or added', () => {
    const bytes = Buffer.from(note);
    for (let i = 0; i < bytes.length; i += 1) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] as number) ^ 1;
      expect(openCheckpoint(changed.toString('utf8'), key), `byte ${i}`).toBeNull();
      const without = Buffer.concat([bytes.subarray(0, i), bytes.subarray(i + 1)]);
      expect(openCheckpoint(without.toString('utf8'), key), `without byte ${i}`).toBeNull();
    }
    expect(openCheckpoint(`${note}\n`, key)).toBeNull();
  });

  it('are refused when another key signed them', () => {
    const other = createLogKey('example.com/log', generateKeyPairSync('ed25519').privateKey);
    expect(openCheckpoint(note, other)).toBeNull();
  });
});
