/**
 * A recording in Grafana: its query runs on the engine, and what follows from the numbers is what Grafana's documentation says of pending,
 * recovering and missing series.
 */
import { type AlertRule, expandMacros } from '@spyglass/dashboards'
import type { Row } from '../query/index.ts'

/** How often Grafana judges the group of our rules. */
export const GRAFANA_EVERY_MS = 10_000
/** A series that is missing is gone after so many looks. */
const MISSING_LOOKS = 2

interface Instance {
  /** Since when the condition holds; undefined while it does not. */
  readonly since?: number
  readonly isFiring: boolean
  /** Since when it holds no longer, while it still fires. */
  readonly goneSince?: number
  readonly missing: number
}

export class GrafanaReplay {
  readonly #rule: AlertRule
  readonly #rows: (sql: string) => Promise<readonly Row[]>
  readonly #instances = new Map<string, Instance>()

  /** `rows` runs a statement on the store that has the recording's rows. */
  constructor(rule: AlertRule, rows: (sql: string) => Promise<readonly Row[]>) {
    this.#rule = rule
    this.#rows = rows
  }

  /** Judges at a time, in milliseconds since the epoch; returns how many alerts fire. */
  async look(now: number): Promise<number> {
    const { rangeSeconds, model } = this.#rule
    const view = { fromMs: now - rangeSeconds * 1000, toMs: now, intervalSeconds: 10, variables: {} }
    const found = new Map((await this.#rows(expandMacros(model.rawSql, view))).map((row) => [labelsText(row), numberIn(row)]))
    for (const [labels, number] of found) this.#instances.set(labels, this.#next(this.#instances.get(labels), this.#isHit(number), now))
    for (const [labels, instance] of this.#instances) if (!found.has(labels)) this.#miss(labels, instance)
    return [...this.#instances.values()].filter(({ isFiring }) => isFiring).length
  }

  #next(before: Instance | undefined, isHit: boolean, now: number): Instance {
    if (isHit) {
      const since = before?.since ?? now
      return { since, isFiring: before?.isFiring === true || now - since >= msOf(this.#rule.for), missing: 0 }
    }
    if (!before?.isFiring) return { isFiring: false, missing: 0 }
    const goneSince = before.goneSince ?? now
    return { goneSince, isFiring: now - goneSince < msOf(this.#rule.keepFor), missing: 0 }
  }

  #miss(labels: string, instance: Instance): void {
    if (instance.missing + 1 >= MISSING_LOOKS) this.#instances.delete(labels)
    else this.#instances.set(labels, { ...instance, missing: instance.missing + 1 })
  }

  #isHit(number: number | undefined): boolean {
    const { type, params } = this.#rule.evaluator
    if (number === undefined) return false
    return type === 'gt' ? number > params[0] : number < params[0]
  }
}

const labelsText = (row: Row): string => JSON.stringify(Object.entries(row).filter(([, value]) => typeof value === 'string'))

const numberIn = (row: Row): number | undefined => Object.values(row).find((value) => typeof value === 'number')

const msOf = (text: string): number => Number.parseInt(text, 10) * 1000
