import { crossMistakes, SpyglassConfig, unencryptedPorts } from '@spyglass/process/config'
import { expect, test } from 'vitest'

const TLS = { certificates: [{ certificate: 'a.crt', key: 'a.key' }] }
const pathsOf = (settings: object): string[] => crossMistakes(SpyglassConfig.parse(settings)).map(({ path }) => path)

test('a port that asks nobody who they are stays on the loopback address, on each of its addresses', () => {
  expect(pathsOf({ management: { host: '0.0.0.0' }, collector: { host: '192.0.2.1' } })).toEqual(['management.host', 'collector.host'])
  expect(pathsOf({ management: { addresses: ['127.0.0.2:9000', '0.0.0.0:9001'] } })).toEqual(['management.addresses[1]'])
  expect(pathsOf({ management: { host: '0.0.0.0', tls: TLS } })).toEqual(['management.host']) // TLS says nothing of who comes
  for (const open of [{ credentials: 'required' }, { tls: { ...TLS, clientAuthorities: 'ca.crt' } }])
    expect(pathsOf({ management: { host: '0.0.0.0', ...open }, collector: { host: '::', ...open } })).toEqual([])
  expect(pathsOf({ console: { host: '0.0.0.0' }, store: { host: '0.0.0.0' } })).toEqual([])
  expect(pathsOf({ snmp: { host: '0.0.0.0', community: 'public' } })).toEqual(['snmp.host'])
})

test('client certificates need TLS', () => {
  const tls = { clientAuthorities: 'ca.crt' }
  expect(pathsOf({ management: { host: '0.0.0.0', tls } })).toEqual(['management.host', 'management.tls.clientAuthorities'])
  expect(pathsOf({ listeners: [{ name: 'http', tls }] })).toEqual(['listeners[0].tls.clientAuthorities'])
})

test('a port that other machines reach without TLS is named at the start', () => {
  const named = (settings: object): string[] =>
    unencryptedPorts(SpyglassConfig.parse(settings)).map((text) => text.split(' without ', 1)[0] ?? '')
  expect(named({})).toEqual([])
  expect(named({ console: { host: '0.0.0.0' }, store: { addresses: ['192.0.2.1:8124'] } })).toEqual([
    'SPY_PORT_UNENCRYPTED: store.port listens on 192.0.2.1 port 8124',
    'SPY_PORT_UNENCRYPTED: console.port listens on 0.0.0.0 port 8900',
  ])
  expect(named({ console: { host: '0.0.0.0', tls: TLS } })).toEqual([])
})

test('no two ports are the same, and a further address may not repeat one', () => {
  expect(pathsOf({ store: { port: 8778 } })).toEqual(['store.port'])
  expect(pathsOf({ store: { addresses: ['127.0.0.1:8900'] }, console: { addresses: ['127.0.0.1:0', '127.0.0.2:8123'] } })).toEqual([
    'console.addresses[0]',
    'store.addresses[0]',
  ])
})
