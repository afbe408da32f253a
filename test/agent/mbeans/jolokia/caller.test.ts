import { describe, expect, it } from 'vitest'
import { callerRefusal } from '../../../../agent/mbeans/src/jolokia/caller.ts'

function ask(headers: Record<string, string>, localAddress = '127.0.0.1'): string {
  return callerRefusal({ headers, socket: { localAddress } } as never)?.code ?? 'allowed'
}

describe('callerRefusal', () => {
  it.each<[Record<string, string>, string]>([
    [{ host: 'localhost:8778' }, 'allowed'],
    [{ host: '127.0.0.1:8778' }, 'allowed'],
    [{ host: '[::1]:8778' }, 'allowed'],
    [{ host: 'app.localhost' }, 'allowed'],
    [{}, 'allowed'],
    [{ host: 'localhost:8778', origin: 'http://localhost:8778' }, 'allowed'],
    [{ host: 'localhost:8778', origin: 'http://localhost:9999' }, 'SPY_JOLOKIA_ORIGIN'],
    [{ host: 'localhost:8778', origin: 'https://evil.example' }, 'SPY_JOLOKIA_ORIGIN'],
    [{ host: 'localhost:8778', origin: 'null' }, 'SPY_JOLOKIA_ORIGIN'],
    [{ host: 'localhost:8778', 'sec-fetch-site': 'cross-site' }, 'SPY_JOLOKIA_ORIGIN'],
    [{ host: 'evil.example:8778' }, 'SPY_JOLOKIA_HOST'],
    [{ host: 'evil.example:8778', origin: 'http://evil.example:8778' }, 'SPY_JOLOKIA_HOST'],
    [{ host: '127.0.0.1.evil.example' }, 'SPY_JOLOKIA_HOST'],
  ])('%j is %s', (headers, expected) => expect(ask(headers)).toBe(expected))

  it('takes any name where it does not listen on the loopback address', () => {
    expect(ask({ host: 'monitor.example' }, '192.0.2.1')).toBe('allowed')
    expect(ask({ host: 'evil.example' }, '::ffff:127.0.0.1')).toBe('SPY_JOLOKIA_HOST')
  })
})
