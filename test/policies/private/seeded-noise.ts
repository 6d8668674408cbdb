import { drawnNoise } from '../../../policies/release/drawn-noise.ts';
import type { PrivacyNoise } from '../../../policies/release/private-groups.ts';

/** The product's own noise over bytes of a linear generator: the same in every run. */
export function seededNoise(): PrivacyNoise {
  let state = 7n;
  return drawnNoise((bytes) => {
    for (let at = 0; at < bytes.length; at += 1) {
      state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & ((1n << 64n) - 1n);
      bytes[at] = Number(state >> 56n);
    }
  });
}
