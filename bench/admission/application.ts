/**
 * The application of the benchmark: `/work` waits and computes, `/dependency` waits for a service that serves a few at a time. With
 * `BENCH_UNDER_PRESSURE` it is protected by @fastify/under-pressure, looking ten times as often as it does by itself.
 */
import underPressure from '@fastify/under-pressure'
import fastify, { type FastifyInstance } from 'fastify'
import { setTimeout as sleep } from 'node:timers/promises'

const WAIT_MS = 10
const COMPUTE_MS = 10
const SERVED_AT_ONCE = 8
const SERVICE_MS = 20

export default async function create(): Promise<FastifyInstance> {
  const app = fastify()
  if (process.env['BENCH_UNDER_PRESSURE']) await app.register(underPressure, { maxEventLoopDelay: 50, sampleInterval: 100 })
  app.get('/work', async () => {
    await sleep(WAIT_MS)
    const end = performance.now() + COMPUTE_MS
    while (performance.now() < end);
    return { done: true }
  })
  app.get('/dependency', async () => {
    await service.ask()
    return { done: true }
  })
  return app
}

/** What asks while all places are taken waits, however long. */
class Service {
  #free = SERVED_AT_ONCE
  readonly #waiting: (() => void)[] = []

  async ask(): Promise<void> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#free--
    await sleep(SERVICE_MS)
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free++
  }
}

const service = new Service()
