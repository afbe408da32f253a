/** Which receivers are told what about an incident: by its labels, by the time of day, and by what they were told before. */
import type { ReceiverConfig } from '@spyglass/process/config'
import { type Hours, isWithin, parseHours } from '@spyglass/process/settings'
import { PAGING_BROKEN, resourceOf } from './delivery-watch.ts'
import type { Incident } from './incident.ts'
import { allMatch, type Labels, type Matcher, parseMatcher } from './matcher.ts'
import type { Announcement } from './page-of.ts'

/** A receiver with its routing read once. */
export interface Route {
  readonly receiver: ReceiverConfig
  readonly matchers: readonly Matcher[]
  readonly hours: readonly Hours[]
}

/** What a route is asked about. */
export interface Asked {
  readonly incident: Incident
  readonly labels: Labels
  readonly now: number
}

export const routesOf = (receivers: readonly ReceiverConfig[]): readonly Route[] =>
  receivers.map((receiver) => ({
    receiver,
    matchers: receiver.matchers.map(parseMatcher),
    hours: receiver.hours.flatMap((text) => parseHours(text) ?? []),
  }))

/** The end of an incident goes to whom its beginning was told, at any hour. */
export function recipientsOf(routes: readonly Route[], asked: Asked, what: Announcement): readonly ReceiverConfig[] {
  const { incident } = asked
  if (what === 'resolved') return toldOf(routes, incident)
  const onRoute = routes.filter((route) => isOnRoute(route, asked)).map(({ receiver }) => receiver)
  if (what === 'escalation') return onRoute.filter(({ onlyEscalated }) => onlyEscalated)
  const wanted = onRoute.filter(({ onlyEscalated }) => !onlyEscalated || incident.escalatedAt !== undefined)
  const told = new Set(toldOf(routes, incident).map(({ name }) => name))
  if (what === 'reminder') return wanted.filter(({ name }) => told.has(name))
  return what === 'late' ? wanted.filter(({ name }) => !told.has(name)) : wanted
}

/** Who knows of an incident. State files of earlier versions do not say: everybody does. */
export function toldOf(routes: readonly Route[], { told, escalatedAt }: Incident): readonly ReceiverConfig[] {
  const receivers = routes.map(({ receiver }) => receiver)
  if (told !== undefined) return receivers.filter(({ name }) => told.includes(name))
  return receivers.filter(({ onlyEscalated }) => !onlyEscalated || escalatedAt !== undefined)
}

/** Who gets a notice, which is about no incident. */
export const noticeRecipients = (routes: readonly Route[], labels: Labels, now: number): readonly ReceiverConfig[] =>
  routes.filter((route) => !route.receiver.onlyEscalated && isWanted(route, labels, now)).map(({ receiver }) => receiver)

function isOnRoute(route: Route, { incident, labels, now }: Asked): boolean {
  return isReachable(incident, route.receiver) && isWanted(route, labels, now)
}

const isWanted = ({ receiver: { timeZone }, matchers, hours }: Route, labels: Labels, now: number): boolean =>
  allMatch(matchers, labels) && (hours.length === 0 || isWithin(hours, now, timeZone))

/** That a receiver accepts nothing is told over the others. */
const isReachable = ({ rule, resource }: Incident, { name }: ReceiverConfig): boolean =>
  rule !== PAGING_BROKEN || resource !== resourceOf(name)
