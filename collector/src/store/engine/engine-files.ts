/**
 * The two files that the engine reads when its first session opens: config.xml (from the working directory, by itself) and the users
 * file. Their folder is rewritten at every start, so that nothing a user leaves there is read as configuration.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DATABASE } from '@spyglass/agent/contract'
import { writeIfChanged } from '@spyglass/process/durable-file'

/** The role that only our own sessions keep; reader sessions drop it before their first statement. */
export const OWNER_ROLE = 'spyglass_owner'

/** System tables that a reader may query: what client tools need to list tables and columns, and what is the same in every ClickHouse. */
export const READABLE_SYSTEM_TABLES = [
  'databases',
  'tables',
  'columns',
  'data_skipping_indices',
  'functions',
  'settings',
  'data_type_families',
  'formats',
  'table_engines',
  'table_functions',
  'aggregate_function_combinators',
  'collations',
  'keywords',
  'time_zones',
  'one',
  'numbers',
] as const

export interface EngineFiles {
  /** Folder that the process works in. */
  readonly folder: string
  readonly config: string
}

/** Writes both files into `folder` and returns their paths. */
export function writeEngineFiles(folder: string, maxMemoryBytes: number): EngineFiles {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const config = join(folder, 'config.xml')
  writeIfChanged(config, configXml(maxMemoryBytes)) // the engine starts on a full disk as well
  writeIfChanged(join(folder, 'users.xml'), usersXml())
  return { folder, config }
}

/** An embedded engine shares its machine: by default it would take 90 % of the memory and start pools for a server of its own. */
function configXml(maxMemoryBytes: number): string {
  return element('clickhouse', [
    element('users_config', 'users.xml'),
    ...Object.entries({
      max_server_memory_usage: maxMemoryBytes,
      mark_cache_size: 64 * 1024 * 1024,
      index_mark_cache_size: 16 * 1024 * 1024,
      uncompressed_cache_size: 0,
      mmap_cache_size: 0,
      compiled_expression_cache_size: 8 * 1024 * 1024,
      background_pool_size: 2,
      background_common_pool_size: 2,
      background_move_pool_size: 1,
      background_fetches_pool_size: 1,
      background_schedule_pool_size: 4,
      background_buffer_flush_schedule_pool_size: 1,
      background_distributed_schedule_pool_size: 1,
      background_message_broker_schedule_pool_size: 1,
      max_thread_pool_size: 256,
      asynchronous_metrics_update_period_s: 3600,
      memory_worker_period_ms: 500, // how often it compares its own count with the system's; by default 20 times a second, also at rest
    }).map(([name, value]) => element(name, String(value))),
    element('merge_tree', [
      element('fsync_after_insert', '1'),
      element('fsync_part_directory', '1'),
      element('max_suspicious_broken_parts', '100'),
      element('number_of_free_entries_in_pool_to_execute_mutation', '1'),
      element('number_of_free_entries_in_pool_to_lower_max_size_of_merge', '1'),
      element('number_of_free_entries_in_pool_to_execute_optimize_entire_partition', '1'),
    ]),
  ])
}

/**
 * The engine knows one user. What readers may do is granted to it directly; the rest hangs on a role that is active by default and that
 * a reader session sheds with `SET ROLE NONE`. The gate keeps it from taking the role up again; if it could, `readonly=1` would still
 * refuse `file()` and every change.
 */
function usersXml(): string {
  const reader = [
    `GRANT SELECT, SHOW ON ${DATABASE}.*`,
    ...READABLE_SYSTEM_TABLES.map((table) => `GRANT SELECT ON system.${table}`),
    `GRANT ${OWNER_ROLE}`,
  ]
  const owner = [
    `GRANT INSERT, ALTER, CREATE DATABASE, CREATE TABLE, DROP TABLE, TRUNCATE, OPTIMIZE ON ${DATABASE}.*`,
    'GRANT READ ON FILE',
    'GRANT KILL QUERY ON *.*',
    'GRANT SELECT ON system.parts',
    'GRANT SELECT ON system.processes',
  ]
  return element('clickhouse', [
    element('profiles', [element('default', [])]),
    element('quotas', [element('default', [])]),
    element('users', [
      element('default', [
        element('password', ''),
        element('networks', [element('ip', '::/0')]),
        element('profile', 'default'),
        element('quota', 'default'),
        element('access_management', '0'),
        element('named_collection_control', '0'),
        grants(reader),
      ]),
    ]),
    element('roles', [element(OWNER_ROLE, [grants(owner)])]),
  ])
}

const grants = (statements: readonly string[]): string =>
  element(
    'grants',
    statements.map((statement) => element('query', statement)),
  )

const element = (name: string, content: string | readonly string[]): string =>
  `<${name}>${typeof content === 'string' ? content : content.join('\n')}</${name}>`
