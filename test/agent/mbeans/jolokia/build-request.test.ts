import { describe, expect, it } from 'vitest'
import { buildRequest } from '../../../../agent/mbeans/src/jolokia/build-request.ts'
import { defaultParameters } from '../../../../agent/mbeans/src/jolokia/parameters.ts'

const build = (fields: object) => buildRequest(fields as Record<string, unknown>, defaultParameters)
const code = (value: string) => expect.objectContaining({ code: value }) as Error

describe('buildRequest', () => {
  it('repeats a request in the order of the reference, a pattern in canonical form', () => {
    expect(build({ type: 'READ', mbean: 'a:k=v', attribute: 'X', path: 'p/q!/r' }).echo).toBe(
      '{"path":"p/q!/r","mbean":"a:k=v","attribute":"X","type":"read"}',
    )
    expect(build({ type: 'read', mbean: 'a:l=*,k=v' }).echo).toBe('{"mbean":"a:k=v,l=*","attribute":[],"type":"read"}')
    expect(build({ type: 'exec', mbean: 'a:k=v', operation: 'f', arguments: [1] }).echo).toBe(
      '{"mbean":"a:k=v","arguments":[1],"type":"exec","operation":"f"}',
    )
  })

  it.each([
    [{}, 'SPY_JOLOKIA_BAD_TYPE'],
    [{ type: 5 }, 'SPY_JOLOKIA_BAD_TYPE'],
    [{ type: 'constructor' }, 'SPY_JOLOKIA_BAD_TYPE'],
    [{ type: 'read' }, 'SPY_JOLOKIA_MISSING'],
    [{ type: 'read', mbean: 5 }, 'SPY_JOLOKIA_MISSING'],
    [{ type: 'read', mbean: 'bad' }, 'SPY_JOLOKIA_BAD_NAME'],
    [{ type: 'read', mbean: 'a:k=v', attribute: 5 }, 'SPY_JOLOKIA_BAD_PARAMETER'],
    [{ type: 'read', mbean: 'a:k=v', attribute: [5] }, 'SPY_JOLOKIA_BAD_PARAMETER'],
    [{ type: 'read', mbean: 'a:k=v', path: {} }, 'SPY_JOLOKIA_BAD_PARAMETER'],
    [{ type: 'read', mbean: 'a:k=v', path: 'x'.repeat(2000) }, 'SPY_JOLOKIA_TOO_LONG'],
    [{ type: 'read', mbean: 'a:k=v', target: {} }, 'SPY_JOLOKIA_NO_PROXY'],
    [{ type: 'write', mbean: 'a:k=v', attribute: 'X' }, 'SPY_JOLOKIA_MISSING'],
    [{ type: 'exec', mbean: 'a:k=v', operation: 'f', arguments: 5 }, 'SPY_JOLOKIA_BAD_PARAMETER'],
    [{ type: 'notification', command: 'nope' }, 'SPY_JOLOKIA_BAD_PARAMETER'],
    [{ type: 'notification', command: 'ping' }, 'SPY_JOLOKIA_MISSING'],
    [{ type: 'notification', command: 'add', client: 'c', mode: 'pull', mbean: 'a:k=v', filter: [1] }, 'SPY_JOLOKIA_BAD_PARAMETER'],
  ])('refuses %j with %s', (fields, expected) => expect(() => build(fields)).toThrow(code(expected)))

  it('keeps what is wrong with a config until the request is answered', () => {
    expect(build({ type: 'version', config: { maxDepth: 'x' } })).toMatchObject({
      type: 'version',
      problem: { code: 'SPY_JOLOKIA_BAD_CONFIG' },
    })
  })
})
