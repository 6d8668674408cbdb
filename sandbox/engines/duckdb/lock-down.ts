import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

export interface EngineLimits {
  readonly threads: number;
  /** DuckDB's own limit; RLIMIT_DATA of the process is the one that holds. */
  readonly memoryMb: number;
}

/**
 * An in-memory database that is still open to the file system: for `lockDown` only. Starting one takes 8 ms, so that the
 * engine keeps one ready.
 *
 * WHY no temporary directory: spilling would write data to a place that outlives the job.
 */
export function startInstance(limits: EngineLimits): Promise<DuckDBInstance> {
  return DuckDBInstance.create(':memory:', {
    threads: String(limits.threads),
    memory_limit: `${String(limits.memoryMb)}MB`,
    temp_directory: '',
    max_temp_directory_size: '0B',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_unsigned_extensions: 'false',
    allow_persistent_secrets: 'false',
    // Bits of keys up to which groups are addressed directly: 7 are the class of a unit (policies/stored-twins.ts). 19 take 64 MB at most.
    perfect_ht_threshold: '19',
  });
}

/**
 * Locks a database for good. `attach` runs before: files that it attaches stay readable, and no path is allowed
 * afterwards, not even theirs. The order is that of the design: the settings above, then external access, then the file
 * system itself, then the configuration.
 */
export async function lockDown(
  instance: DuckDBInstance,
  attach: (connection: DuckDBConnection) => Promise<void> = async () => {},
): Promise<DuckDBInstance> {
  const connection = await instance.connect();
  try {
    await attach(connection);
    await connection.run(
      "SET enable_external_access = false; SET disabled_filesystems = 'LocalFileSystem'; SET lock_configuration = true",
    );
  } catch (cause) {
    instance.closeSync();
    throw cause;
  } finally {
    connection.closeSync();
  }
  return instance;
}

/** A locked database without stored data. */
export async function lockedInstance(limits: EngineLimits): Promise<DuckDBInstance> {
  return lockDown(await startInstance(limits));
}
