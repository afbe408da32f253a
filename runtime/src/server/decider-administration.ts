/** Gives administration to the decider: a changed configuration becomes a new plan, and a plan that is carried out is reported back. */
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { type ProcessConfig, type SpyglassConfig, instanceGroups, instanceNames } from '@spyglass/process/checked-config'
import type { SettingsInput } from '@spyglass/process/config'
import { damageError } from '@spyglass/process/durable-file'
import { type AdministrationHost, hostAdministration } from '../administration-host/index.ts'
import { type Desired, type ReloadOutcome, lastChangeIn, liveChanges, settingsAtStart } from '../administration/index.ts'
import type { Decider } from '../decider/decider.ts'
import type { ServerPlan } from '../decider/server-plan.ts'
import type { KeeperLog } from '../holder/keeper-log.ts'
import { readStart, type Start, writeStart } from './start-file.ts'

export interface DeciderAdministrationOptions {
  readonly decider: Decider
  readonly process: ProcessConfig
  readonly planFor: (config: SpyglassConfig) => ServerPlan
  readonly log: Pick<KeeperLog, 'info' | 'warn' | 'error'>
}

/** Undefined when it cannot be opened: applications are served without it, and the log says why. */
export async function administerDecider(options: DeciderAdministrationOptions): Promise<AdministrationHost | undefined> {
  try {
    return await opened(options)
  } catch (error) {
    options.log.error({ err: messageOf(error) }, 'there is no administration')
    return undefined
  }
}

async function opened({ decider, process, planFor, log }: DeciderAdministrationOptions): Promise<AdministrationHost> {
  const { secrets, folder } = process
  const start = readStart(folder.run)
  const { input } = start
  const { settings, config } = (await missedBy(start, process, log)) ?? { settings: start.settings, config: process.config }
  if (config !== process.config) adopt(config, { decider, planFor })
  const host: AdministrationHost = await hostAdministration({
    folder,
    secrets,
    input,
    settings,
    config,
    readAgain: () => readAgain(input),
    onConfig(changed, { needs, change = start.lastChange, changed: settings }) {
      writeStart(folder.run, { input, settings: host.administration.settings, lastChange: change })
      adopt(changed, { decider, planFor }, changeText(change, settings))
      decider.live(liveChanges(changed, needs.live))
      void reportReloads(host, decider, { change, reload: needs.reload, start: needs.start })
    },
    async reload(name) {
      const done = await decider.reload(name)
      host.administration.applied(instancesOf(host.administration.config, name))
      return done
    },
    ask: async (instance, operation, given, answerMs) => await decider.ask(instance, { operation, arguments: given, answerMs }),
    async applied(application) {
      const { config: present } = host.administration
      const group = instanceGroups(present).find(({ applications }) => applications.some(({ name }) => name === application))
      await settled(decider, group?.name ?? application)
      if (group) host.administration.applied(instanceNames(group))
    },
    onDamage: (consequences) => (damage) => {
      const { code, message } = damageError(damage, consequences)
      log.error({ code }, message)
    },
    log,
  })
  return host
}

const MAX_NAMED = 10

/** Names only: a value may be secret, and the history has it. Empty where nothing was changed. */
export function changeText(change: number, settings: readonly { readonly name: string }[]): string {
  const names = settings.slice(0, MAX_NAMED).map(({ name }) => name)
  if (names.length === 0) return ''
  return `settings changed (change ${change}): ${names.join(', ')}${settings.length > MAX_NAMED ? ' …' : ''}`
}

/** Writes what processes read at their start, then has it carried out. */
function adopt(config: SpyglassConfig, { decider, planFor }: Pick<DeciderAdministrationOptions, 'decider' | 'planFor'>, why = ''): void {
  const plan = planFor(config)
  plan.prepare()
  decider.replan(plan, why)
}

/** The settings with a change after which the last decider ended before it could say so; undefined: there is none. */
async function missedBy(
  { input, lastChange }: Start,
  { folder }: ProcessConfig,
  log: Pick<KeeperLog, 'warn'>,
): Promise<Desired | undefined> {
  if (lastChangeIn(folder.administration) === lastChange) return undefined
  const rules = await import('@spyglass/process/config')
  const desired = settingsAtStart(rules, input, { administration: folder.administration, onDamage: () => {} }) // told when it is opened
  for (const { change, error } of desired.skipped) log.warn({ change: change.id, err: error.message }, 'a change is skipped')
  writeStart(folder.run, { input, settings: desired.settings, lastChange: lastChangeIn(folder.administration) })
  return desired
}

/** A change that comes while another is carried out is waited for as well. @throws SPY_RELOAD_FAILED, SPY_SERVER_REFUSED */
async function settled(decider: Decider, group: string): Promise<void> {
  try {
    await decider.settled(group)
  } catch (error) {
    if (codeOf(error) !== 'SPY_RELOAD_SUPERSEDED') throw error
    await settled(decider, group)
  }
}

interface PendingReload {
  readonly change: number
  readonly reload: readonly string[]
  readonly start: readonly string[]
}

/** What is to be reloaded or started the reconciler reloads or starts; the change is in force when that is done, and its history says what came of it. */
async function reportReloads(
  { administration }: AdministrationHost,
  decider: Decider,
  { change, reload, start }: PendingReload,
): Promise<void> {
  const affected = new Set([...reload, ...start])
  const groups = instanceGroups(administration.config).filter((group) => instanceNames(group).some((name) => affected.has(name)))
  const outcomes = await Promise.all(
    groups.map(async (group): Promise<ReloadOutcome> => {
      try {
        await settled(decider, group.name)
        administration.applied(instanceNames(group))
        return { result: '' }
      } catch (error) {
        return { result: messageOf(error), failed: true } // the setting stays pending
      }
    }),
  )
  const failures = outcomes.filter(({ failed }) => failed)
  const done = [
    ...(reload.length === 0 ? [] : [`reloaded ${reload.join(', ')}`]),
    ...(start.length === 0 ? [] : [`started ${start.join(', ')}`]),
  ]
  if (failures.length > 0) administration.reloaded(change, { result: failures.map(({ result }) => result).join('; '), failed: true })
  else if (groups.length > 0) administration.reloaded(change, { result: done.join('; ') })
}

/** The instances that a name means: an instance, those that host an application or are the shared ones of a listener, or all for an empty one. */
function instancesOf(config: SpyglassConfig, name: string): readonly string[] {
  return instanceGroups(config).flatMap((group) => {
    const isMeant = name === '' || name === group.name || group.applications.some((application) => application.name === name)
    return isMeant ? instanceNames(group) : instanceNames(group).filter((one) => one === name)
  })
}

/** The file as it is now, over the same defaults and arguments. */
async function readAgain(input: SettingsInput): Promise<SettingsInput> {
  if (input.origin === '(defaults)') return input
  const { readSettings } = await import('@spyglass/process/config')
  return { ...input, file: readSettings({ file: input.origin }).file }
}
