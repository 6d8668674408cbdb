import { AppError } from '#policies';
import { contentHash } from '../canonical.ts';
import type { Db } from '../db.ts';
import { desc, eq, isNotNull } from '../orm.ts';
import { prepared } from '../prepared.ts';
import { ruleVersions } from '../schema.ts';

/** A version of the city's rules for who takes part (domain.md, 19): onboarding, social data, conduct. Named by its hash. */
export interface RuleVersion {
  /** SHA-256 of title and text, hex: what decisions cite. */
  readonly hash: string;
  readonly title: string;
  readonly text: string;
  /** `org/sub`. */
  readonly proposedBy: string;
  readonly proposedAt: string;
  readonly approvedBy: string | null;
  readonly approvedAt: string | null;
}

/** @throws AppError `RULES_STATE` where they are known. */
export function proposeRules(tx: Db, rules: Pick<RuleVersion, 'title' | 'text' | 'proposedBy'>): RuleVersion {
  const hash = contentHash({ title: rules.title, text: rules.text });
  if (findRules(tx, hash) !== null) throw rulesState(hash, 'known', 'rules that are new');
  tx.orm
    .insert(ruleVersions)
    .values({ ...rules, hash, proposedAt: tx.now() })
    .run();
  return getRules(tx, hash);
}

/** By another person than who proposed them; from then on they are the rules. @throws AppError `RULES_STATE`. */
export function approveRules(tx: Db, hash: string, by: string): RuleVersion {
  const rules = getRules(tx, hash);
  if (rules.approvedAt !== null) throw rulesState(hash, 'approved', 'rules that are proposed');
  if (rules.proposedBy === by) throw rulesState(hash, 'proposed by the same person', 'agreement of another person');
  tx.orm.update(ruleVersions).set({ approvedBy: by, approvedAt: tx.now() }).where(eq(ruleVersions.hash, hash)).run();
  return getRules(tx, hash);
}

export function findRules(db: Db, hash: string): RuleVersion | null {
  const row = db.orm.select().from(ruleVersions).where(eq(ruleVersions.hash, hash)).get();
  return db.sealed('rule_versions', row) ?? null;
}

function getRules(db: Db, hash: string): RuleVersion {
  const rules = findRules(db, hash);
  if (rules === null) throw rulesState(hash, 'unknown', 'rules that were proposed');
  return rules;
}

const newestApproved = prepared((db) =>
  db.orm
    .select()
    .from(ruleVersions)
    .where(isNotNull(ruleVersions.approvedAt))
    .orderBy(desc(ruleVersions.approvedAt), desc(ruleVersions.hash))
    .limit(1)
    .prepare(),
);

/** The newest that were approved; null in a home without any. */
export function rulesInForce(db: Db): RuleVersion | null {
  return db.sealed('rule_versions', newestApproved(db).get()) ?? null;
}

/** Newest first. */
export function listRules(db: Db): readonly RuleVersion[] {
  const rows = db.orm.select().from(ruleVersions).orderBy(desc(ruleVersions.proposedAt)).limit(1_000).all();
  return rows.map((row) => db.sealed('rule_versions', row));
}

function rulesState(id: string, state: string, accepted: string): AppError {
  return new AppError('RULES_STATE', { id, state, accepted });
}
