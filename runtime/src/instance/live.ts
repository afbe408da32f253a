/** What changes in a running instance without a reload: levels of its log, what the agent keeps, settings of its resources. */
import { isDeepStrictEqual } from 'node:util'
import type { Agent } from '@spyglass/agent'
import { LiveSettings } from '@spyglass/process/live-settings'
import { setLogLevels } from '@spyglass/process/logger'
import { resourceLists, workerLists } from '@spyglass/process/settings'
import type { AccessLogs } from '../access-log/index.ts'
import type { ClusterPrimary } from '../application/index.ts'
import type { Resources } from '../resource/index.ts'
import type { InstanceShare } from './share.ts'

export interface LiveParts {
  readonly agent: Pick<Agent, 'configure'> | undefined
  readonly resources: () => Pick<Resources, 'configure'> | undefined
  readonly accessLogs: Pick<AccessLogs, 'changed'>
  /** Of node:cluster. */
  readonly workers: Pick<ClusterPrimary, 'changed'>
}

/** The settings of the share that the access logs read and workers get are changed in place. */
export function liveSettingsOf(share: InstanceShare, { agent, resources, accessLogs, workers }: LiveParts): LiveSettings {
  const { logLevel: level, logLevels: levels, resources: given, recording, accessLog: access, applications } = share
  const ofWorkers = Object.fromEntries(workerLists.map((list) => [list, given[list]])) as Partial<InstanceShare['resources']>
  const config = { logs: { level, levels, access }, applications, agent: { ...recording }, ...structuredClone(given), ...ofWorkers }
  const live = new LiveSettings(config)
  live.onChange(['logs'], () => setLogLevels(config.logs))
  for (const path of [['logs', 'access'], ['applications']]) live.onChange(path, () => accessLogs.changed())
  for (const list of resourceLists) live.onChange([list], () => resources()?.configure(list, config[list]))
  for (const list of workerLists) live.onChange([list], () => workers.changed())
  // Without a value of its own, each route has the threshold that it finds itself.
  let before: InstanceShare['recording'] = { ...config.agent }
  live.onChange(['agent'], () => {
    agent?.configure({ ...withoutUnchanged(config.agent, before), slowRequestMs: config.agent.slowRequestMs ?? 0 })
    before = { ...config.agent }
  })
  return live
}

/** An application may have lists and switches of its own in its environment, which stand until those of the server change. */
function withoutUnchanged<T extends object>(settings: T, before: T): Partial<T> {
  const isUnchanged = ([name, value]: [string, unknown]): boolean => isDeepStrictEqual(value, Reflect.get(before, name))
  return Object.fromEntries(Object.entries(settings).filter((entry) => typeof entry[1] === 'number' || !isUnchanged(entry))) as Partial<T>
}
