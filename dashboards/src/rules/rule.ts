/**
 * What an alert rule may say. The shapes are closed, so that every engine can be given the same rule, or it can be said why not: a rule
 * is data, written in one YAML file, and no engine has a copy of its own.
 */
import type { EventName, EventSeverity } from '@spyglass/agent/contract'

/** A number of a resource (`eventLoop.delayP99`), or of all requests of a service (`service.p95`). */
export interface Value {
  /** Name of the kind, or `service`. */
  readonly of: string
  readonly attribute: string
}

/** How the samples of a gauge or counter become one number. `increase` and `rate` are for counters. */
export const takes = ['last', 'max', 'min', 'mean', 'increase', 'rate'] as const
export type Take = (typeof takes)[number]

/** In the unit of the value. */
export type Bound = { readonly above: number } | { readonly below: number }

export interface Threshold {
  readonly shape: 'threshold'
  readonly value: Value
  readonly take: Take
  /** Window of the samples; 0: the present one. */
  readonly overMs: number
  readonly bound: Bound
  /** Of a service: with fewer requests in the window it says nothing. */
  readonly atLeast: number
}

/** One of several named states of a resource. */
export interface StateIs {
  readonly shape: 'state'
  readonly value: Value
  readonly is: readonly string[]
}

/** Of two numbers of the same resource. */
export interface Ratio {
  readonly shape: 'ratio'
  readonly value: Value
  readonly to: Value
  readonly overMs: number
  readonly bound: Bound
  /** The divisor must be this large: one failure of two requests is no rate. */
  readonly atLeast: number
}

/** A service that has reported within a time, and reports no longer. */
export interface Missing {
  readonly shape: 'missing'
  readonly value: Value
  readonly silentMs: number
  readonly withinMs: number
}

/** An event that begins an incident, which another one ends. */
export interface Raised {
  readonly shape: 'event'
  readonly raise: EventName
}

/** A gauge whose trend reaches another gauge of the same resource within a time: a line through its samples, as `predict_linear` draws it. */
export interface Forecast {
  readonly shape: 'forecast'
  readonly value: Value
  readonly to: Value
  /** Window of the samples. */
  readonly overMs: number
  /** How far ahead. */
  readonly withinMs: number
  /** The share of `to` that the gauge has reached already: what is nearly empty fills often and ends there. */
  readonly from: number
}

/** One of the windows of a burn rate. Both must exceed the factor: the long one says that it matters, the short one that it goes on. */
export interface BurnWindow {
  readonly longMs: number
  readonly shortMs: number
  /** How many times faster than the objective allows. */
  readonly factor: number
}

/** A share of requests that uses up what an objective allows too fast, in one of several windows (SRE Workbook, chapter 5). */
export interface Burn {
  readonly shape: 'burn'
  readonly value: Value
  readonly to: Value
  /** The share of requests that must be good. */
  readonly objective: number
  readonly windows: readonly BurnWindow[]
  /** Requests in the long window. */
  readonly atLeast: number
}

/** A number of a service against the same number some time earlier. */
export interface Changed {
  readonly shape: 'change'
  readonly value: Value
  readonly overMs: number
  /** How much earlier. */
  readonly againstMs: number
  /** How many times the earlier number. */
  readonly times: number
  /** The number itself must exceed this, in its unit. */
  readonly bound: { readonly above: number }
  /** Requests in each of both windows. */
  readonly atLeast: number
}

export type Condition = Threshold | StateIs | Ratio | Missing | Raised | Forecast | Burn | Changed

export interface Rule {
  readonly name: string
  readonly severity: EventSeverity
  /** How long the condition must hold. */
  readonly forMs: number
  readonly when: Condition
  /** What is wrong; `{process}` stands for a label, `{value}` for the number. */
  readonly text: string
  /** What to know first, in a sentence. */
  readonly help: string
  /** Page for the person on call: a path in the project, or an address. */
  readonly runbook: string
}

/** How long a condition must stay away before the alert resolves: what comes and goes is one alert. The end of an event is its end. */
export const settleMsOf = ({ when, forMs }: Rule): number => (when.shape === 'event' ? 0 : forMs)

/** Columns of a service's requests in the roll-up, with their units. */
export const serviceColumns = {
  requests: '{request}',
  errors: '{request}',
  /** Those that took longer than a second. */
  slow: '{request}',
  errorRatio: '1',
  p50: 'ms',
  p95: 'ms',
  p99: 'ms',
  /** Whether it reports at all. */
  reports: '1',
} as const satisfies Readonly<Record<string, string>>

export const isOfService = ({ of }: Value): boolean => of === 'service'

export const valueText = ({ of, attribute }: Value): string => `${of}.${attribute}`
