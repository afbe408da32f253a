/** The authenticator of one port of a process of ours. */
import { join } from 'node:path'
import type { DataFolder } from '../config/data-folder.ts'
import type { Consequences, DamageReporter } from '../durable-file/index.ts'
import { type Authenticator, createAuthenticator } from './authenticator.ts'
import { createGuessDelay, type GuessDelay } from './guess-delay.ts'
import { identityReader } from './identity-file.ts'
import { ownCredentials, type OwnSecrets, type Port } from './own-credentials.ts'

export interface OpenAuthenticatorOptions {
  readonly secrets: OwnSecrets
  readonly folder: Pick<DataFolder, 'administration'>
  readonly onDamage?: DamageReporter
  /** Default: one of its own. */
  readonly guesses?: GuessDelay
}

export function openAuthenticator(port: Port, options: OpenAuthenticatorOptions): Authenticator {
  const { secrets, folder, onDamage, guesses = createGuessDelay() } = options
  const identities = identityReader({ file: identitiesFile(folder), onDamage: onDamage?.(damagedIdentities) ?? (() => {}) })
  return createAuthenticator({ own: ownCredentials(port, secrets), identities, guesses })
}

/** Users and tokens of a server. */
export const identitiesFile = ({ administration }: Pick<DataFolder, 'administration'>): string => join(administration, 'identities.json')

/** What a damaged file of users and tokens costs. */
export const damagedIdentities: Consequences = {
  fromPrevious: 'the users and tokens from before the last change were restored',
  lost: 'its users and tokens are gone; the credentials of secrets.yaml and the local socket still work',
}
