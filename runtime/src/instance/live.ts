/** What changes in a running instance without a reload: levels of its log, what the agent keeps, limits of its pools. */
import type { Agent } from '@spyglass/agent'
import { LiveSettings } from '@spyglass/process/live-settings'
import { setLogLevels } from '@spyglass/process/logger'
import type { AccessLogs } from '../access-log/index.ts'
import type { Datasources } from '../datasource/index.ts'
import type { InstanceShare } from './share.ts'

export interface LiveParts {
  readonly agent: Pick<Agent, 'configure'> | undefined
  readonly datasources: () => Pick<Datasources, 'configure'> | undefined
  readonly accessLogs: Pick<AccessLogs, 'changed'>
}

/** The settings of the share that the access logs read are changed in place. */
export function liveSettingsOf(share: InstanceShare, { agent, datasources, accessLogs }: LiveParts): LiveSettings {
  const { logLevel: level, logLevels: levels, datasources: limits, recording, accessLog: access, applications } = share
  const config = { logs: { level, levels, access }, applications, agent: { ...recording }, datasources: structuredClone(limits) }
  const live = new LiveSettings(config)
  live.onChange(['logs'], () => setLogLevels(config.logs))
  for (const path of [['logs', 'access'], ['applications']]) live.onChange(path, () => accessLogs.changed())
  live.onChange(['datasources'], () => datasources()?.configure(config.datasources))
  // Without a value of its own, each route has the threshold that it finds itself.
  live.onChange(['agent'], () => agent?.configure({ ...config.agent, slowRequestMs: config.agent.slowRequestMs ?? 0 }))
  return live
}
