import { leafHash } from '../../catalog/index.ts';
import {
  isConsistent,
  isIncluded,
  openCheckpoint,
  parseTilePath,
  parseVkey,
  tilePath,
} from '../../gateway/audit/index.ts';
import { tileWidth } from '../../gateway/audit/tiles.ts';
import {
  consistencyProof,
  EMPTY_FRONTIER,
  EMPTY_ROOT,
  growTree,
  inclusionProof,
  rootOf,
} from '../../gateway/audit/tree.ts';

/** A published value and what this project makes of it. */
export interface Vector {
  readonly name: string;
  readonly passes: boolean;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => Buffer.from(text, 'hex');

/** The eight leaves of the Certificate Transparency project's tests of RFC 6962, and the roots over the first n of them. */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
/** From the same tests: [leaf, size, path] and [older, newer, proof]. */
const PATHS: readonly (readonly [number, number, readonly string[]])[] = [
  [0, 1, []],
  [
    0,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    5,
    8,
    [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
  [
    1,
    5,
    [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
];
const PROOFS: readonly (readonly [number, number, readonly string[]])[] = [
  [1, 1, []],
  [
    1,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    6,
    8,
    [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [
    2,
    5,
    [
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
];

export function rfc6962Vectors(): readonly Vector[] {
  const leaves = LEAVES.map((leaf) => leafHash(bytes(leaf)));
  const source = { nodes: (_level: number, from: number, to: number) => leaves.slice(from, to) };
  const root = (size: number) => bytes(ROOTS[size - 1] ?? '');
  const tree = growTree(EMPTY_FRONTIER);
  const roots = leaves.map((leaf, i) => {
    tree.push(leaf);
    return { name: `root of ${i + 1}`, passes: hex(rootOf(tree.frontier())) === ROOTS[i] };
  });
  const paths = PATHS.map(([leaf, size, path]) => ({
    name: `path of ${leaf} in ${size}`,
    passes:
      inclusionProof(source, leaf, size).map(hex).join() === path.join() &&
      isIncluded(leaves[leaf] as Buffer, leaf, { size, root: root(size) }, path.map(bytes)),
  }));
  const proofs = PROOFS.map(([older, newer, proof]) => ({
    name: `proof from ${older} to ${newer}`,
    passes:
      consistencyProof(source, older, newer).map(hex).join() === proof.join() &&
      isConsistent({ size: older, root: root(older) }, { size: newer, root: root(newer) }, proof.map(bytes)),
  }));
  const empty = hex(EMPTY_ROOT) === 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  return [{ name: 'root of 0', passes: empty }, ...roots, ...paths, ...proofs];
}

/** Go's sumdb, whose tree head and key are public: the first signed tree of `sum.golang.org` in its documentation. */
const NOTE_VKEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const NOTE_TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const NOTE_SIGNATURE = 'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=';

/** From the texts of c2sp.org/tlog-tiles and c2sp.org/signed-note. */
export function c2spVectors(): readonly Vector[] {
  const verifier = parseVkey(NOTE_VKEY);
  const signature = Buffer.from(NOTE_SIGNATURE, 'base64');
  const widths = [
    tileWidth(0, 272, 70_000),
    tileWidth(0, 273, 70_000),
    tileWidth(1, 0, 70_000),
    tileWidth(1, 1, 70_000),
  ];
  const of256 = [tileWidth(0, 0, 256), tileWidth(1, 0, 256), tileWidth(0, 1, 256)];
  const path = tilePath({ level: 0, n: 1_234_067, width: 256 });
  return [
    { name: 'tile path', passes: path === 'tile/0/x001/x234/067' && parseTilePath(path)?.n === 1_234_067 },
    { name: 'tiles of 70,000', passes: widths.join() === '256,112,256,17' && tileWidth(2, 0, 70_000) === 1 },
    { name: 'tiles of 256', passes: of256.join() === '256,1,0' },
    { name: 'key id', passes: verifier?.keyId.equals(signature.subarray(0, 4)) === true },
    { name: 'note signature', passes: verifier?.verify(NOTE_TEXT, signature.subarray(4)) === true },
    {
      name: 'a note that is no checkpoint',
      passes:
        verifier !== null && openCheckpoint(`${NOTE_TEXT}\n— PeterNeumann ${NOTE_SIGNATURE}\n`, verifier) === null,
    },
  ];
}
