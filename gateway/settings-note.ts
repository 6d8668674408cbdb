import { DEFAULT_PROFILE } from '#policies';
import type { Config, WitnessConfig } from './config.ts';

/** What runs. */
export interface Software {
  readonly version: string;
  /** How its workers are isolated. */
  readonly tier: string;
}

/**
 * What runs, and what the operator has set of who is believed, who watches and what is kept. The log says it at each start, so that nobody ends the wait for
 * a witness, or takes tokens from elsewhere, unseen. No secret is in it, and no address but the name of the issuer.
 */
export function settingsNote(config: Config, { version, tier }: Software): string {
  const { oidc, masterKey, witness, custodian, resultDaysMax } = config;
  return [
    `sluice ${version}`,
    `isolation ${tier}`,
    `policies ${DEFAULT_PROFILE.version}`,
    `tokens from ${oidc === null ? 'its own issuer' : oidc.issuer}`,
    `master key from ${masterKey.from}`,
    witness === null ? 'no witness' : `witness ${witnessNote(witness)}`,
    custodian === null ? 'no custodian' : `custodian ${custodian.thumbprint}`,
    `results kept ${resultDaysMax} days`,
  ].join(', ');
}

/** By name and number of its key. */
function witnessNote({ vkey, policy }: WitnessConfig): string {
  const waits = policy === 'require' ? 'results wait for it' : 'nobody waits for it';
  return `${vkey.split('+', 2).join('+')} (${waits})`;
}
