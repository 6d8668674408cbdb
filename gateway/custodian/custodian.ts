import { randomBytes, randomUUID } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { calculateJwkThumbprint } from 'jose';
import {
  appendEntry,
  beginCustodyOpening,
  type CustodyCharges,
  canonicalJson,
  countCustodyFailure,
  custodyAccounts,
  type Db,
  endCustodyOpening,
  findCustodyPackage,
  isNonceUsed,
  keepCustodyCell,
  readEntryBytes,
  rememberCustodySet,
  reserve,
  type Store,
  settle,
  unfinishedCustodyOpenings,
} from '#catalog';
import { AppError, assert, functionalText, openingRho, type PrivacyNoise, RHO_UNITS, rhoUnits } from '#policies';
import type { AccessLog } from '../audit/index.ts';
import type { CustodianPolicy } from './custodian-policy.ts';
import type { HeldPackage } from './held-package.ts';
import { type CellToOpen, cellsToOpen, type NoisyCell, openCells } from './opened-cells.ts';
import {
  custodyRefused,
  isFull,
  type JudgedSet,
  OPENING_CHECKS,
  type Opening,
  type OpeningCheck,
  readOpening,
  SET_CHECKS,
  type SetCheck,
  sizeOfFunctional,
} from './opening-checks.ts';
import {
  cellsDigest,
  ENVELOPE_TYPE,
  type OpenedStatement,
  type OpeningAnswer,
  type OpeningRequest,
  openingRequest,
  REQUEST_TYPE,
  requestClaims,
  STATEMENT_TYPE,
  sha256Hex,
} from './opening-request.ts';
import { sealedFor } from './sealing-key.ts';
import { type SigningKey, verifySigned } from './signing-key.ts';

export interface CustodianDeps {
  readonly store: Store;
  readonly log: AccessLog;
  readonly signing: SigningKey;
  readonly policy: CustodianPolicy;
  readonly noise: Pick<PrivacyNoise, 'take'>;
  readonly now: () => Date;
  /** Whether its records are as it wrote them: looked at anew in each transaction. */
  readonly isIntact: () => boolean;
  /** Whether a key, by its thumbprint, is one of a gateway that may ask. */
  readonly isGateway: (thumbprint: string) => boolean;
  /** Whether answers may be sealed for a key, by its thumbprint. */
  readonly isRecipient: (thumbprint: string) => boolean;
  /** What is held of a version; null where no data key is. */
  readonly packageOf: (dataset: string, version: string) => Promise<HeldPackage | null>;
  /** Its own rules. Tests leave one out, to see that it stands for something. */
  readonly checks?: readonly OpeningCheck[];
  readonly setChecks?: readonly SetCheck[];
}

/**
 * Opens sums over sets of rows, for gateways that it need not trust: it judges every request by what providers signed and by what it
 * opened before, charges its own budget, and adds the noise itself. What it does is in its own log before anything leaves.
 */
export class Custodian {
  readonly #deps: CustodianDeps;

  constructor(deps: CustodianDeps) {
    this.#deps = deps;
  }

  /**
   * @param body the request as it came; `signature`: the gateway's JWS over its digest
   * @throws AppError CUSTODIAN_REFUSED; then nothing was opened, or what was is charged and stays here
   */
  async open(body: Uint8Array, signature: string): Promise<OpeningAnswer> {
    let request: OpeningRequest | null = null;
    try {
      const { signer, nonce } = await this.#authenticate(body, signature);
      request = parseRequest(body);
      const recipient = await calculateJwkThumbprint(request.sealFor);
      return await this.#answer({ request, signer, nonce, digest: sha256Hex(body), recipient });
    } catch (error) {
      if (error instanceof AppError) await this.#recordRefusal(request, error);
      throw error;
    }
  }

  /** On start: what a crash cut off is charged, and nothing of it left. */
  async recover(): Promise<void> {
    const { store } = this.#deps;
    for (const { id, plan, planHash } of store.read(unfinishedCustodyOpenings)) {
      await store.commit((tx) => {
        settle(tx, id);
        endCustodyOpening(tx, id, 'failed');
        const note = `opening ${id} was cut off`;
        appendEntry(tx, {
          v: 1,
          kind: 'outcome',
          at: tx.now(),
          plan,
          planHash,
          decision: 'deny',
          code: 'JOB_ABORTED',
          note,
        });
      });
    }
  }

