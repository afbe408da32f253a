/** What is wrong with receivers of pages (settings that their type needs, or that it cannot have), and with windows of maintenance. */
import type { ReceiverConfig, SpyglassConfig } from '../settings/index.ts'
import type { Mistake } from './mistake.ts'

type Type = ReceiverConfig['type']
/** Those that not every type has. */
type Own = 'url' | 'key' | 'headers' | 'template' | 'from' | 'to' | 'user' | 'password'

interface Shape {
  readonly protocols: readonly string[]
  readonly needs: readonly Own[]
  readonly may?: readonly Own[]
}

const http = { protocols: ['http:', 'https:'], needs: ['url'] } as const

const shapes: Readonly<Record<Type, Shape>> = {
  webhook: { ...http, may: ['key', 'headers', 'template'] },
  alertmanager: { ...http, may: ['headers'] },
  mail: { protocols: ['smtp:', 'smtps:'], needs: ['url', 'from', 'to'], may: ['user', 'password'] },
  slack: http,
  teams: http,
  wecom: http,
  dingtalk: { ...http, may: ['key'] },
  feishu: { ...http, may: ['key'] },
  pagerduty: { ...http, needs: ['key'], may: ['url'] },
  watchdog: { ...http, may: ['headers'] },
}

const OWN: readonly Own[] = ['url', 'key', 'headers', 'template', 'from', 'to', 'user', 'password']

/** A window without hours and without an end would withhold every page forever. */
export function maintenanceMistakes({ alerting: { maintenance } }: SpyglassConfig): Mistake[] {
  return maintenance.flatMap(({ hours, from, until }, i) => {
    const at = (setting: string, message: string): Mistake => ({ path: `alerting.maintenance[${i}].${setting}`, message })
    if (hours.length === 0 && until === undefined) return [at('hours', 'missing: a window has hours, or an end')]
    const isTurned = from !== undefined && until !== undefined && Date.parse(until) <= Date.parse(from)
    return isTurned ? [at('until', `${JSON.stringify(until)}: must be later than from`)] : []
  })
}

export function receiverMistakes({ alerting: { receivers } }: SpyglassConfig): Mistake[] {
  return receivers.flatMap((receiver, i) =>
    mistakesIn(receiver).map(([setting, message]) => ({ path: `alerting.receivers[${i}].${setting}`, message })),
  )
}

function mistakesIn(receiver: ReceiverConfig): readonly (readonly [setting: string, message: string])[] {
  const { type, url, user, password } = receiver
  const { protocols, needs, may = [] } = shapes[type]
  const isMisplaced = (name: Own): boolean => has(receiver, name) && !needs.includes(name) && !may.includes(name)
  const isOther = url !== undefined && !protocols.includes(URL.parse(url)?.protocol ?? '')
  return [
    ...needs.filter((name) => !has(receiver, name)).map((name) => [name, `missing: type ${type} needs it`] as const),
    ...OWN.filter(isMisplaced).map((name) => [name, `not available with type ${type}. Remove it, or choose another type`] as const),
    ...(isOther ? [['url', `type ${type} needs a URL of ${protocols.join(' or ')}`] as const] : []),
    ...((user === undefined) === (password === undefined) ? [] : [['user', 'user and password belong together'] as const]),
  ]
}

function has(receiver: ReceiverConfig, name: Own): boolean {
  const value = receiver[name]
  return value !== undefined && Object.keys(value).length > 0
}
