import { expect, test } from 'vitest'
import { agentSettings, readSettings } from '../../../agent/src/settings/settings.ts'

test('without any variable the defaults stand', () => {
  expect(readSettings({})).toMatchObject({
    mistakes: [],
    settings: {
      endpoint: 'http://127.0.0.1:4318',
      keptPerSecond: 5,
      slowStatementMs: 100,
      metricsIntervalMs: 10_000,
      logs: true,
      headers: {},
    },
  })
})

test('variables are read by their type', () => {
  const { settings, mistakes } = readSettings({
    OTEL_SERVICE_NAME: 'shop',
    OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=http-1, team=a%20b,',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x',
    SPYGLASS_SLOW_REQUEST_MS: '12.5',
    SPYGLASS_LOGS: 'OFF',
    SPYGLASS_KEPT_PER_SECOND: ' ',
  })
  expect(mistakes).toEqual([])
  expect(settings).toMatchObject({
    serviceName: 'shop',
    resourceAttributes: { 'service.instance.id': 'http-1', team: 'a b' },
    headers: { authorization: 'Bearer x' },
    slowRequestMs: 12.5,
    logs: false,
    keptPerSecond: 5,
  })
})

test('every invalid value is reported with what is allowed, and its default is used', () => {
  const { settings, mistakes } = readSettings({
    SPYGLASS_LOGS: 'maybe',
    SPYGLASS_METRICS_INTERVAL_MS: '5',
    OTEL_EXPORTER_OTLP_HEADERS: 'novalue',
    OTEL_RESOURCE_ATTRIBUTES: 'a=%E0%A4%A',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'zip',
  })
  expect(mistakes.length).toBe(5)
  expect(mistakes[0]).toContain('OTEL_RESOURCE_ATTRIBUTES')
  expect(mistakes.at(-1)).toBe('SPYGLASS_LOGS is "maybe", which is not on or off')
  expect(settings).toMatchObject({ logs: true, metricsIntervalMs: 10_000, headers: {}, resourceAttributes: {}, compression: '' })
})

test('every setting says what it is', () => {
  for (const { env, description, allowed } of Object.values(agentSettings)) {
    expect(env).toMatch(/^(OTEL|SPYGLASS)_[A-Z_]+$/)
    expect(description).toMatch(/\.$/)
    expect(allowed).not.toBe('')
  }
})
