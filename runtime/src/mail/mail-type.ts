/** Mail servers as a type of resource. */
import type { MailServerConfig } from '@spyglass/process/checked-config'
import { kinds } from '@spyglass/mbeans/kinds'
import { systemClock } from '../clock/index.ts'
import { outgoingGetters } from '../outgoing/index.ts'
import { passwordFrom } from '../password/index.ts'
import type { Resource, ResourceSurroundings, ResourceType } from '../resource-type/resource-type.ts'
import { fail } from './errors.ts'
import { Mailer } from './mailer.ts'
import { targetOf } from './transport.ts'

export const mailType: ResourceType<MailServerConfig, Mailer> = {
  open: (config, around) => new MailResource(config, around),
  unknown: (name, known) => fail('SPY_MAIL_UNKNOWN', [name, known.join(', ') || 'none']),
  closed: () => fail('SPY_MAIL_CLOSED'),
}

class MailResource implements Resource<MailServerConfig, Mailer> {
  readonly face: Mailer
  readonly #hide: () => void

  constructor(config: MailServerConfig, { registry, instance, clock = systemClock }: ResourceSurroundings) {
    const mailer = new Mailer(config, { clock, passwordOf })
    this.face = mailer
    this.#hide = registry.register(
      kinds.mailServer,
      { instance, name: config.name },
      outgoingGetters({
        instance,
        name: config.name,
        figures: mailer.figures,
        target: () => targetOf(mailer.config),
        load: () => mailer.load,
      }),
    )
  }

  async start(): Promise<void> {} // it connects with the first mail

  configure(config: MailServerConfig): void {
    this.face.configure(config)
  }

  carryOut(operation: string): unknown {
    if (operation === 'verify') return this.face.verify()
    throw fail('SPY_MAIL_OPERATION', [this.face.config.name, operation])
  }

  async close(deadlineMs: number): Promise<void> {
    await this.face.close(deadlineMs)
    this.#hide()
  }
}

/** @throws SPY_MAIL_PASSWORD */
const passwordOf = (config: MailServerConfig): string | undefined =>
  passwordFrom(config, (place, reason, cause) => fail('SPY_MAIL_PASSWORD', [config.name, place, reason], cause))
