import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRegistry } from '@spyglass/agent/registry'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { exposition } from '@spyglass/mbeans/prometheus'
import { prefersOpenMetrics } from '../../../../agent/mbeans/src/prometheus/exposition.ts'

/** Sent by Prometheus 2.42, and by 3.5 without protobuf. */
const PROMETHEUS_2 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
const PROMETHEUS_3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1'
const PREFERRED = [
  PROMETHEUS_2,
  PROMETHEUS_3,
  'application/openmetrics-text',
  'Application/OpenMetrics-Text ; Version="1.0.0" ; Q=0.001',
  'application/openmetrics-text, text/plain',
  'application/openmetrics-text;q=0.9, text/plain;q=0.9',
  'application/openmetrics-text;q=0.2, text/plain;q=0.1, */*',
  'application/openmetrics-text;q=0.2, text/*;q=0.1, */*',
  'text/plain;q=0.0, application/openmetrics-text;q=0.5',
]
const CLASSIC = [
  undefined,
  '',
  '*/*',
  'application/*',
  'text/html,application/xhtml+xml,*/*;q=0.8',
  'text/plain;version=0.0.4',
  'application/openmetrics-text;q=0',
  'application/openmetrics-text;q=0.000',
  'application/openmetrics-text;version=0.0.1',
  'application/openmetrics-text;q=0.4, text/plain;version=0.0.4;q=0.5',
  'application/openmetrics-text;q=0.4, text/*;q=0.5',
  'application/openmetrics-text;q=0.4, */*;q=0.5',
  'application/openmetrics-text;q=0.4, text/plain;version=0.0.4;q=0.3, text/plain;q=0.5',
  'application/openmetrics-text;q=high',
  'application/openmetrics-text;q=1.5',
  'application/openmetrics-text;q=-1',
  'application/openmetrics-textual',
]

describe('exposition', () => {
  it('is OpenMetrics where the Accept header names it and prefers nothing else', () => {
    expect(PREFERRED.filter((accept) => !prefersOpenMetrics(accept))).toEqual([])
    expect(CLASSIC.filter((accept) => prefersOpenMetrics(accept))).toEqual([])
  })

  it('follows the weights, in whatever order and spacing the ranges come', () => {
    const weight = fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000)
    const space = fc.constantFrom('', ' ', '  ')
    fc.assert(
      fc.property(weight, weight, space, fc.boolean(), (open, classic, gap, isFirst) => {
        const ranges = [`application/openmetrics-text${gap};${gap}version=1.0.0;q=${open}`, `text/plain;version=0.0.4${gap};q=${classic}`]
        const accept = (isFirst ? ranges : ranges.toReversed()).join(`${gap},${gap}`)
        expect(prefersOpenMetrics(`${accept},image/png`)).toBe(open > 0 && open >= classic)
      }),
    )
  })

  it('reads any header without an error', () => {
    const part = fc.constantFrom(
      'application/openmetrics-text',
      'text/plain',
      '*/*',
      ';',
      ',',
      '=',
      'q',
      '"',
      '1',
      '0.5',
      'version',
      ' ',
      'é',
    )
    fc.assert(
      fc.property(
        fc.array(part).map((parts) => parts.join('')),
        (accept) => void prefersOpenMetrics(accept),
      ),
    )
  })

  it('states its format', async () => {
    const registry = createRegistry({ kindNamed })
    expect(await exposition(registry, undefined)).toEqual({ contentType: 'text/plain; version=0.0.4; charset=utf-8', body: '\n' })
    expect(await exposition(registry, PROMETHEUS_2)).toEqual({
      contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
      body: '# EOF\n',
    })
  })
})
