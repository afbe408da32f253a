import { expect, test } from 'vitest'
import { ECHO, openPlace } from './fixture.ts'

const json = async (url: string): Promise<unknown> => (await fetch(url)).json()

test('each application sees its part of the address, under the longest context path that fits', async () => {
  await using place = openPlace()
  const { url } = await place.deploy([
    { name: 'root', contextPath: '/', files: ECHO },
    { name: 'shop', contextPath: '/shop', files: ECHO },
    { name: 'admin', contextPath: '/shop/admin', files: ECHO },
  ])
  expect(await json(`${url}/a?b=1`)).toEqual({ url: '/a?b=1', originalUrl: '/a?b=1', contextPath: '' })
  expect(await json(`${url}/shop/a?b=1`)).toEqual({ url: '/a?b=1', originalUrl: '/shop/a?b=1', contextPath: '/shop' })
  expect(await json(`${url}/shop/admin/x`)).toEqual({ url: '/x', originalUrl: '/shop/admin/x', contextPath: '/shop/admin' })
  expect(place.read('shop', 'requests')).toBe(1)
  expect(place.read('root', 'requests')).toBe(1)
})

test('a path under which nothing is deployed is answered with 404 as JSON', async () => {
  await using place = openPlace()
  const { url } = await place.deploy([{ name: 'shop', contextPath: '/shop', files: ECHO }])
  const response = await fetch(`${url}/shopping`)
  expect(response.status).toBe(404)
  expect(await response.json()).toEqual({ code: 'SPY_NO_APPLICATION', message: 'no application is deployed at this path' })
})

test('an application that fails to start is an event and a coded error with its cause, and closes the others', async () => {
  await using place = openPlace()
  const closing = 'export default () => ({ handler() {}, close() { globalThis.closedBySpyglassTest = true } })'
  const deploying = place.deploy([
    { name: 'good', contextPath: '/good', files: closing },
    { name: 'bad', contextPath: '/bad', files: 'export default async () => { throw new RangeError("no database") }' },
  ])
  await expect(deploying).rejects.toMatchObject({
    code: 'SPY_APPLICATION_FAILED',
    message: expect.stringContaining('no database') as string,
    cause: expect.any(RangeError) as RangeError,
  })
  expect(place.events.map(({ name }) => name).toSorted()).toEqual(['spyglass.application.failed', 'spyglass.application.started'])
  expect(place.events.find(({ name }) => name.endsWith('failed'))?.resource).toBe('spyglass:type=Application,instance=http-1,name=bad')
  expect(globalThis).toHaveProperty('closedBySpyglassTest', true)
  Reflect.deleteProperty(globalThis, 'closedBySpyglassTest')
})

test('two applications under one path are refused before either starts', async () => {
  await using place = openPlace()
  const both = [
    { name: 'a', contextPath: '/x', files: ECHO },
    { name: 'b', contextPath: '/x/', files: ECHO },
  ]
  await expect(place.deploy(both)).rejects.toMatchObject({ code: 'SPY_CONTEXT_PATH_TAKEN' })
  expect(place.events).toEqual([])
})
