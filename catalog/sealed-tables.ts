import { getTableConfig, type SQLiteTable } from './orm.ts';
import {
  affiliations,
  authorizedBatches,
  authorizedChanges,
  authorizedSignatures,
  canaries,
  consentKeys,
  consentWithdrawals,
  custodyCells,
  custodyOpenings,
  custodyPackages,
  custodySets,
  entryRevisions,
  freezes,
  grantRevocations,
  grantSignatures,
  grants,
  intakes,
  ledgerAccounts,
  ledgerReservations,
  listingGates,
  onboardings,
  operatorAgreements,
  operatorExits,
  operatorIncidents,
  operatorSteps,
  organisations,
  partyKeys,
  planAgreements,
  planDecisions,
  planResources,
  planReviews,
  planSupplies,
  plans,
  privacyBooks,
  productDecisions,
  products,
  resources,
  resourceVersions,
  retentionRules,
  ruleVersions,
  scanFindings,
  syncEnvelopes,
  syncLists,
  syncMismatches,
  syncPeers,
  timeLimits,
} from './schema.ts';

/** What decides who may ask what. */
export const SEALED_TABLES = {
  organisations,
  resources,
  resource_versions: resourceVersions,
  plans,
  plan_resources: planResources,
  plan_decisions: planDecisions,
  freezes,
  canaries,
  privacy_books: privacyBooks,
  party_keys: partyKeys,
  grants,
  grant_signatures: grantSignatures,
  grant_revocations: grantRevocations,
  products,
  product_decisions: productDecisions,
  consent_keys: consentKeys,
  consent_withdrawals: consentWithdrawals,
  retention_rules: retentionRules,
  operator_agreements: operatorAgreements,
  operator_steps: operatorSteps,
  operator_incidents: operatorIncidents,
  operator_exits: operatorExits,
  affiliations,
  intakes,
  entry_revisions: entryRevisions,
  listing_gates: listingGates,
  plan_reviews: planReviews,
  authorized_batches: authorizedBatches,
  authorized_changes: authorizedChanges,
  authorized_signatures: authorizedSignatures,
  rule_versions: ruleVersions,
  time_limits: timeLimits,
  onboardings,
  plan_agreements: planAgreements,
  plan_supplies: planSupplies,
  scan_findings: scanFindings,
  sync_peers: syncPeers,
  sync_envelopes: syncEnvelopes,
  sync_lists: syncLists,
  sync_mismatches: syncMismatches,
} as const;
/**
 * All that a custodian decides by. WHY the ledger too, which a gateway holds against its log alone: here it is small.
 */
export const CUSTODY_TABLES = {
  custody_packages: custodyPackages,
  custody_openings: custodyOpenings,
  custody_sets: custodySets,
  custody_cells: custodyCells,
  ledger_accounts: ledgerAccounts,
  ledger_reservations: ledgerReservations,
} as const;
export type SealedTable = keyof typeof SEALED_TABLES | keyof typeof CUSTODY_TABLES;
/** Which tables of a store are sealed: those of a gateway's home, or of a custodian's. */
export type SealedStore = 'catalogue' | 'custody';

export function sealedTables(of: SealedStore): readonly SealedTable[] {
  return Object.keys(of === 'catalogue' ? SEALED_TABLES : CUSTODY_TABLES) as SealedTable[];
}

interface SealedColumns {
  /** In the order of the table. */
  readonly columns: readonly { readonly property: string; readonly name: string }[];
  readonly keys: readonly string[];
  /** Where the keys stand among the columns. */
  readonly keyPlaces: readonly number[];
}

/**
 * Columns that came after a table's first seals, at its end. While such a column is null the MAC is made without it, so that the
 * seals of an older home stay good and no moment comes in which its rows are taken as they lie.
 */
export const ADDED_LATER: Partial<Readonly<Record<SealedTable, number>>> = {
  resources: 2,
  plans: 3,
  plan_agreements: 2,
};

/** For readers that read rows and seals together. */
export const LAYOUT = Object.fromEntries(
  Object.entries({ ...SEALED_TABLES, ...CUSTODY_TABLES }).map(([name, table]) => [name, layoutOf(table)]),
) as Readonly<Record<SealedTable, SealedColumns>>;

function layoutOf(table: SQLiteTable): SealedColumns {
  const { columns, primaryKeys } = getTableConfig(table);
  const properties = Object.entries(table) as [string, { readonly name?: string }][];
  const keyNames =
    primaryKeys[0]?.columns.map(({ name }) => name) ?? columns.filter((one) => one.primary).map(({ name }) => name);
  return {
    columns: columns.map(({ name }) => ({
      name,
      property: properties.find(([, column]) => column?.name === name)?.[0] ?? name,
    })),
    keys: keyNames,
    keyPlaces: keyNames.map((key) => columns.findIndex(({ name }) => name === key)),
  };
}
