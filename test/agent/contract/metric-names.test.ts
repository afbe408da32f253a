import { describe, expect, it } from 'vitest'
import { isMetric, isStateSet, otelNameOf, prometheusFactor, prometheusNameOf, prometheusUnit, snakeCase } from '@spyglass/agent/contract'
import { allKinds, kinds } from '@spyglass/mbeans/kinds'

describe('metric names', () => {
  it('are written in snake case', () => {
    expect(['waitingBorrowers', 'v8Heap', 'delayP99', 'MBeanCount', 'rss'].map(snakeCase)).toEqual([
      'waiting_borrowers',
      'v8_heap',
      'delay_p99',
      'm_bean_count',
      'rss',
    ])
  })

  it('follow the semantic conventions in OpenTelemetry where there is one', () => {
    expect(otelNameOf(kinds.datasource, 'waitingBorrowers')).toBe('db.client.connection.pending_requests')
    expect(otelNameOf(kinds.datasource, 'activeConnections')).toBe('spyglass.datasource.active_connections')
  })

  it('carry the base unit and _total in Prometheus', () => {
    expect(prometheusNameOf(kinds.server, 'uptime')).toBe('spyglass_server_uptime_seconds')
    expect(prometheusFactor(kinds.server.attributes.uptime)).toBe(0.001)
    expect(prometheusUnit(kinds.server.attributes.uptime)).toBe('seconds')
    expect(prometheusUnit(kinds.datasource.attributes.leaks)).toBe(undefined)
    expect(prometheusNameOf(kinds.listener, 'bytesSent')).toBe('spyglass_listener_sent_bytes_total')
    expect(prometheusNameOf(kinds.instance, 'cpuTime')).toBe('spyglass_instance_cpu_time_seconds_total')
    expect(prometheusNameOf(kinds.eventLoop, 'utilization')).toBe('spyglass_event_loop_utilization_ratio')
    expect(prometheusNameOf(kinds.datasource, 'leaks')).toBe('spyglass_datasource_leaks_total')
  })

  it('are valid and given once', () => {
    const metrics = allKinds.flatMap((kind) =>
      Object.keys(kind.attributes)
        .filter((attribute) => isMetric(kind, attribute) || isStateSet(kind, attribute))
        .map((attribute) => ({ kind, attribute })),
    )
    const prometheus = metrics.map(({ kind, attribute }) => prometheusNameOf(kind, attribute))
    const otel = metrics.map(({ kind, attribute }) => otelNameOf(kind, attribute))
    // One instrument may have several attributes, told apart by its own.
    const series = metrics.map(
      ({ kind, attribute }, at) => `${otel[at]} ${JSON.stringify(kind.attributes[attribute]?.otelAttributes ?? {})}`,
    )
    for (const names of [prometheus, series]) expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
    for (const name of [...prometheus, ...otel]) expect(name).toMatch(/^[a-z][a-z0-9_.]*$/)
  })

  it('exist for numbers only, and not for excluded attributes', () => {
    expect(isMetric(kinds.datasource, 'activeConnections')).toBe(true)
    expect(isMetric(kinds.instance, 'pid')).toBe(false)
    expect(isMetric(kinds.datasource, 'state')).toBe(false)
    expect(isStateSet(kinds.datasource, 'state')).toBe(true)
    expect(isMetric({ ...kinds.datasource, metrics: false }, 'activeConnections')).toBe(false)
    expect(isMetric(kinds.datasource, 'nope')).toBe(false)
  })
})
