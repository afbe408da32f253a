/** What a recording shows at a time: the same resources, requests and events for every engine. */
import { type Phase, type RecordedRoute, type Recording, valueAt } from '@spyglass/dashboards'
import { type ResourceSnapshot, serviceInstanceId } from '@spyglass/agent/contract'

/** Requests of a route in a slice of time. */
export interface Slice {
  readonly service: string
  readonly route: string
  readonly instance: string
  readonly requests: readonly { readonly seconds: number; readonly count: number }[]
  readonly errors: number
}

/** The resources that are there, with the values that are known. */
export function resourcesAt(recording: Recording, atMs: number): readonly ResourceSnapshot[] {
  const recorded = recording.resources.flatMap(({ kind, keys, attributes }) => {
    const known = Object.entries(attributes).flatMap(([name, steps]) => {
      const value = valueAt(steps, atMs)
      return value === undefined ? [] : [[name, value] as const]
    })
    return known.length === 0 ? [] : [{ kind: kind.name, keys, values: { ...keys, ...Object.fromEntries(known) } }]
  })
  return [...recorded, ...instancesAt(recording, atMs)]
}

/** Each service has one instance, which counts its requests. */
function instancesAt({ routes }: Recording, atMs: number): readonly ResourceSnapshot[] {
  const services = Map.groupBy(routes, ({ service }) => service)
  return [...services].map(([service, own]) => {
    const slices = own.flatMap((route) => sliceOf(route, -Infinity, atMs))
    const requests = slices.flatMap((slice) => slice.requests).reduce((sum, { count }) => sum + count, 0)
    const errors = slices.reduce((sum, slice) => sum + slice.errors, 0)
    const name = instanceOf(service)
    return { kind: 'instance', keys: { name }, values: { name, state: 'ready', requests, errors } }
  })
}

export const instanceOf = (service: string): string => `${service}-1`

/** As `service.instance.id` has it. */
export const instanceIdOf = (instance: string): string => serviceInstanceId(instance, '9f8e7d6c-0000-4000-8000-000000000000')

/** What came after one time and until another. */
export function sliceOf({ service, route, phases }: RecordedRoute, fromMs: number, toMs: number): Slice {
  const between = (counts: (phase: Phase) => number): number => countUntil(phases, toMs, counts) - countUntil(phases, fromMs, counts)
  const durations = new Set(phases.flatMap(({ requests }) => requests.map(({ seconds }) => seconds)))
  const requests = [...durations].map((seconds) => ({
    seconds,
    count: between((phase) => phase.requests.find((one) => one.seconds === seconds)?.perMinute ?? 0),
  }))
  return {
    service,
    route,
    instance: instanceOf(service),
    requests: requests.filter(({ count }) => count > 0),
    errors: between(({ errorsPerMinute }) => errorsPerMinute),
  }
}

/** Whole ones: what has begun and not ended is not counted. */
function countUntil(phases: readonly Phase[], untilMs: number, perMinute: (phase: Phase) => number): number {
  const counts = phases.map((phase, at) => {
    const endMs = Math.min(phases[at + 1]?.atMs ?? Infinity, untilMs)
    return endMs <= phase.atMs ? 0 : ((endMs - phase.atMs) / 60_000) * perMinute(phase)
  })
  return Math.floor(counts.reduce((sum, count) => sum + count, 0) + 1e-9)
}
