import {
  type Db,
  findVersion,
  insertGuardRefusals,
  insertKnownSets,
  readKnownSets,
  rowKeySchemes,
  type Store,
} from '#catalog';
import {
  type CandidatePartition,
  judge,
  type KnownSet,
  ReleaseHistory,
  resourceOf,
  type SetPrint,
  standingFor,
  type TablePrint,
} from '#policies';

/**
 * The state of the differencing guard: what every answer stands on, of all accounts. One in a process, which owns its home.
 *
 * INVARIANT: from `hold` on, an answer's sets bind every other one, although they are stored with its outcome only: of two
 * jobs at a time no two near sets both pass. After a crash nothing of a job that had no outcome was released.
 */
export interface DifferencingGuard {
  /**
   * Judges an answer: which of its values may leave. Synchronous. Whatever it throws, the job must fail: then nothing of it leaves.
   * @param answer the job's id
   */
  hold(answer: string, partitions: readonly CandidatePartition[]): HeldAnswer;
  /** Mode `perturbed`: the name of the set whose number this one has, null where it may have none. */
  standingFor(print: SetPrint, unitsMin: number): string | null;
}

/** Ends with `record` in the outcome's transaction and then `keep`, or with `drop`. */
export interface HeldAnswer {
  /** Per partition and cell. */
  readonly shown: readonly (readonly boolean[])[];
  readonly record: (tx: Db, mode: string) => void;
  /** The outcome is durable. */
  readonly keep: () => void;
  /** The job failed and nothing of it leaves. Harmless after `keep`. */
  readonly drop: () => void;
}

/** Sets held in memory, of all lineages, at about 1 kB each; beyond, what no running job needs is read again when asked for. */
const SETS_IN_MEMORY_MAX = 600_000;

export function openDifferencingGuard(store: Pick<Store, 'read'>): DifferencingGuard {
  let history = new ReleaseHistory();
  const loaded = new Set<string>();
  /** Of what is stored. */
  const durable = new Map<string, KnownSet['kind']>();
  /** Answers that hold a set which is not stored yet. */
  const holders = new Map<string, Set<string>>();

  /** Under which scheme all row keys of a lineage are; null where there is none or more than one. */
  const schemes = new Map<string, string | null>();

  /** Of a committed version: it never changes. By `<lineage>@<version>`. */
  const schemesOfVersions = new Map<string, string>();
  const schemeOf = (db: Db, { lineage, version }: TablePrint): string | null => {
    const name = `${lineage}@${version}`;
    const known = schemesOfVersions.get(name) ?? findVersion(db, resourceOf(lineage), version)?.rowKeyScheme ?? null;
    if (known !== null) schemesOfVersions.set(name, known);
    return known;
  };

  /**
   * Whether the row keys of a print's version are under the one scheme of its lineage, which the first to come decides.
   * WHY all or nothing: keys of two schemes make the same rows look like others, that is, far apart. Values over them stay
   * hidden until the table is uploaded again under the scheme of what has been released.
   */
  const isComparable = (db: Db, print: TablePrint): boolean => {
    const own = schemeOf(db, print);
    if (own !== null && !schemes.has(print.lineage)) schemes.set(print.lineage, own);
    return own !== null && schemes.get(print.lineage) === own;
  };

  const load = (db: Db, lineage: string): void => {
    if (loaded.has(lineage)) return;
    const [scheme, ...others] = rowKeySchemes(db, lineage);
    if (scheme !== undefined) schemes.set(lineage, others.length === 0 ? scheme : null);
    for (const known of readKnownSets(db, lineage)) {
      history.add(known);
      durable.set(known.identity, known.kind);
    }
    loaded.add(lineage);
  };

  const makeRoom = (): void => {
    if (durable.size <= SETS_IN_MEMORY_MAX || holders.size > 0) return;
    history = new ReleaseHistory();
    loaded.clear();
    durable.clear();
  };

  /** What is not stored as it is known now. */
  const isUnstored = ({ identity, kind }: KnownSet): boolean => {
    const before = durable.get(identity);
    return before !== kind && before !== 'released';
  };

  const letGo = (answer: string, { identity }: KnownSet): void => {
    const others = holders.get(identity);
    others?.delete(answer);
    if (others === undefined || others.size > 0) return;
    holders.delete(identity);
    if (!durable.has(identity)) history.remove(identity);
  };

  return {
    standingFor(print, unitsMin) {
      store.read((db) => {
        for (const { lineage } of print) load(db, lineage);
      });
      return standingFor(history, print, unitsMin);
    },
    hold(answer, partitions) {
      makeRoom();
      const tables = new Map(partitions.flatMap(printsOf).map((print) => [`${print.lineage}@${print.version}`, print]));
      const incomparable = store.read((db) => {
        for (const { lineage } of tables.values()) load(db, lineage);
        return new Set([...tables].flatMap(([name, print]) => (isComparable(db, print) ? [] : [name])));
      });
      const comparable = partitions.map((partition) => withoutPrints(partition, incomparable));
      const { shown, known, refusals } = judge(history, answer, comparable);
      const unstored = known.filter(isUnstored);
      for (const { identity } of unstored) holders.set(identity, (holders.get(identity) ?? new Set()).add(answer));
      const rowKeySchemeOf = ({ lineage }: TablePrint): string => schemes.get(lineage)!;
      return {
        shown,
        record(tx, mode) {
          insertKnownSets(tx, { job: answer, mode, sets: unstored, rowKeySchemeOf });
          insertGuardRefusals(tx, answer, refusals);
        },
        keep() {
          for (const set of unstored) {
            // As the store has it: two kinds of one set are as much as a release.
            if (isUnstored(set)) durable.set(set.identity, durable.has(set.identity) ? 'released' : set.kind);
            letGo(answer, set);
          }
        },
        drop() {
          for (const set of unstored) letGo(answer, set);
        },
      };
    },
  };
}

function printsOf({ cells, universe }: CandidatePartition): readonly TablePrint[] {
  return [...cells.flatMap(({ print }) => print ?? []), ...(universe ?? [])];
}

function withoutPrints(partition: CandidatePartition, incomparable: ReadonlySet<string>): CandidatePartition {
  if (incomparable.size === 0) return partition;
  const only = (print: SetPrint | null) =>
    print === null || print.some(({ lineage, version }) => incomparable.has(`${lineage}@${version}`)) ? null : print;
  const cells = partition.cells.map(({ print, ...cell }) => ({ ...cell, print: only(print) }));
  return { ...partition, cells, universe: only(partition.universe) };
}
