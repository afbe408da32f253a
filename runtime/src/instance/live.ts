/** What changes in a running instance without a reload: levels of its log, what the agent keeps, settings of its resources. */
import type { Agent } from '@spyglass/agent'
import { LiveSettings } from '@spyglass/process/live-settings'
import { setLogLevels } from '@spyglass/process/logger'
import { resourceLists } from '@spyglass/process/settings'
import type { AccessLogs } from '../access-log/index.ts'
import type { Resources } from '../resource/index.ts'
import type { InstanceShare } from './share.ts'

export interface LiveParts {
  readonly agent: Pick<Agent, 'configure'> | undefined
  readonly resources: () => Pick<Resources, 'configure'> | undefined
  readonly accessLogs: Pick<AccessLogs, 'changed'>
}

/** The settings of the share that the access logs read are changed in place. */
export function liveSettingsOf(share: InstanceShare, { agent, resources, accessLogs }: LiveParts): LiveSettings {
  const { logLevel: level, logLevels: levels, resources: given, recording, accessLog: access, applications } = share
  const config = { logs: { level, levels, access }, applications, agent: { ...recording }, ...structuredClone(given) }
  const live = new LiveSettings(config)
  live.onChange(['logs'], () => setLogLevels(config.logs))
  for (const path of [['logs', 'access'], ['applications']]) live.onChange(path, () => accessLogs.changed())
  for (const list of resourceLists) live.onChange([list], () => resources()?.configure(list, config[list]))
  // Without a value of its own, each route has the threshold that it finds itself.
  live.onChange(['agent'], () => agent?.configure({ ...config.agent, slowRequestMs: config.agent.slowRequestMs ?? 0 }))
  return live
}
