import { expect, test } from 'vitest'
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { events, quoteKeyValue } from '@spyglass/agent/contract'
import { eventObjects, mibNotifications, notificationOf, repeatsAnEvent } from '../../../snmp-bridge/src/mib/notifications.ts'

const ROOT = [1, 3, 6, 1, 4, 1, 32_473]
const origin = { server: 'shop-prod', consoleUrl: 'https://spy.example.org/' }
const event: SpyglassEvent = {
  name: 'spyglass.instance.down',
  incidentId: '0123456789abcdef',
  phase: 'raise',
  severity: 'critical',
  resource: 'spyglass:type=Instance,name=http-1',
  time: 0,
  message: 'http-1 is down',
  attributes: {},
}

function texts(of: SpyglassEvent): Record<string, string> {
  const { varbinds } = notificationOf(of, ROOT, origin)!
  const values = varbinds.map(({ value }) =>
    'value' in value ? String(value.type === 'octets' ? Buffer.from(value.value).toString() : value.value) : '',
  )
  return Object.fromEntries(eventObjects.map(({ descriptor }, i) => [descriptor, values[i]!]))
}

test('a notification is numbered as its event declares, under 0 of the root', () => {
  expect(notificationOf(event, ROOT, origin)!.oid).toEqual([...ROOT, 0, 1])
  expect(
    mibNotifications()
      .map(({ descriptor }) => descriptor)
      .slice(0, 4),
  ).toEqual(['sgInstanceDown', 'sgInstanceUp', 'sgPoolExhausted', 'sgPoolRecovered'])
})

test('an event without a trap number is not sent', () => {
  expect(notificationOf({ ...event, name: 'spyglass.server.started' }, ROOT, origin)).toBeUndefined()
})

test('it names instance, object, incident and where to look', () => {
  expect(texts(event)).toMatchObject({
    sgEventIncident: '0123456789abcdef',
    sgEventSeverity: '3',
    sgEventPhase: '1',
    sgEventInstance: 'http-1',
    sgEventObject: 'http-1',
    sgEventUrl: 'https://spy.example.org/',
    sgEventHolders: '',
  })
})

test('holders come longest first, and give the trace', () => {
  const holder = { connection: 1, route: 'GET /a', statement: '', leaked: false, stack: [] }
  const holders = [
    { ...holder, heldMs: 1000, traceId: '', location: '' },
    { ...holder, heldMs: 9000, traceId: 'abc', location: 'a.ts:1' },
  ]
  const shown = texts({
    ...event,
    name: 'spyglass.pool.exhausted',
    resource: 'spyglass:type=Datasource,instance=http-1,name=shop',
    holders,
  })
  expect(shown).toMatchObject({
    sgEventHolders: 'a.ts:1 9.0 s GET /a abc | (unknown) 1.0 s GET /a',
    sgEventTraceId: 'abc',
    sgEventUrl: 'https://spy.example.org/#/trace/abc',
    sgEventInstance: 'http-1',
    sgEventObject: 'shop',
  })
})

test('a text is one line, whatever the message or a name holds: handlers read notifications line by line', () => {
  const shown = texts({
    ...event,
    message: 'cannot load:\r\n  at a.ts:1\n\n  at b.ts:2\u2028end',
    resource: `spyglass:type=Instance,name=${quoteKeyValue('a\nb')}`,
  })
  expect(shown).toMatchObject({ sgEventMessage: 'cannot load: at a.ts:1 at b.ts:2 end', sgEventObject: 'a b', sgEventInstance: 'a b' })
  for (const text of Object.values(shown)) expect(text).not.toMatch(/[\r\n]/)
})

test('every notification names its server: that of the bridge, or of an alert the one that it is about', () => {
  expect(texts(event)['sgEventServer']).toBe('shop-prod')
  expect(texts({ ...event, attributes: { server: 'x' } })['sgEventServer']).toBe('shop-prod')
  const alert = { ...event, name: 'spyglass.alert.firing', attributes: { rule: 'InstanceDown', server: 'east' } } as const
  expect(texts(alert)['sgEventServer']).toBe('east')
})

test('an application that fails and a server that is told to stop have notifications of their own', () => {
  const sent = mibNotifications().map(({ descriptor, number }) => `${number} ${descriptor}`)
  expect(sent).toContain('11 sgApplicationFailed')
  expect(sent).toContain('12 sgServerStopping')
})

test.each(['plain', 'a,b', 'a"b', 'a\\b', '*?', 'a,name=other', 'a,type=Instance', ',instance=x'])(
  'instance and object of a resource named %j are its own, whatever the other is called',
  (name) => {
    const quoted = quoteKeyValue(name)
    const of = (resource: string) => texts({ ...event, resource })
    expect(of(`spyglass:type=Datasource,instance=${quoted},name=shop`)).toMatchObject({ sgEventInstance: name, sgEventObject: 'shop' })
    expect(of(`spyglass:type=Datasource,instance=http-1,name=${quoted}`)).toMatchObject({ sgEventInstance: 'http-1', sgEventObject: name })
    expect(of(`spyglass:type=Instance,name=${quoted}`)).toMatchObject({ sgEventInstance: name, sgEventObject: name })
    expect(of(`spyglass:type=Service,name=${quoted}`)).toMatchObject({ sgEventInstance: '', sgEventObject: name })
  },
)

test('a key that ends as another begins is not confused with it', () => {
  expect(texts({ ...event, resource: 'spyglass:type=X,surname=y' })).toMatchObject({ sgEventInstance: '', sgEventObject: '' })
})

test('every notification of an incident names its rule, the same in raise and clear', () => {
  expect(texts(event)['sgEventRule']).toBe('InstanceDown')
  expect(texts({ ...event, name: 'spyglass.instance.up', phase: 'clear' })['sgEventRule']).toBe('InstanceDown')
  expect(texts({ ...event, name: 'spyglass.pool.recovered', phase: 'clear' })['sgEventRule']).toBe('PoolExhausted')
  expect(texts({ ...event, name: 'spyglass.pool.leak', phase: 'note' })['sgEventRule']).toBe('')
  const alert = { ...event, name: 'spyglass.alert.firing', attributes: { rule: 'ErrorRateHigh' } } as const
  expect(texts(alert)['sgEventRule']).toBe('ErrorRateHigh')
})

test('an alert opens and ends an incident', () => {
  expect(events['spyglass.alert.firing'].phase).toBe('raise')
  expect(events['spyglass.alert.resolved']).toMatchObject({ phase: 'clear', clears: 'spyglass.alert.firing' })
})

test('an alert about an event that is itself sent repeats it; one that no event raised does not', () => {
  const alert = (name: SpyglassEvent['name'], rule: string) => repeatsAnEvent({ ...event, name, attributes: { rule } })
  expect(alert('spyglass.alert.firing', 'PoolExhausted')).toBe(true)
  expect(alert('spyglass.alert.resolved', 'InstanceDown')).toBe(true)
  expect(alert('spyglass.alert.firing', 'ErrorRateHigh')).toBe(false)
  expect(alert('spyglass.pool.exhausted', 'PoolExhausted')).toBe(false)
})
