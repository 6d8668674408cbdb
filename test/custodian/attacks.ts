import { ADAPTIVE_ATTACKS } from './adaptive-attacks.ts';
import type { Attack } from './attack.ts';
import { BGV_ATTACKS } from './bgv-attacks.ts';
import { CIPHERTEXT_ATTACKS } from './ciphertext-attacks.ts';
import { GATEWAY_ATTACKS } from './gateway-attacks.ts';
import { PROVIDER_ATTACKS } from './provider-attacks.ts';
import { RECORDS_ATTACKS } from './records-attacks.ts';

export const ATTACKS: readonly Attack[] = [
  ...GATEWAY_ATTACKS,
  ...ADAPTIVE_ATTACKS,
  ...CIPHERTEXT_ATTACKS,
  ...BGV_ATTACKS,
  ...PROVIDER_ATTACKS,
  ...RECORDS_ATTACKS,
];
