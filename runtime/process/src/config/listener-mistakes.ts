/** Checks of listeners, hosts and logs across several settings. */
import type { Mistake } from './mistake.ts'
import type { SpyglassConfig } from './schema.ts'

/** Takes every name that no other host has, and need not be configured. */
const DEFAULT_HOST = 'server'
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent']

export function listenerMistakes(config: SpyglassConfig): Mistake[] {
  return [...hostNames(config), ...unknownHosts(config), ...redirects(config), ...logMistakes(config)]
}

function hostNames({ hosts }: SpyglassConfig): Mistake[] {
  const owners = new Map<string, string>()
  return hosts.flatMap(({ name, aliases }, i) =>
    [['name', name] as const, ...aliases.map((alias, at) => [`aliases[${at}]`, alias] as const)].flatMap(([setting, text]) => {
      const other = owners.get(text)
      owners.set(text, other ?? name)
      if (other === undefined) return []
      return [{ path: `hosts[${i}].${setting}`, message: `${JSON.stringify(text)}: already a name of host ${JSON.stringify(other)}` }]
    }),
  )
}

function unknownHosts({ applications, hosts }: SpyglassConfig): Mistake[] {
  const known = [DEFAULT_HOST, ...hosts.map(({ name }) => name)]
  return applications.flatMap(({ host }, i) =>
    known.includes(host)
      ? []
      : [
          {
            path: `applications[${i}].host`,
            message: `${JSON.stringify(host)}: no such host; configured: ${[...new Set(known)].join(', ')}`,
          },
        ],
  )
}

function redirects({ listeners }: SpyglassConfig): Mistake[] {
  return listeners.flatMap(({ redirectTo }, i) => {
    if (redirectTo === undefined) return []
    const target = listeners.find(({ name }) => name === redirectTo)
    const path = `listeners[${i}].redirectTo`
    if (!target) return [{ path, message: `${JSON.stringify(redirectTo)}: no such listener` }]
    if (target.tls.certificates.length > 0) return []
    return [{ path, message: `${JSON.stringify(redirectTo)}: this listener has no certificate. Set tls.certificates of it` }]
  })
}

function logMistakes({ logs, applications }: SpyglassConfig): Mistake[] {
  const levels = Object.entries(logs.levels).flatMap(([name, level]) =>
    LEVELS.includes(level)
      ? []
      : [{ path: `logs.levels.${name}`, message: `${JSON.stringify(level)}: no such level; there are ${LEVELS.join(', ')}` }],
  )
  const missing = 'missing: the format pattern needs one'
  const own = applications.flatMap(({ accessLog: { format, pattern } }, i) =>
    format === 'pattern' && (pattern ?? logs.access.pattern) === undefined
      ? [{ path: `applications[${i}].accessLog.pattern`, message: missing }]
      : [],
  )
  if (logs.access.format !== 'pattern' || logs.access.pattern !== undefined) return [...levels, ...own]
  return [...levels, ...own, { path: 'logs.access.pattern', message: missing }]
}
