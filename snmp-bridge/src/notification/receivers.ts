/** Creates the configured receivers. */
import type { Secrets, TrapTargetConfig } from '@spyglass/process/config'
import { masterKeys } from '../usm/keys.ts'
import { createInformReceiver } from './inform-receiver.ts'
import { createTrapReceiver, type Receiver } from './receiver.ts'

/** v3 targets without a user or passwords use those of secrets.yaml. */
export function createReceivers(targets: readonly TrapTargetConfig[], secrets: Secrets['snmp']): Receiver[] {
  return targets.map(({ host, port, version, community = '', user, authPassword, privPassword, timeoutMs, retries }) =>
    version === 'v2c'
      ? createTrapReceiver({ host, port, community })
      : createInformReceiver({
          host,
          port,
          user: user ?? secrets.user,
          keys: masterKeys(authPassword ?? secrets.authPassword, privPassword ?? secrets.privPassword),
          timeoutMs,
          retries,
        }),
  )
}
