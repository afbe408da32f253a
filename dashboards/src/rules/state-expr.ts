/** An expression of Prometheus for what is in a state. */

/** How far back a value is looked for while the server cannot be scraped. */
const LOOK_BACK = '5m'

/**
 * True while the metric is in one of the states; without the label it is the same alert when one follows the other. A scrape that fails makes
 * its series stale: without the last value the alert would resolve and start over. What a scrape that succeeded no longer has was removed, and its alert
 * ends.
 */
export function inStates(metric: string, label: string, states: readonly string[]): string {
  const series = `${metric}{${label}=~"${states.join('|')}"}`
  const last = `max without (${label}) (last_over_time(${series}[${LOOK_BACK}])) == 1`
  return `max without (${label}) (${series}) == 1 or (${last} unless on (job, instance) up == 1)`
}
