/** Users that a provider of OpenID Connect knows: no password of theirs comes here. */
import { wrongShape } from '@spyglass/process/durable-file'
import type { Person, UserSource } from '../user-source.ts'
import { type OpenidConfig, OpenidProvider } from './openid-provider.ts'

export class OpenidSource implements UserSource {
  readonly provider: OpenidProvider

  constructor(config: OpenidConfig) {
    this.provider = new OpenidProvider(config)
  }

  async verify(): Promise<Person | undefined> {
    throw wrongShape('its users sign in at the provider, and no password is taken')
  }

  /** The sign-on has become too old: only the provider knows more, and only if the person goes there. */
  async find(): Promise<Person | undefined> {
    return undefined
  }
}
