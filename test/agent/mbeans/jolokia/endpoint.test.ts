/** The parts of the endpoint that other tests do not reach through HTTP: directory, search, list and version. */
import { gunzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { type Sendable, createEndpoint } from '../../../../agent/mbeans/src/jolokia/endpoint.ts'
import { defaultParameters } from '../../../../agent/mbeans/src/jolokia/parameters.ts'
import { buildRequest } from '../../../../agent/mbeans/src/jolokia/build-request.ts'
import { addSample } from '../../../support/mbean-server.ts'

function setUp() {
  let time = 1000
  const registry = createRegistry({ kindNamed, now: () => time })
  const endpoint = createEndpoint({ registry, agentId: 'id', version: '1', now: () => time })
  const ask = (fields: object) =>
    JSON.parse(endpoint.answerFields(fields as Record<string, unknown>, defaultParameters, 'http://h/jolokia')) as Record<string, unknown>
  return { registry, endpoint, ask, pass: (ms: number) => void (time += ms) }
}

describe('the endpoint', () => {
  it('throws what is wrong with a single request, and answers it in a bulk', () => {
    const { endpoint, ask } = setUp()
    const bad = buildRequest({ type: 'list', path: ['d', 'bad'] }, defaultParameters)
    expect(() => endpoint.answer(bad, '')).toThrow(expect.objectContaining({ code: 'SPY_JOLOKIA_BAD_NAME' }))
    expect(ask({ type: 'list', path: 'd/bad' })).toMatchObject({ status: 400, request: { path: 'd/bad' } })
  })

  it('encodes a long list once a second, and at once when a bean comes', () => {
    const { endpoint, registry, pass } = setUp()
    addSample(registry, 'one')
    const request = buildRequest({ type: 'list' }, defaultParameters)
    const first = endpoint.answerBytes(request, '', false).body
    expect(endpoint.answerBytes(request, '', false).body).toBe(first)
    addSample(registry, 'two')
    const second = endpoint.answerBytes(request, '', false).body
    expect(String(second)).toContain('name=two')
    pass(1000)
    expect(endpoint.answerBytes(request, '', false).body).not.toBe(second)
    expect(endpoint.answerBytes(buildRequest({ type: 'version' }, defaultParameters), '', true).body).toBeTypeOf('string')
  })

  it('never lists a bean that is gone or misses one that came, in any form', () => {
    const forms = [
      { type: 'list' },
      { type: 'list', path: 'test' },
      { type: 'list', config: { maxDepth: 2 } },
      { type: 'list', config: { listCache: true } },
    ]
    const requests = forms.map((fields) => buildRequest(fields, defaultParameters))
    const namesIn = ({ body, isGzip }: Sendable): string[] =>
      [...new Set((isGzip ? gunzipSync(body) : body).toString().match(/name=\w+/g))].toSorted((a, b) => (a < b ? -1 : 1))
    const step = fc.record({ bean: fc.constantFrom('a', 'b', 'c', 'd'), comes: fc.boolean(), ms: fc.constantFrom(0, 1, 1000) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { endpoint, registry, pass } = setUp()
        const present = new Map<string, () => void>()
        for (const { bean, comes, ms } of steps) {
          present.get(bean)?.()
          present.delete(bean)
          if (comes) present.set(bean, addSample(registry, bean))
          pass(ms)
          const right = [...present.keys()].toSorted((a, b) => (a < b ? -1 : 1)).map((name) => `name=${name}`)
          for (const request of requests)
            for (const mayGzip of [true, false]) expect(namesIn(endpoint.answerBytes(request, '', mayGzip))).toEqual(right)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('shows beans in canonical or registered form, and survives names that are none', () => {
    const { registry, ask } = setUp()
    addSample(registry, 'one')
    addSample(registry, 'x'.repeat(3000))
    expect(ask({ type: 'search', mbean: 'test:*' })['value']).toEqual(['test:type=Sample,name=one'])
    expect(ask({ type: 'search', mbean: 'test:*', config: { canonicalNaming: true } })['value']).toEqual(['test:name=one,type=Sample'])
    expect(ask({ type: 'list', path: 'test', config: { canonicalNaming: true, maxDepth: 2 } })['value']).toEqual({
      'name=one,type=Sample': 1,
    })
  })

  it('says where it was reached, and whether that is secure', () => {
    const { endpoint } = setUp()
    const version = (url: string) =>
      JSON.parse(endpoint.answer(buildRequest({ type: 'version' }, defaultParameters), url)) as { value: { details: unknown } }
    expect(version('https://h/jolokia').value.details).toMatchObject({ secured: true, url: 'https://h/jolokia' })
  })
})
