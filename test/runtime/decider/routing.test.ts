import { expect, test } from 'vitest'
import type { ToChild } from '@spyglass/process/keeper-link'
import { namesToSettle, Routing } from '../../../runtime/src/decider/routing.ts'
import type { ServerPlan } from '../../../runtime/src/decider/server-plan.ts'
import { desiredOf, processOf, World } from './reconciler/world.ts'

const shop = processOf('shop-1', { listeners: ['shop@unix'] })
const blog = processOf('blog-1', { listeners: ['blog@unix'] })
const router = processOf('router-http', { group: 'router-http', listeners: ['http'], isRouter: true, stage: 5 })

const planOf = (routes: readonly string[]): ServerPlan =>
  ({
    listeners: [
      { id: 'http', name: 'http', host: '', port: 1 },
      { id: 'shop@unix', name: 'shop', path: '/shop.sock' },
      { id: 'blog@unix', name: 'blog', path: '/blog.sock' },
    ],
    processes: [shop, blog, router].map((process) => ({
      process,
      launch: { listeners: { http: process.listeners[0] } },
    })),
    routing: { 'router-http': { hosts: [], routes } },
    addresses: {},
  }) as unknown as ServerPlan

function serving(): World {
  const world = new World(desiredOf([shop, blog, router]))
  world.quiet()
  return world
}

test('a router is told what has changed, once: its table, and which applications nobody serves', () => {
  const world = serving()
  const told: ToChild[] = []
  const routing = new Routing()
  const tell = (routes: readonly string[]): void =>
    routing.tell(planOf(routes), world.actual, (_id, message) => told.push(message), world.now)
  tell(['a'])
  tell(['a'])
  expect(told).toEqual([
    { type: 'routing', table: { hosts: [], routes: ['a'] }, states: { '/shop.sock': 'serving', '/blog.sock': 'serving' } },
  ])
  tell(['a', 'b'])
  world.exit('blog-1').pass(50)
  tell(['a', 'b']) // it may be back at once
  expect(told).toHaveLength(2)
  world.pass(2000)
  tell(['a', 'b'])
  expect(told.at(-1)).toMatchObject({ states: { '/shop.sock': 'serving', '/blog.sock': 'down' } })
  world.ready('blog-1')
  tell(['a', 'b'])
  expect(told.at(-1)).toMatchObject({ states: { '/blog.sock': 'serving' } })
})

test('a router that is not in the plan any more is told where the applications are that are left, and one without a listener, that there are none', () => {
  const { actual } = serving()
  const tables: unknown[] = []
  const tell = (plan: ServerPlan): void =>
    new Routing().tell(plan, actual, (_id, message) => tables.push(message.type === 'routing' && message.table))
  const without = { ...planOf(['shop']), processes: planOf([]).processes.filter(({ process }) => process.name === 'shop-1') }
  tell(without)
  tell({ ...without, routing: {} })
  expect(tables).toEqual([
    { hosts: [], routes: ['shop'] },
    { hosts: [], routes: [], accessLogs: {} },
  ])
})

test('a change of an application is in force when its router serves, and nobody serves the port beside it', () => {
  const plan = planOf([])
  expect(namesToSettle('shop', plan, serving().actual)).toEqual(['shop-1', 'router-http'])
  const before = new World(desiredOf([{ ...shop, listeners: ['http'] }]))
  before.quiet()
  expect(namesToSettle('blog', plan, before.actual)).toEqual(['blog-1', 'router-http', 'shop-1'])
  expect(namesToSettle('none', plan, before.actual)).toEqual([])
})

test('a change is in force when nobody serves its listener whom nobody wants any more; so is the end of a group', () => {
  const empty = processOf('http-1', { group: 'http' })
  const world = new World(desiredOf([empty]))
  world.quiet()
  const alone = { ...shop, listeners: ['http'] }
  const plan = { ...planOf([]), processes: [{ process: alone, launch: { listeners: { http: 'http' } } }] } as unknown as ServerPlan
  expect(namesToSettle('shop', plan, world.actual)).toEqual(['shop-1', 'http-1'])
  expect(namesToSettle('http', plan, world.actual)).toEqual(['http-1'])
  world
    .want(desiredOf([alone]))
    .ready('shop-1')
    .exit('http-1')
  expect(namesToSettle('shop', plan, world.actual)).toEqual(['shop-1'])
  expect(namesToSettle('http', plan, world.actual)).toEqual([])
})

test('every generation of an instance is told where its applications are now, once; one that no listener leads to is told nothing', () => {
  const { actual } = serving()
  const told: unknown[] = []
  const routing = new Routing()
  const tell = (contextPath: string): void =>
    routing.tell({ ...planOf([]), routing: {}, addresses: { 'shop-1': { contextPath } } }, actual, (id, message) =>
      told.push([id, message]),
    )
  tell('/old')
  tell('/old')
  tell('/new')
  const { id } = actual.generations.find(({ process }) => process.name === 'shop-1')!
  const addressed = told.filter((one) => JSON.stringify(one).includes('addresses'))
  expect(addressed).toEqual(['/old', '/new'].map((contextPath) => [id, { type: 'addresses', addresses: { contextPath } }]))
})
