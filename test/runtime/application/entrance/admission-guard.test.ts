import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { admissionSettings } from '../../admission/simulation.ts'
import { openPlace } from '../fixture.ts'

/** Answers `/held` when `/go` is asked for, all others at once. */
const HOLDING = `export default () => {
  const held = []
  return (req, res) => {
    if (req.url === '/held') return held.push(res)
    if (req.url === '/go') for (const each of held.splice(0)) each.end('held')
    res.end('ok')
  }
}`

/** An application of which one request may be under way, and one is. */
async function full(place: ReturnType<typeof openPlace>) {
  const admission = { ...admissionSettings, maxInFlight: 1, weights: [] as readonly string[] }
  const { url, host } = await place.deploy([{ name: 'shop', contextPath: '/shop', files: HOLDING, admission, health: { path: '/go' } }])
  const held = fetch(`${url}/shop/held`)
  await expect.poll(() => place.read('shop', 'activeRequests')).toBe(1)
  return { url, host, held, admission }
}

test('what is refused gets 503 with a time to come back, a line of the access log with its reason, and is none of the requests', async () => {
  await using place = openPlace()
  const { url, held, host } = await full(place)
  const refused = await fetch(`${url}/shop/cart?x=1`, { method: 'POST', body: 'never read' })
  expect(refused.status).toBe(503)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect(await refused.json()).toMatchObject({ code: 'SPY_OVERLOADED', status: 503 })
  expect([place.read('shop', 'refused'), place.read('shop', 'refusals')]).toEqual([1, [{ reason: 'overloaded_limit', count: 1 }]])
  expect([place.read('shop', 'requests'), place.read('shop', 'errors'), place.read('shop', 'activeRequests')]).toEqual([0, 0, 1])
  expect(await (await fetch(`${url}/shop/go`)).text()).toBe('ok') // its health check is never refused
  expect(await (await held).text()).toBe('held')
  expect((await fetch(`${url}/shop/cart`)).status).toBe(200)
  await host.stop(1000)
  expect(place.accessLines('shop')[0]).toMatchObject({
    'url.path': '/shop/cart',
    'http.response.status_code': 503,
    'error.type': 'overloaded_limit',
    application: 'shop',
  })
})

test('refusing begins with an event and ends with one of the same incident, at the latest when the application stops', async () => {
  await using place = openPlace()
  const { url, held, host } = await full(place)
  await fetch(`${url}/shop/a`)
  await fetch(`${url}/shop/b`)
  await fetch(`${url}/shop/go`)
  await held
  await host.stop(1000)
  const [raise, clear] = place.events.filter(({ name }) => name.includes('over') || name.includes('relieved'))
  expect(raise).toMatchObject({
    name: 'spyglass.application.overloaded',
    phase: 'raise',
    resource: 'spyglass:type=Application,instance=http-1,name=shop',
    attributes: { application: 'shop', reason: 'overloaded_limit' },
  })
  expect(clear).toMatchObject({ name: 'spyglass.application.relieved', incidentId: raise!.incidentId, attributes: { refused: 2 } })
})

test('a connection that is to change its protocol is refused as well', async () => {
  await using place = openPlace()
  const { url, held } = await full(place)
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write('GET /shop/chat HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n')
  const [answer] = (await once(socket, 'data')) as [Buffer]
  expect(String(answer)).toMatch(/^HTTP\/1.1 503 /)
  socket.destroy()
  await fetch(`${url}/shop/go`)
  await held
})

test('its settings count as soon as they are changed', async () => {
  await using place = openPlace()
  const { url, held, admission } = await full(place)
  const statuses: number[] = []
  const ask = async (): Promise<unknown> => statuses.push((await fetch(`${url}/shop/cart`)).status)
  await ask()
  admission.weights = ['/cart=10']
  admission.maxInFlight = 20
  await ask()
  admission.maxInFlight = 10
  await ask()
  admission.enabled = false
  await ask()
  expect(statuses).toEqual([503, 200, 503, 200])
  await fetch(`${url}/shop/go`)
  await held
})
