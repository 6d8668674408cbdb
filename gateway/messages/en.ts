import type { MessageCatalogue } from './message.ts';

/** English. Lower case, the user's own words in backticks, one hint. */
export const EN: MessageCatalogue = {
  // ── SQL ──────────────────────────────────────────────────────────────────────────────────────────────────────────
  SQL_SYNTAX: {
    title: 'the SQL cannot be read',
    detail: 'syntax error[ near `{near}`]',
    hint: 'send one SELECT statement in the SQL that the reference describes[; in the place of this: {accepted}]',
  },
  SQL_TOO_LONG: {
    title: 'the SQL is too long',
    detail: 'the statement has[ {bytes}] more bytes than are read[, which is {bytesMax}]',
    hint: 'shorten the statement[ to at most {bytesMax} bytes]',
  },
  SQL_TOO_COMPLEX: {
    title: 'the SQL is too complex',
    detail: '[{what} ]beyond what is accepted[, at most {limit}]',
    hint: 'split the question into several jobs, or nest less deeply',
  },
  SQL_NOT_SELECT: {
    title: 'only SELECT is accepted',
    detail: 'the statement is not a SELECT',
    hint: 'send one SELECT statement; WITH before it is accepted',
  },
  SQL_STATEMENTS: {
    title: 'exactly one statement is accepted',
    detail: 'found[ {count}] statements where one is accepted',
    hint: 'send each statement as its own job',
  },
  SQL_CONSTRUCT_REFUSED: {
    title: 'the construct is not accepted',
    detail: '`{construct}` is not accepted',
    hint: '[accepted instead: {accepted}]',
  },
  SQL_FUNCTION_REFUSED: {
    title: 'the function is not accepted',
    detail: 'function `{function}` is not accepted[ with these arguments ({given})]',
    hint: '[accepted instead: {accepted}]',
  },
  SQL_TYPE_REFUSED: {
    title: 'the type is not accepted',
    detail: 'type `{type}` is not accepted',
    hint: '[accepted instead: {accepted}]',
  },
  SQL_TABLE_UNKNOWN: {
    title: 'the table is unknown',
    detail: 'table `{table}` does not exist under this plan',
    hint: 'name a table that the plan grants[: `{granted}`]',
  },
  SQL_COLUMN_UNKNOWN: {
    title: 'the column is unknown',
    detail: 'column `{column}` does not exist under this plan',
    hint: 'name a column that the plan grants[; did you mean `{near}`]',
  },
  SQL_COLUMN_AMBIGUOUS: {
    title: 'the column is ambiguous',
    detail: 'column `{column}` could be more than one',
    hint: '[write one of: `{candidates}`]',
  },
  SQL_TYPE_MISMATCH: {
    title: 'the types do not fit',
    detail: '[`{what}` ]needs[ `{expected}`][; found `{actual}`]',
    hint: '[accepted: {accepted}]',
  },
  SQL_AGGREGATE_MISPLACED: {
    title: 'the aggregate cannot stand here',
    detail: 'aggregate `{function}` cannot stand here',
    hint: '[accepted: {accepted}]',
  },
  SQL_NOT_GROUPED: {
    title: 'the column is not grouped',
    detail: 'column `{column}` is neither grouped nor inside an aggregate',
    hint: 'add `{column}` to GROUP BY, or put it in an aggregate',
  },
  SQL_LITERAL_REFUSED: {
    title: 'the value is not accepted',
    detail: '[`{what}`: ]this value is not accepted here',
    hint: '[accepted: {accepted}]',
  },
  // ── policy ───────────────────────────────────────────────────────────────────────────────────────────────────────
  POLICY_IDENTIFIER_USE: {
    title: 'an identifier cannot be used like this',
    detail: 'identifier `{column}` cannot be used[ in `{use}`]',
    hint: '[accepted: {accepted}]',
  },
  POLICY_ROWS_REFUSED: {
    title: 'rows of these columns cannot leave',
    detail: 'mode `{mode}` lets out no single rows[ of `{columns}`]',
    hint: 'ask for aggregates, such as count, sum or avg with GROUP BY',
  },
  POLICY_MODE_NOT_AVAILABLE: {
    title: 'the mode that these columns need is not available',
    detail: '[columns `{columns}` need ]mode `{mode}`, which this gateway does not serve yet',
    hint: 'leave these columns out; a weaker mode is never used in place of a stricter one',
  },
  POLICY_MODE_DENY: {
    title: 'these columns never leave',
    detail: 'the level of[ `{columns}`] forbids every use',
    hint: 'leave these columns out',
  },
  POLICY_UNIT_MISSING: {
    title: 'the table names no privacy unit',
    detail: 'table `{table}` names no privacy unit that protection could count',
    hint: '[accepted: {accepted}]',
  },
  POLICY_AGGREGATE_REFUSED: {
    title: 'the aggregate cannot leave in this mode',
    detail: 'aggregate `{function}` shows single values and cannot leave[ in mode `{mode}`]',
    hint: '[accepted instead: {accepted}]',
  },
  POLICY_CONSTRUCT_REFUSED: {
    title: 'the construct cannot be used in this mode',
    detail: '`{construct}` cannot be used[ in mode `{mode}`]',
    hint: '[accepted instead: {accepted}]',
  },
  POLICY_ACCESS_DENIED: {
    title: 'not permitted',
    detail: 'no policy permits[ `{action}`] to this caller',
    hint: 'ask the data bureau for the role or the grant that this needs',
  },
  POLICY_FROZEN: {
    title: 'stopped by the security office',
    detail: 'what you ask for is frozen[: {scope}]',
    hint: 'ask the security office; nothing that you can change in the request helps',
  },
  POLICY_CANARY: {
    title: 'the answer held a value that must never leave',
    detail: 'nothing of the answer was released; the security office has been told',
    hint: 'ask the security office; the same question is answered no differently',
  },
  // ── catalogue ────────────────────────────────────────────────────────────────────────────────────────────────────
  RESOURCE_NOT_FOUND: {
    title: 'no such resource',
    detail: 'resource `{id}` does not exist or is not yours to see',
    hint: 'list the resources with GET /v1/resources',
  },
  RESOURCE_EXISTS: {
    title: 'the resource exists',
    detail: 'a resource `{id}` is registered already',
    hint: 'choose another table name',
  },
  RESOURCE_STATE: {
    title: 'the resource is in another state',
    detail: 'resource `{id}` is `{state}`',
    hint: '[accepted: {accepted}]',
  },
  RESOURCE_INVALID: {
    title: 'the declaration is not valid',
    detail: '[`{path}`: ]{problem}',
    hint: 'correct the declaration and send it again',
  },
  ENTRY_INCOMPLETE: {
    title: 'the catalogue entry is not complete',
    detail: 'entry `{id}` lacks what every entry must say: `{missing}`',
    hint: 'send a version of the entry that says it (POST /v1/resources/<id>/revisions)',
  },
  GATE_CLOSED: {
    title: 'a gate before the listing is closed',
    detail: 'entry `{id}` has not passed: `{missing}`',
    hint: 'three different people decide secrecy, security and personal information (POST /v1/resources/<id>/gates/<gate>); what was refused needs another version of the entry',
  },
  LIST_INVALID: {
    title: 'the change of the list is not valid',
    detail: '`{path}`: {problem}',
    hint: 'name tables of the catalogue once, to add what is not on the list or to remove what is',
  },
  LIST_NOT_FOUND: {
    title: 'there is no such batch',
    detail: 'batch `{id}` of the list does not exist',
    hint: 'see GET /v1/authorized-list',
  },
  LIST_STATE: {
    title: 'the batch is not in that state',
    detail: 'batch `{id}` is {state}',
    hint: '[accepted: {accepted}]',
  },
  DEMAND_NOT_FOUND: {
    title: 'there is no such demand',
    detail: 'demand `{id}` does not exist',
    hint: 'see GET /v1/demands',
  },
  DEMAND_STATE: {
    title: 'the demand is not in that state',
    detail: 'demand `{id}` is {state}',
    hint: '[accepted: {accepted}]',
  },
  RULES_STATE: {
    title: 'the rules are not in that state',
    detail: 'rules `{id}` are {state}',
    hint: '[accepted: {accepted}]',
  },
  TIME_LIMITS_INVALID: {
    title: 'the holidays are not valid',
    detail: '`{path}`: {problem}',
    hint: 'each day in its year, once, either off or worked; worked days are Saturdays and Sundays',
  },
  TIME_LIMITS_STATE: {
    title: 'the time limits are not in that state',
    detail: 'version {id} of the time limits is {state}',
    hint: '[accepted: {accepted}]',
  },
  ONBOARDING_INVALID: {
    title: 'the dossier is not valid',
    detail: '`{path}`: {problem}',
    hint: 'correct it and apply again (POST /v1/onboarding)',
  },
  ONBOARDING_NOT_FOUND: {
    title: 'there is no such dossier',
    detail: 'no dossier of `{id}`',
    hint: 'the developer applies first (POST /v1/onboarding)',
  },
  ONBOARDING_STATE: {
    title: 'the dossier is not in that state',
    detail: 'the dossier of `{id}` is {state}',
    hint: '[accepted: {accepted}]',
  },
  DESTRUCTION_INCOMPLETE: {
    title: 'the destruction is not complete',
    detail:
      'the key of `{id}` is destroyed, but a scan of the gateway’s folders found what should not be there: {found}',
    hint: 'the operator removes what `sluice doctor` names; then order the destruction again',
  },
  PLAN_NOT_FOUND: {
    title: 'no such plan',
    detail: 'plan `{id}` does not exist or is not yours to use',
    hint: 'list your plans with GET /v1/plans',
  },
  PLAN_INVALID: {
    title: 'the plan is not valid',
    detail: '[`{path}`: ]{problem}',
    hint: 'correct the plan and send it again',
  },
  PLAN_SUSPENDED: {
    title: 'the plan is suspended',
    detail: '[plan `{plan}` lacks requirement {requirement} ({paragraph})][: {missing}]',
    hint: 'the bureau and every provider involved review the plan again (POST /v1/plans/<id>/reviews), once the entries are listed[; lacking besides: {also}]',
  },
  DEVELOPER_NOT_ONBOARDED: {
    title: 'the developer is not onboarded',
    detail: '[plan `{plan}` lacks requirement {requirement} ({paragraph})][: {missing}]',
    hint: 'the developer accepts the rules in force with its dossier (GET /v1/rules, POST /v1/onboarding), and the bureau decides on it[; lacking besides: {also}]',
  },
  AGREEMENT_NOT_FILED: {
    title: 'no agreement over the plan is filed',
    detail: '[plan `{plan}` lacks requirement {requirement} ({paragraph})][: {missing}]',
    hint: 'developer and operator sign (POST /v1/plans/<id>/agreement), and the bureau records the filing (POST /v1/plans/<id>/filing)[; lacking besides: {also}]',
  },
  PLAN_NOT_SUPPLIED: {
    title: 'tables of the plan are not supplied',
    detail: '[plan `{plan}` lacks requirement {requirement} ({paragraph})][: {missing}]',
    hint: 'the provider of each table gives its receipt (POST /v1/plans/<id>/supplies)[; lacking besides: {also}]',
  },
  SYNC_MISMATCH: {
    title: 'what came from another platform is not reconciled',
    detail: '[plan `{plan}` lacks requirement {requirement} ({paragraph})][: {missing}]',
    hint: 'the platform sends its list of the day (POST /v1/sync-peers/<id>/reconciliations), and the bureau decides on each mismatch (GET /v1/sync-mismatches)[; lacking besides: {also}]',
  },
  SYNC_NOT_FOUND: {
    title: 'there is no such peer or mismatch',
    detail: '`{id}` is not known here',
    hint: 'list them with GET /v1/sync-peers and GET /v1/sync-mismatches',
  },
  SYNC_STATE: {
    title: 'the state of the peer or mismatch does not allow this',
    detail: '`{id}`: {state}',
    hint: '[accepted: {accepted}]',
  },
  SYNC_REFUSED: {
    title: 'the envelope is not taken in',
    detail: '{problem}',
    hint: 'a peer outside hands over catalogue entries and resource requests, one inside catalogue entries and batch notices, within seven days: `sluice sync seal`',
  },
  SYNC_CONFLICT: {
    title: 'something else is here under this key',
    detail: 'for `{id}`, other content was received',
    hint: 'repeat what was sent, byte for byte, or use another key; a list of a day is sent once',
  },
  SYNC_SEQUENCE: {
    title: 'envelopes are missing, or out of order',
    detail: 'number {sequence} came, and number {expected} is the next',
    hint: 'send the envelopes from number {expected} on, in their order',
  },
  ACCOUNT_NOT_ONBOARDED: {
    title: 'the account stands in no dossier',
    detail: '[plan `{plan}` lacks requirement {requirement} ({paragraph})]',
    hint: 'the organisation names its accounts in its dossier (POST /v1/onboarding), and the bureau decides on it',
  },
  PLAN_STATE: {
    title: 'the plan is in another state',
    detail: 'plan `{id}` is `{state}`',
    hint: '[accepted: {accepted}]',
  },
  GRANT_MISSING: {
    title: 'no grant covers the plan',
    detail: '[plan `{plan}` lacks requirement {requirement} ({paragraph})][: {missing}]',
    hint: 'the bureau or the operator proposes a grant (`sluice grants propose`), bureau and provider sign it (`sluice grants sign`)[; lacking besides: {also}]',
  },
  PLAN_SCOPE: {
    title: 'beyond what the plan says',
    detail:
      '[plan `{plan}` with hash {planHash} does not say so (requirement {requirement}, {paragraph})][: columns {columns}][: joins by {joins}][: answers of mode {outputs}]',
    hint: 'ask within the plan (GET /v1/plans/<id>), or have another one reviewed that says so',
  },
  GRANT_SCOPE: {
    title: 'beyond the scope of the grants',
    detail:
      'no grant in force covers[ {columns}, which plan `{plan}` asks for (requirement {requirement}, {paragraph})]',
    hint: 'leave it out of the query, or have a grant signed that covers it (`sluice grants`)',
  },
  OPERATOR_OUT_OF_TERM: {
    title: 'the operator is not in its term',
    detail: '[plan `{plan}` lacks requirement {requirement} ({paragraph})][: {missing}]',
    hint: 'the bureau concludes an agreement (`sluice operators open`, `step`, `sign`)[; lacking besides: {also}]',
  },
  OPERATOR_INCIDENT: {
    title: 'an incident stands against the operator',
    detail: '[requirement {requirement} ({paragraph})][: {missing}]',
    hint: 'the bureau decides on it (`sluice operators incident-decide`)[; lacking besides: {also}]',
  },
  OPERATOR_AFFILIATE: {
    title: 'who develops belongs to an operator',
    detail: '[plan `{plan}` lacks requirement {requirement} ({paragraph})][: {missing}]',
    hint: 'an independent developer asks, or the plan is served by another operator; the bureau corrects what is wrongly declared[; lacking besides: {also}]',
  },
  AGREEMENT_NOT_FOUND: {
    title: 'there is no such agreement',
    detail: 'agreement `{id}` does not exist',
    hint: 'list them with GET /v1/agreements',
  },
  AGREEMENT_INVALID: {
    title: 'the agreement is not valid',
    detail: '[`{path}`: ]{problem}',
    hint: 'correct it and send it again',
  },
  AGREEMENT_STATE: {
    title: 'another step of the agreement is due',
    detail: 'agreement `{id}` is after {state}',
    hint: '[accepted: {accepted}]',
  },
  INCIDENT_NOT_FOUND: {
    title: 'there is no such incident',
    detail: 'incident `{id}` does not exist',
    hint: 'ask the bureau for its id',
  },
  INCIDENT_STATE: {
    title: 'the state of the incident does not allow this',
    detail: 'incident `{id}` is {state}',
    hint: '[accepted: {accepted}]',
  },
  EXIT_NOT_FOUND: {
    title: 'this operator has not left',
    detail: 'there is no exit of `{id}`',
    hint: 'the bureau orders one with POST /v1/exits',
  },
  EXIT_STATE: {
    title: 'the state of the exit does not allow this',
    detail: 'the exit of `{id}` is {state}',
    hint: '[accepted: {accepted}]',
  },
  OPERATOR_LEFT: {
    title: 'the operator has left',
    detail: '`{id}` has left: nobody of it is let in, and nothing under its plans is given out',
    hint: 'ask the data bureau',
  },
  GRANT_NOT_FOUND: {
    title: 'there is no such grant',
    detail: 'grant `{id}` does not exist or is not yours to see',
    hint: 'list the grants with GET /v1/grants',
  },
  GRANT_INVALID: {
    title: 'the grant is not valid',
    detail: '[`{path}`: ]{problem}',
    hint: 'correct the grant and send it again',
  },
  GRANT_STATE: {
    title: 'the grant is in another state',
    detail: 'grant `{id}` is `{state}`',
    hint: '[accepted: {accepted}]',
  },
  KEY_NOT_FOUND: {
    title: 'there is no such key',
    detail: 'no key `{id}` is registered for this organisation',
    hint: 'list the keys with GET /v1/party-keys',
  },
  KEY_STATE: {
    title: 'the state of the key does not allow this',
    detail: 'key `{id}` is {state}',
    hint: '[accepted: {accepted}]',
  },
  SIGNATURE_INVALID: {
    title: 'this is not a signature of it',
    detail: '{problem}',
    hint: 'sign with a key of your organisation that the bureau has confirmed: `sluice grants sign`',
  },
  FREEZE_NOT_FOUND: {
    title: 'there is no such freeze',
    detail: 'freeze `{id}` does not exist',
    hint: 'list what is frozen with GET /v1/freezes',
  },
  CANARY_NOT_FOUND: {
    title: 'canary not found',
    detail: 'canary `{id}` is not watched for',
    hint: 'list those that are with GET /v1/canaries',
  },
  SCAN_FINDING_NOT_FOUND: {
    title: 'no upload was refused for that',
    detail: 'the scan has refused no upload for `{id}`',
    hint: 'see what uploads of the table were refused for with `sluice scan list`',
  },
  SCAN_FINDING_STATE: {
    title: 'the state of the finding does not allow this',
    detail: 'finding `{id}` is in state `{state}`',
    hint: '[accepted: {accepted}]',
  },
  FREEZE_STATE: {
    title: 'the state of the freeze does not allow this',
    detail: 'freeze `{id}` is in state `{state}`',
    hint: '[accepted: {accepted}]',
  },
  PRODUCT_NOT_FOUND: {
    title: 'no such product',
    detail: 'product `{id}` does not exist or is not yours to use',
    hint: 'list the products with GET /v1/products',
  },
  PRODUCT_INVALID: {
    title: 'the product is not valid',
    detail: '[`{path}`: ]{problem}',
    hint: 'correct the product and send it again',
  },
  PRODUCT_STATE: {
    title: 'the product is in another state',
    detail: 'product `{id}` is `{state}`',
    hint: '[accepted: {accepted}]',
  },
  INTAKE_NOT_FOUND: {
    title: 'no such intake',
    detail: 'intake `{id}` does not exist or is not yours to use',
    hint: 'list your intakes with GET /v1/intakes',
  },
  INTAKE_STATE: {
    title: 'the intake is in another state',
    detail: 'intake `{id}` is `{state}`',
    hint: '[accepted: {accepted}]',
  },
  INTAKE_INVALID: {
    title: 'the intake is not valid',
    detail: '{problem}',
    hint: 'correct the declaration and send it again',
  },
  INTAKE_REFUSED: {
    title: 'the table is not taken in',
    detail: '{problem}',
    hint: 'the limit is {limit}; a table is taken in once, whole',
  },
  CONSENT_KEY_NOT_FOUND: {
    title: 'no such key of consents',
    detail: 'no key `{id}` may sign consents',
    hint: 'list the keys with GET /v1/consent-keys',
  },
  CONSENT_INVALID: {
    title: 'the consent is not valid',
    detail: '{problem}',
    hint: 'send the key as a public JWK, or the consent as it was signed',
  },
  JOB_NOT_FOUND: {
    title: 'no such job',
    detail: 'job `{id}` does not exist or is not yours to see',
    hint: 'list your jobs with GET /v1/jobs',
  },
  JOB_STATE: {
    title: 'the job is in another state',
    detail: 'job `{id}` is `{state}`',
    hint: '[accepted: {accepted}]',
  },
  JOB_CANCELLED: {
    title: 'the job was cancelled',
    detail: 'the job was stopped before it ended; what it had reserved stays charged',
    hint: 'submit it again if it is still wanted',
  },
  RESULT_EXPIRED: {
    title: 'the result is no longer kept',
    detail: 'the time for which results are kept is over: the result of job `{id}` is destroyed',
    hint: 'ask again; the receipt and the log entry of the job stay',
  },
  VERSION_DESTROYED: {
    title: 'the data was destroyed meanwhile',
    detail: '`{id}`, which the job was to read, is destroyed',
    hint: 'ask again: a new job reads the current version, where there is one',
  },
  JOB_ABORTED: {
    title: 'the gateway stopped while the job ran',
    detail: 'the job was cut off by a stop of the gateway; nothing of it was released and it stays charged',
    hint: 'submit it again',
  },
  BUDGET_EXHAUSTED: {
    title: 'the budget is used up',
    detail: '{what} cannot bear this[: it takes {needed}][, of {limit} in all][, {remaining} are left]',
    hint: '{remedy}',
  },
  IDEMPOTENCY_CONFLICT: {
    title: 'the idempotency key was used for another request',
    detail: 'key `{key}` belongs to a request with another body',
    hint: 'send a new key with a new request',
  },
  HOME_IN_USE: {
    title: 'the data directory is in use',
    detail: 'another gateway holds this data directory',
    hint: 'stop the other gateway, or choose another SLUICE_HOME',
  },
  HOME_NEWER: {
    title: 'the data directory is newer than this version',
    detail: 'the data directory has format {found}; this version knows {known}',
    hint: 'start the newer version again',
  },
  HOME_MIXED: {
    title: 'store and vault of the home are not of one moment',
    detail:
      'the vault is newer than the store[: it has {versions}, of which the store knows nothing][; it was last used with a log of {marked} entries, and the log of the store, of {entries}, is not its continuation]; nothing was removed',
    hint: 'put `sluice.db`, `vault` and `keys` back from one and the same backup, or the newer `sluice.db` alone; where there is neither, move `vault/log-head` and the versions named from `vault/versions` elsewhere and start again: their tables are then as the store knows them',
  },
  HOME_DAMAGED: {
    title: 'a file of the home is damaged',
    detail:
      '`{file}` cannot be opened: it is not, or no longer, the database that the gateway wrote; nothing was removed',
    hint: 'files whose names end in `-search`, `-shm` or `.lock`, and folders in their place, may be moved away: they are made anew; put `sluice.db` back with `vault` and `keys` from one and the same backup',
  },
  STORE_FAILED: {
    title: 'the store did not take the change',
    detail: 'the change was not stored',
    hint: 'try again; if it stays, tell the operator',
  },
  CATALOGUE_CORRUPT: {
    title: 'a record of the catalogue was changed outside the gateway',
    detail: 'the stored row `{key}` of `{table}` is not as the gateway wrote it, and is not used',
    hint: 'tell the operator and the security office; the row comes back from a backup',
  },
  // ── sandbox, upload, vault ───────────────────────────────────────────────────────────────────────────────────────
  SANDBOX_UNAVAILABLE: {
    title: 'no sandbox is available',
    detail: 'isolation[ `{tier}`] is not available on this host',
    hint: '[{remedy}]',
  },
  SANDBOX_UNPROVEN: {
    title: 'the isolation could not be proven in time',
    detail: 'the self-test of isolation[ `{tier}`] did not finish[ within {seconds} s] on this loaded machine',
    hint: 'nothing has to be installed: free the processors of this machine, and start again',
  },
  SANDBOX_BUSY: {
    title: 'the sandbox is busy',
    detail: 'every place in the queue is taken',
    hint: 'try again[ in {retryAfterSeconds} s]',
  },
  SANDBOX_TIMEOUT: {
    title: 'the job took too long',
    detail: 'the job was stopped at its deadline[ of {deadlineMs} ms]',
    hint: 'ask for fewer columns, fewer groups or a shorter period',
  },
  SANDBOX_SLOW: {
    title: 'the SQL was not read in time',
    detail: 'the parser had not read the statement[ after {seconds} s]; nothing was run or charged',
    hint: 'the machine is overloaded: send the same again later; if it stays, tell the operator',
  },
  SANDBOX_MEMORY: {
    title: 'the job needs too much memory',
    detail: 'the job was stopped at its memory limit[ of {limitMb} MB]',
    hint: 'ask for fewer columns, fewer groups or a shorter period',
  },
  SANDBOX_FAILED: {
    title: 'the job failed in the sandbox',
    detail: 'the job failed in the sandbox; nothing more is said outside it',
    hint: 'try again; if it stays, tell the operator the id of the job',
  },
  UPLOAD_FORMAT: {
    title: 'the file cannot be read',
    detail: 'the file cannot be read[: {problem}]',
    hint: '[accepted: {accepted}]',
  },
  UPLOAD_ENCODING: {
    title: 'the encoding does not fit',
    detail:
      'the file is not text in an accepted encoding[: it is `{encoding}`][: it was declared as `{declared}`, and is not]',
    hint: '[accepted: `{accepted}`]',
  },
  UPLOAD_HEADER: {
    title: 'the header line does not fit the declaration',
    detail: 'the columns of the file are not those declared[; missing: `{missing}`][; unexpected: `{unexpected}`]',
    hint: 'the first line names every declared column once, in any order',
  },
  UPLOAD_UNDER_DECLARED: {
    title: 'a column holds identifiers and is not declared so',
    detail: 'what distinct values of the file look like: {columns}',
    hint: 'register the table with the declaration of at least: {accepted}; where the values are none of these, say so with `sluice scan dispute`, and the data bureau decides',
  },
  UPLOAD_ROWS_REJECTED: {
    title: 'too many rows are rejected',
    detail: '[{rejected} ]of[ {rows}] rows do not fit the declaration; nothing was kept',
    hint: 'correct the rows that are listed, or the declaration',
  },
  UPLOAD_UNIT_ROWS: {
    title: 'a unit has more rows than declared',
    detail: 'in `{column}` some unit has more than[ {rowsMax}] rows; nothing was kept',
    hint: 'leave the rows beyond out, or register the table with a larger `rowsPerUnitMax`, or with none',
  },
  UPLOAD_TOO_LARGE: {
    title: 'the file is too large',
    detail: 'the file has more than[ {bytesMax}] bytes',
    hint: 'send a smaller file',
  },
  UPLOAD_INTERRUPTED: {
    title: 'the upload was interrupted',
    detail: 'the upload ended early[, after {bytes} bytes]; nothing was kept',
    hint: 'send the whole file again',
  },
  UPLOAD_CIPHERTEXT: {
    title: 'the encrypted columns are not as signed',
    detail: 'the encrypted columns cannot be taken[: {problem}]; nothing was kept',
    hint: 'send the file as `sluice encrypt` wrote it, with the `.manifest` beside it',
  },
  UPLOAD_APPEND: {
    title: 'the rows cannot be appended',
    detail: 'the rows cannot be added to the current version[: {problem}]; nothing was kept',
    hint: 'look at the current version of the table; without `mode=append` a file replaces the whole table',
  },
  UPLOAD_DIGEST: {
    title: 'the file does not have the digest that was declared',
    detail: 'the[ {algorithm}] digest of the file is another; nothing was kept',
    hint: 'send the file again with its own digest',
  },
  MASTER_KEY_WRONG: {
    title: 'the master key is another one',
    detail: 'a secret of this home was wrapped by master key `{needed}`, and the configured one is `{given}`',
    hint: 'configure the key `{needed}`; where a rotation was cut off, run `sluice keys rotate` again with both keys',
  },
  KEY_SERVICE_FAILED: {
    title: 'the key management service refused',
    detail: 'the key management service did not do what it was asked for: {problem}',
    hint: 'the operator looks into the service that SLUICE_MASTER_KEY_COMMAND or SLUICE_MASTER_KEY_URL names; `sluice doctor` asks it',
  },
  VAULT_CORRUPT: {
    title: 'stored data failed its integrity check',
    detail: 'the stored data failed its integrity check and was not used',
    hint: 'tell the operator; the provider can upload the data again',
  },
  // ── Custodian ────────────────────────────────────────────────────────────────────────────────────────────────────
  CUSTODIAN_REFUSED: {
    title: 'the custodian opens nothing',
    detail: 'it refuses[: {reason}]',
    hint: '[{remedy}]',
  },
  CUSTODIAN_AWAY: {
    title: 'the custodian is away',
    detail: 'the custodian of the encrypted columns gave no answer that can be trusted; nothing else stands in for it',
    hint: 'ask again later; if it lasts, tell the operator',
  },
  // ── request, identity, command line ──────────────────────────────────────────────────────────────────────────────
  REQUEST_INVALID: {
    title: 'the request is not valid',
    detail: '{problems}',
    hint: 'see the operation in /openapi.json',
  },
  REQUEST_TOO_LARGE: {
    title: 'the request is too large',
    detail: 'the body has more than[ {bytesMax}] bytes',
    hint: 'send less at once',
  },
  REQUEST_TOO_SLOW: {
    title: 'the request came too slowly',
    detail: 'the body, or the next piece of it, did not come within[ {seconds}] seconds',
    hint: 'send it again, without pauses',
  },
  ROUTE_NOT_FOUND: {
    title: 'nothing is here',
    detail: 'nothing is at `{path}`',
    hint: 'GET /v1 lists what there is; /openapi.json describes it',
  },
  METHOD_NOT_ALLOWED: {
    title: 'the method is not accepted here',
    detail: 'method `{method}` is not accepted here',
    hint: 'accepted: `{allowed}`',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    title: 'the media type is not accepted',
    detail: '[media type `{mediaType}` ]is not accepted here',
    hint: 'send Content-Type[ `{accepted}`]',
  },
  NOT_ACCEPTABLE: {
    title: 'no acceptable format',
    detail: 'the answer does not exist in a format that the Accept header names',
    hint: '[accept one of: `{accepted}`]',
  },
  TOKEN_MISSING: {
    title: 'a token is needed',
    detail: 'the request has no bearer token',
    hint: 'send the header `Authorization: Bearer <token>`',
  },
  TOKEN_INVALID: {
    title: 'the token is not valid',
    detail: 'the bearer token is not accepted[: {reason}]',
    hint: 'ask the issuer for a new token',
  },
  CONFIG_INVALID: {
    title: 'the configuration is not valid',
    detail: '`{variable}`: {problem}',
    hint: 'correct the variable and start again',
  },
  RATE_LIMITED: {
    title: 'too many requests',
    detail: 'more requests came than this account may send',
    hint: 'try again[ in {retryAfterSeconds} s]',
  },
  LOG_CORRUPT: {
    title: 'the access log failed its check',
    detail: '[entry {index}: ]{problem}',
    hint: 'stop the gateway and tell the security office',
  },
  WITNESS_AWAY: {
    title: 'the witness of the log has not signed yet',
    detail: 'the result is there and leaves once the witness has cosigned the log',
    hint: 'try again[ in {retryAfterSeconds} s]; if it lasts, tell the security office',
  },
  INTERNAL: {
    title: 'internal error',
    detail: 'the gateway failed; nothing more is said outside it',
    hint: 'tell the operator the reference of this answer',
  },
};
