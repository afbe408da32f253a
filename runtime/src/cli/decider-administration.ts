/** Gives administration to the decider: a changed configuration becomes a new plan, and a plan that is carried out is reported back. */
import { type ProcessConfig, type SpyglassConfig, instanceGroups, instanceNames } from '@spyglass/process/checked-config'
import type { SettingsInput } from '@spyglass/process/config'
import { damageError } from '@spyglass/process/durable-file'
import { type AdministrationHost, hostAdministration } from '../administration-host/index.ts'
import type { Decider } from '../decider/decider.ts'
import type { ServerPlan } from '../decider/server-plan.ts'
import type { KeeperLog } from '../holder/keeper-log.ts'
import { readStart, writeStart } from './start-file.ts'

export interface DeciderAdministrationOptions {
  readonly decider: Decider
  readonly process: ProcessConfig
  readonly planFor: (config: SpyglassConfig) => ServerPlan
  readonly log: Pick<KeeperLog, 'warn' | 'error'>
}

/** Undefined when it cannot be opened: applications are served without it, and the log says why. */
export async function administerDecider(options: DeciderAdministrationOptions): Promise<AdministrationHost | undefined> {
  try {
    return await opened(options)
  } catch (error) {
    options.log.error({ err: error instanceof Error ? error.message : String(error) }, 'there is no administration')
    return undefined
  }
}

async function opened({ decider, process, planFor, log }: DeciderAdministrationOptions): Promise<AdministrationHost> {
  const { config, secrets, folder } = process
  const { input, settings } = readStart(folder.run)
  const host: AdministrationHost = await hostAdministration({
    folder,
    secrets,
    input,
    settings,
    config,
    readAgain: () => readAgain(input),
    onConfig(changed, { needs }) {
      const plan = planFor(changed)
      writeStart(folder.run, { input, settings: host.administration.settings })
      plan.prepare()
      decider.replan(plan)
      void reportReloads(host, decider, needs.reload)
    },
    async reload(name) {
      const done = await decider.reload(name)
      host.administration.applied(instancesOf(host.administration.config, name))
      return done
    },
    async applied(application) {
      const { config: present } = host.administration
      const group = instanceGroups(present).find(({ applications }) => applications.some(({ name }) => name === application))
      if (!group) return
      await decider.settled(group.name)
      host.administration.applied(instanceNames(group))
    },
    onDamage: (consequences) => (damage) => {
      const { code, message } = damageError(damage, consequences)
      log.error({ code }, message)
    },
    log,
  })
  return host
}

/** What is to be reloaded is reloaded by the reconciler; the change is in force when that is done. */
async function reportReloads({ administration }: AdministrationHost, decider: Decider, instances: readonly string[]): Promise<void> {
  const groups = instanceGroups(administration.config).filter((group) => instanceNames(group).some((name) => instances.includes(name)))
  for (const group of groups) {
    try {
      await decider.settled(group.name)
      administration.applied(instanceNames(group))
    } catch {
      // the log and the state of the instances say why; the setting stays pending
    }
  }
}

/** The instances that a name means: an instance, those of an application or of a listener, or all for an empty one. */
function instancesOf(config: SpyglassConfig, name: string): readonly string[] {
  const groups = instanceGroups(config).map((group) => ({ group: group.name, instances: instanceNames(group) }))
  return groups.flatMap(({ group, instances }) => (name === '' || name === group ? instances : instances.filter((one) => one === name)))
}

/** The file as it is now, over the same defaults and arguments. */
async function readAgain(input: SettingsInput): Promise<SettingsInput> {
  if (input.origin === '(defaults)') return input
  const { readSettings } = await import('@spyglass/process/config')
  return { ...input, file: readSettings({ file: input.origin }).file }
}
