import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

export interface EngineLimits {
  readonly threads: number;
  /** DuckDB's own limit; RLIMIT_DATA of the process is the one that holds. */
  readonly memoryMb: number;
}

/**
 * A locked in-memory database. `attach` runs before the lock: files that it attaches stay readable, and no path is
 * allowed afterwards, not even theirs. The order is that of the design: settings, then external access, then the
 * file system itself, then the configuration.
 *
 * WHY no temporary directory: spilling would write data to a place that outlives the job.
 */
export async function lockedInstance(
  limits: EngineLimits,
  attach: (connection: DuckDBConnection) => Promise<void> = async () => {},
): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(limits.threads),
    memory_limit: `${String(limits.memoryMb)}MB`,
    temp_directory: '',
    max_temp_directory_size: '0B',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_unsigned_extensions: 'false',
    allow_persistent_secrets: 'false',
  });
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