  async #authenticate(body: Uint8Array, signature: string) {
    const { isGateway, policy, now, signing } = this.#deps;
    const signed = await verifySigned(signature, REQUEST_TYPE, isGateway);
    const claims = signed === null ? null : requestClaims.safeParse(jsonOf(signed.payload));
    if (signed === null || claims?.success !== true) throw custodyRefused('signature');
    const { jti, iat, aud, body: digest } = claims.data;
    if (digest !== sha256Hex(body) || aud !== signing.thumbprint) throw custodyRefused('signature');
    if (Math.abs(now().getTime() / 1_000 - iat) > policy.clockSkewSeconds) throw custodyRefused('replay');
    return { signer: signed.signer, nonce: jti };
  }

  async #answer(asked: Asked): Promise<OpeningAnswer> {
    const { packageOf, store, log, policy, isIntact, isRecipient } = this.#deps;
    if (!isIntact()) throw custodyRefused('records');
    if (!isRecipient(asked.recipient)) throw custodyRefused('recipient');
    const { dataset, version } = asked.request;
    const held = await packageOf(dataset, version);
    if (held === null) throw custodyRefused('dataset');
    const opening = readOpening(asked.request, held);
    const begun = await store.commit((tx) => this.#begin(tx, opening, asked, policy));
    const opened = await openCells(opening, begun.cells, this.#deps.noise).catch(async (error: unknown) => {
      await store.commit((tx) => endCharged(tx, begun.id));
      throw error;
    });
    if (!opened.every(({ isPlausible }) => isPlausible)) {
      await store.commit((tx) => {
        endCharged(tx, begun.id);
        countCustodyFailure(tx, held);
      });
      throw custodyRefused('ciphertext');
    }
    const statement = await store.commit((tx) => recordOpened(tx, begun, opening, opened, asked));
    await log.advance();
    const [entry] = store.read((db) => readEntryBytes(db, statement.entry, statement.entry + 1));
    assert(entry !== undefined, 'what is acknowledged is in the log');
    return {
      ...(await this.#seal(statement, asked)),
      entry: entry.toString('utf8'),
      receipt: log.receipt(statement.entry),
    };
  }

  /** One transaction: everything that is judged, what it costs, and the intent. */
  #begin(tx: Db, opening: Opening, asked: Asked, policy: CustodianPolicy): Begun {
    const { request, held } = opening;
    const { checks = OPENING_CHECKS, now, isIntact } = this.#deps;
    if (!isIntact()) throw custodyRefused('records'); // as of now: others may have written since
    if (isNonceUsed(tx, asked.nonce)) throw custodyRefused('replay');
    const row = findCustodyPackage(tx, held);
    if (row === null || row.header === null) throw custodyRefused('dataset');
    if (row.failures >= policy.failuresMax) throw custodyRefused('closed');
    const context = { db: tx, policy, now: now() };
    for (const { check } of checks) check(opening, context);
    const verdicts = this.#verdicts(opening, context);
    const cells = cellsToOpen(opening, verdicts, tx);
    if (cells.length === 0 || isFull(tx, held, policy)) throw custodyRefused('withheld');
    const id = randomUUID();
    const { plan, planHash } = request;
    const charges = cells.some(({ known }) => known === null) ? this.#reserve(tx, id, opening) : null;
    beginCustodyOpening(tx, { id, nonce: asked.nonce, dataset: held.dataset, version: held.version, plan, planHash });
    for (const { set } of cells) rememberCustodySet(tx, held, { ...stored(set), name: set.name });
    const withheld = verdicts.flat().filter((shown) => !shown).length;
    const entry = entryOf(
      asked,
      `opening ${id}: ${cells.length} numbers, ${withheld} sets withheld, sealed for ${asked.recipient},`,
    );
    const budget = charges === null ? {} : { budget: { ...charges } };
    appendEntry(tx, { ...entry, kind: 'intent', at: tx.now(), decision: 'permit', ...budget });
    return { id, cells };
  }

  /** Sets of one part have no row in common, so that each is compared with those of the others. */
  #verdicts(opening: Opening, context: Parameters<SetCheck['holds']>[3]): readonly (readonly boolean[])[] {
    const { setChecks = SET_CHECKS } = this.#deps;
    const shown: { readonly set: JudgedSet; readonly part: number }[] = [];
    return opening.groups.map((sets) =>
      sets.map((set, part) => {
        if (set === null) return false;
        const others = shown.filter((one) => one.part !== part).map((one) => one.set);
        const holds = setChecks.every((one) => one.holds(set, others, opening, context));
        if (holds) shown.push({ set, part });
        return holds;
      }),
    );
  }

  /** Per column that names units: what the numbers cost it, in the dataset's account and in the plan's. */
  #reserve(tx: Db, id: string, { request, held }: Opening): CustodyCharges {
    const { policy } = this.#deps;
    const statistics = request.statistics.map(({ functional, variance }) => ({
      rowSize: sizeOfFunctional(functional, held),
      variance: { top: BigInt(variance.top), bottom: BigInt(variance.bottom) },
    }));
    const costs = held.units.map(({ column }) => {
      const bound = request.share.find(({ unit }) => unit === column);
      if (bound === undefined) throw custodyRefused('share');
      return [column, Number(rhoUnits(openingRho(statistics, bound))) / Number(RHO_UNITS)] as const;
    });
    if (costs.some(([, rho]) => rho > policy.openingRho)) throw custodyRefused('noise');
    const limits = { resource: policy.datasetRho, plan: policy.planRho };
    for (const [column, amount] of costs) {
      for (const account of custodyAccounts(held, column, request.plan))
        reserveOrRefuse(tx, { ...account, job: id, amount, limit: limits[account.kind] });
    }
    return { dataset: held.dataset, rho: costs };
  }

  /** Signed by the custodian, then sealed for whom it is, then signed as sealed: nobody between sees the numbers, or changes them. */
  async #seal(
    statement: OpenedStatement,
    { request, digest }: Asked,
  ): Promise<Pick<OpeningAnswer, 'sealed' | 'envelope'>> {
    const { signing } = this.#deps;
    const signed = await signing.sign(Buffer.from(canonicalJson(statement)), STATEMENT_TYPE);
    const sealed = await sealedFor(request.sealFor, signed);
    const said = canonicalJson({ v: 1, request: digest, sealed: sha256Hex(sealed) });
    return { sealed, envelope: await signing.sign(Buffer.from(said), ENVELOPE_TYPE) };
  }

  async #recordRefusal(request: OpeningRequest | null, error: AppError): Promise<void> {
    const { store, log } = this.#deps;
    const said = request === null ? {} : aboutRequest(request);
    const note = String(error.facts['why'] ?? error.code);
    await store.commit((tx) =>
      appendEntry(tx, { v: 1, kind: 'refusal', at: tx.now(), ...said, decision: 'deny', code: error.code, note }),
    );
    await log.advance();
  }
}

