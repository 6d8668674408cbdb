/** Why a custodian opens nothing, and what can be done about it. Closed: nothing else of a refusal leaves its process. */
export const CUSTODY_REFUSALS = Object.freeze({
  signature: {
    reason: 'the request is not signed by a gateway that the custodian knows',
    remedy: 'have the custodian trust the gateway’s key',
  },
  malformed: {
    reason: 'the request is not one that the custodian reads',
    remedy: 'use the gateway of the same version',
  },
  recipient: {
    reason: 'the custodian seals answers for keys that it knows, and for no other',
    remedy: 'ask with `sealFor` your own key, after the custodian has taken it in: sluice custodian trust --recipient',
  },
  replay: { reason: 'the request was made before, or its time is not now', remedy: 'ask again' },
  rate: { reason: 'the plan asks the custodian too often', remedy: 'ask again later' },
  dataset: {
    reason: 'the custodian holds no key for this version of the data',
    remedy: 'have the provider send its package for the custodian',
  },
  parameters: {
    reason: 'the request is not about the data as the provider declared them',
    remedy: 'upload the data again, with the package that belongs to them',
  },
  grant: {
    reason: 'the plan is not the one that the custodian opened for before',
    remedy: 'ask under the approved plan',
  },
  rows: { reason: 'a set of rows is not what it says it is', remedy: 'have the operator examine the gateway' },
  share: {
    reason: 'one unit has more rows in a set than was said',
    remedy: 'have the operator examine the gateway',
  },
  groups: {
    reason: 'sums under bgv-v1 are computed set by set, and these are too many sets, or too many for so many rows',
    remedy: 'ask for fewer groups; up to 100 sets of rows are summed, fewer of a large table',
  },
  overflow: { reason: 'the sum could be larger than the cipher holds', remedy: 'use smaller weights' },
  noise: { reason: 'the noise asked for is too little', remedy: 'ask for less ρ' },
  budget: {
    reason: 'the custodian’s own privacy budget of the data cannot bear this',
    remedy: 'ask for less, or repeat a question that was answered: that is free',
  },
  withheld: {
    reason: 'no set of rows stands for enough units, and differs in enough units from those opened before',
    remedy: 'ask about more units',
  },
  ciphertext: {
    reason: 'an encrypted sum is not of the rows that it is said to be of',
    remedy: 'have the operator examine the gateway and the upload',
  },
  closed: {
    reason: 'too many encrypted sums were not what they were said to be: the data are closed',
    remedy: 'have the operator examine the gateway; the provider encrypts anew under a new key',
  },
  records: {
    reason: 'the custodian’s own records are not as it wrote them',
    remedy: 'have the custodian restore them from a backup and examine its machine',
  },
  package: { reason: 'the provider’s package is not whole, or not signed by it', remedy: 'encrypt the data again' },
} as const);

export type CustodyRefusal = keyof typeof CUSTODY_REFUSALS;
