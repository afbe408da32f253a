/** How the source of users is opened, for each type of realm. A type is a line here and its settings in `runtime/process/src/settings/realm.ts`. */
import type { RealmConfig } from '@spyglass/process/checked-config'
import { openDatabaseSource } from './database-source.ts'
import { FileSource } from './file-source.ts'
import { openModuleSource } from './module-source.ts'
import type { Opening } from './opening.ts'
import type { UserSource } from './user-source.ts'

export interface SourceType {
  /** Passwords that are compared at once: few where the instance hashes them, more where it waits for others. */
  readonly atOnce: number
  /** What cannot be reached is no failure: it is told when somebody signs in. @throws what only another configuration cures */
  open(opening: Opening): UserSource | Promise<UserSource>
}

export const sourceTypes: Readonly<Record<RealmConfig['type'], SourceType>> = {
  file: { atOnce: 2, open: ({ config }) => new FileSource(config().name, config().file ?? '') },
  database: { atOnce: 2, open: openDatabaseSource },
  ldap: { atOnce: 8, open: async ({ config }) => new (await import('./ldap/ldap-source.ts')).LdapSource(config().ldap) },
  openid: { atOnce: 1, open: async ({ config }) => new (await import('./openid/openid-source.ts')).OpenidSource(config().openid) },
  module: { atOnce: 8, open: ({ config }) => openModuleSource(config().name, config().module ?? '') },
}
