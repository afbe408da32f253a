import { codeOf } from '@spyglass/agent/contract'
import { expect, test } from 'vitest'
import { Reloads } from '../../../runtime/src/decider/reloads.ts'
import { desiredOf, processOf, World } from './reconciler/world.ts'

const shops = (revision: string) => desiredOf([processOf('shop-1', { revision }), processOf('shop-2', { revision })])
const to = (revision: string) =>
  new Map([
    ['shop-1', revision],
    ['shop-2', revision],
  ])

function serving(): World {
  const world = new World(shops('1'))
  world.quiet()
  return world
}

test('it is done when every process serves the new revision and the old ones have ended; what was cut is told', async () => {
  const [world, reloads] = [serving(), new Reloads()]
  let message: string | undefined
  const done = reloads.begin(to('2'), world.now).then((text) => (message = text))
  world.want(shops('2')).ready('shop-1')
  world.ready('shop-2')
  reloads.cut('shop-1', 2)
  reloads.settle(world.actual)
  await Promise.resolve()
  expect(message).toBeUndefined() // the old ones drain
  world.quiet()
  reloads.settle(world.actual)
  await done
  expect(message).toBe('reloaded shop-1, shop-2; 2 request(s) were cut when their time was over: the access log names them')
})

test('the first process that rejects the new revision fails it, with the reason', async () => {
  const [world, reloads] = [serving(), new Reloads()]
  const done = reloads.begin(to('2'), world.now)
  world.want(shops('2')).exit('shop-1', 'no such module')
  reloads.settle(world.actual)
  await expect(done).rejects.toMatchObject({ code: 'SPY_RELOAD_FAILED', message: expect.stringContaining('no such module') })
  world.want(shops('3'))
  const next = reloads.begin(to('3'), world.now)
  world.quiet()
  reloads.settle(world.actual)
  expect(await next).toBe('reloaded shop-1, shop-2')
})

test('no reload survives the stop of the server', async () => {
  const [world, reloads] = [serving(), new Reloads()]
  const first = reloads.begin(to('2'), world.now).catch(codeOf)
  expect(reloads.isBusy(['shop-2'])).toBe(true)
  reloads.giveUp()
  expect(await first).toBe('SPY_SERVER_REFUSED')
  expect(reloads.isBusy(['shop-2'])).toBe(false)
})

test('who asks while a process is being reloaded can wait until that is over', async () => {
  const [world, reloads] = [serving(), new Reloads()]
  await reloads.idle(['shop-1'])
  const done = reloads.begin(to('2'), world.now)
  let isIdle = false
  const idle = reloads.idle(['shop-1']).then(() => (isIdle = true))
  await reloads.idle(['blog-1'])
  expect(isIdle).toBe(false)
  world.want(shops('2')).quiet()
  reloads.settle(world.actual)
  await done
  await idle
})

test('another change before it is done is told apart from a failure', async () => {
  const [world, reloads] = [serving(), new Reloads()]
  const first = reloads.begin(to('2'), world.now).catch(codeOf)
  reloads.supersede((name) => (name === 'shop-1' ? '2' : '3'))
  expect(await first).toBe('SPY_RELOAD_SUPERSEDED')
})