interface Asked {
  readonly request: OpeningRequest;
  readonly signer: string;
  readonly nonce: string;
  /** SHA-256 of the request as it came. */
  readonly digest: string;
  /** Thumbprint of the key that the answer is sealed for. */
  readonly recipient: string;
}
interface Begun {
  readonly id: string;
  readonly cells: readonly CellToOpen[];
}

function parseRequest(body: Uint8Array): OpeningRequest {
  const parsed = openingRequest.safeParse(jsonOf(body));
  if (!parsed.success) throw custodyRefused('malformed');
  return parsed.data;
}

/** Null for what is no JSON: no schema accepts it. */
function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return null; // the schema says what is wrong
  }
}

function reserveOrRefuse(tx: Db, reservation: Parameters<typeof reserve>[1]): void {
  try {
    reserve(tx, reservation);
  } catch (error) {
    if (error instanceof AppError && error.code === 'BUDGET_EXHAUSTED') throw custodyRefused('budget');
    throw error;
  }
}

const stored = ({ rows }: JudgedSet) => ({ size: rows.size, bits: deflateRawSync(rows.bytes, { level: 1 }) });

function endCharged(tx: Db, id: string): void {
  settle(tx, id);
  endCustodyOpening(tx, id, 'failed');
}

/** One transaction: the numbers as they leave, the settlement and the outcome. */
function recordOpened(
  tx: Db,
  { id, cells }: Begun,
  { request, held }: Opening,
  opened: readonly NoisyCell[],
  asked: Asked,
): OpenedStatement {
  const table: (string | null)[][] = request.groups.map(() => request.statistics.map(() => null));
  for (const { group, statistic, known } of cells) if (known !== null) table[group]![statistic] = known.noisy;
  for (const { cell, noisy } of opened) {
    const { functional, variance } = request.statistics[cell.statistic]!;
    table[cell.group]![cell.statistic] = String(noisy);
    keepCustodyCell(tx, held, {
      set: cell.set.name,
      functional: functionalText(functional),
      variance: `${variance.top}/${variance.bottom}`,
      noisy: String(noisy),
    });
  }
  settle(tx, id);
  endCustodyOpening(tx, id, 'opened');
  const at = tx.now();
  const entry = entryOf(asked, `opening ${id}`);
  const numbers = { salt: randomBytes(32).toString('hex'), cells: table };
  const resultSha256 = cellsDigest(numbers);
  const { index } = appendEntry(tx, { ...entry, kind: 'outcome', at, decision: 'permit', resultSha256 });
  return statementOf(asked, { opening: id, at, entry: index, ...numbers });
}

function statementOf(
  { request, digest }: Asked,
  made: Pick<OpenedStatement, 'opening' | 'at' | 'entry' | 'salt' | 'cells'>,
): OpenedStatement {
  const { dataset, version, job, plan, planHash, organisation, query } = request;
  const statistics = request.statistics.map(({ functional, variance }) => ({
    functional: functionalText(functional),
    variance: `${variance.top}/${variance.bottom}`,
  }));
  return { v: 1, dataset, version, job, plan, planHash, organisation, query, request: digest, statistics, ...made };
}

const aboutRequest = ({ job, plan, planHash, query, organisation }: OpeningRequest) => ({
  job,
  who: { sub: 'gateway', org: organisation, role: 'gateway' },
  plan,
  planHash,
  queryHash: query,
  mode: 'homomorphic' as const,
});

function entryOf({ request, signer }: Asked, note: string) {
  const about = aboutRequest(request);
  const said = `${note} of ${request.dataset} ${request.version}`;
  return { v: 1 as const, ...about, who: { ...about.who, sub: signer }, note: said };
}
