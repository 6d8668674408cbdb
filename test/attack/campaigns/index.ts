import { AVERAGING_CAMPAIGN } from './averaging.ts';
import { BUDGET_RACE_CAMPAIGN } from './budget-race.ts';
import type { Campaign } from './campaign.ts';
import { DOMINANCE_ORACLE_CAMPAIGN, THRESHOLD_ORACLE_CAMPAIGN } from './denial-oracles.ts';
import { DIFFERENCING_CAMPAIGN } from './differencing.ts';
import { ERROR_ORACLE_CAMPAIGN } from './error-oracle.ts';
import { FORMS_CAMPAIGN } from './forms.ts';
import { KEY_ALGEBRA_CAMPAIGN } from './key-algebra.ts';
import { LINKED_TABLES_CAMPAIGN } from './linked-tables.ts';
import { MEMBERSHIP_CAMPAIGN } from './membership.ts';
import { NEIGHBOURS_CAMPAIGN } from './neighbours.ts';
import { NOISE_EXPLOITATION_CAMPAIGN } from './noise-exploitation.ts';
import {
  PRIVATE_AVERAGING_CAMPAIGN,
  PRIVATE_DIFFERENCING_CAMPAIGN,
  PRIVATE_MEMBERSHIP_CAMPAIGN,
} from './private-counts.ts';
import { PRIVATE_RECONSTRUCTION_CAMPAIGN } from './private-reconstruction.ts';
import { QUERY_SEARCH_CAMPAIGN } from './query-search.ts';
import { RECONSTRUCTION_CAMPAIGN } from './reconstruction.ts';
import { RELEASE_TICKS_CAMPAIGN } from './release-ticks.ts';
import { TRACKER_CAMPAIGN } from './trackers.ts';
import { VERSIONS_CAMPAIGN } from './versions.ts';

/** Suite B, in the order of the attack list. */
export const CAMPAIGNS: readonly Campaign[] = [
  FORMS_CAMPAIGN,
  DIFFERENCING_CAMPAIGN,
  PRIVATE_DIFFERENCING_CAMPAIGN,
  TRACKER_CAMPAIGN,
  AVERAGING_CAMPAIGN,
  PRIVATE_AVERAGING_CAMPAIGN,
  RECONSTRUCTION_CAMPAIGN,
  PRIVATE_RECONSTRUCTION_CAMPAIGN,
  LINKED_TABLES_CAMPAIGN,
  NOISE_EXPLOITATION_CAMPAIGN,
  KEY_ALGEBRA_CAMPAIGN,
  QUERY_SEARCH_CAMPAIGN,
  MEMBERSHIP_CAMPAIGN,
  PRIVATE_MEMBERSHIP_CAMPAIGN,
  NEIGHBOURS_CAMPAIGN,
  RELEASE_TICKS_CAMPAIGN,
  ERROR_ORACLE_CAMPAIGN,
  THRESHOLD_ORACLE_CAMPAIGN,
  DOMINANCE_ORACLE_CAMPAIGN,
  VERSIONS_CAMPAIGN,
  BUDGET_RACE_CAMPAIGN,
];
