/** A bounded queue before what only a few may do at once: first in, first out, each with a deadline. */
import { type Clock, systemClock } from '../clock/index.ts'
import { hasGone, type Middleware, middlewareOf } from '../middleware/index.ts'
import { fail } from './errors.ts'
import { Quantile } from './quantile.ts'

export interface QueueOptions {
  readonly name: string
  /** How many run at once. Default: 1. */
  readonly concurrency?: number
  /** How many may wait; further ones are refused at once. Default: 100. */
  readonly maxWaiting?: number
  /** How long one may wait for its turn. Default: 5000. */
  readonly deadlineMs?: number
  /** How long a request keeps its place after its client has gone, if the handler does not end. Default: a minute. */
  readonly maxHoldMs?: number
}

export interface QueueFigures {
  readonly name: string
  readonly running: number
  /** How many wait. */
  readonly length: number
  /** 95th percentile of the last waits, in milliseconds. */
  readonly waitP95Ms: number
  readonly served: number
  readonly refused: number
  readonly late: number
}

interface Waiter {
  readonly since: number
  readonly start: () => void
  readonly stop: () => void
}

export class Queue implements Middleware<unknown> {
  readonly #options: Required<QueueOptions>
  readonly #clock: Clock
  readonly #waiting = new Set<Waiter>()
  readonly #waits = new Quantile()
  #running = 0
  #served = 0
  #refused = 0
  #late = 0
  readonly express: Middleware<unknown>['express']
  readonly koa: Middleware<unknown>['koa']
  readonly fastify: Middleware<unknown>['fastify']

  constructor(
    { name, concurrency = 1, maxWaiting = 100, deadlineMs = 5000, maxHoldMs = 60_000 }: QueueOptions,
    clock: Clock = systemClock,
  ) {
    this.#options = { name, concurrency, maxWaiting, deadlineMs, maxHoldMs }
    this.#clock = clock
    const { express, koa, fastify } = middlewareOf<unknown>(async (_request, _raw, response) => {
      const outcome = await this.#turn((leave) => (hasGone(response) ? leave() : response.once('close', leave)))
      if (outcome === 'turn') return { handled: { release: () => this.#done(), maxHoldMs } }
      return { reason: outcome, fields: { 'retry-after': '2' } }
    }, clock)
    this.express = express
    this.koa = koa
    this.fastify = fastify
  }

  get figures(): QueueFigures {
    const [running, length, waitP95Ms] = [this.#running, this.#waiting.size, this.#waits.of(0.95)]
    return { name: this.#options.name, running, length, waitP95Ms, served: this.#served, refused: this.#refused, late: this.#late }
  }

  /** Runs the task when its turn has come. @throws SPY_QUEUE_FULL, SPY_QUEUE_LATE, with statusCode 503 */
  async run<T>(task: () => T | Promise<T>): Promise<T> {
    const { name, maxWaiting, deadlineMs } = this.#options
    const outcome = await this.#turn()
    if (outcome === 'queue_full') throw fail('SPY_QUEUE_FULL', [name, maxWaiting])
    if (outcome === 'queue_late') throw fail('SPY_QUEUE_LATE', [name, deadlineMs])
    try {
      return await task()
    } finally {
      this.#done()
    }
  }

  /** Resolves when its turn has come, or will not. `onLeave` is given what takes it out before: its client has gone. */
  #turn(onLeave: (leave: () => void) => void = () => {}): Promise<'turn' | 'queue_full' | 'queue_late'> {
    if (this.#running < this.#options.concurrency && this.#waiting.size === 0) {
      this.#running++
      this.#waits.add(0)
      return Promise.resolve('turn')
    }
    if (this.#waiting.size >= this.#options.maxWaiting) {
      this.#refused++
      return Promise.resolve('queue_full')
    }
    return new Promise((resolve) => {
      const late = (): void => {
        if (!this.#waiting.delete(waiter)) return
        this.#late++
        resolve('queue_late')
      }
      const waiter: Waiter = {
        since: this.#clock.now(),
        start: () => resolve('turn'),
        stop: this.#clock.after(this.#options.deadlineMs, late),
      }
      this.#waiting.add(waiter)
      onLeave(() => {
        if (!this.#waiting.delete(waiter)) return
        waiter.stop()
        resolve('queue_late')
      })
    })
  }

  #done(): void {
    this.#running--
    this.#served++
    const [next] = this.#waiting
    if (!next) return
    this.#waiting.delete(next)
    next.stop()
    this.#waits.add(this.#clock.now() - next.since)
    this.#running++
    next.start()
  }
}
