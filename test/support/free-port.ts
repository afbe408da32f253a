/**
 * Ports for servers of tests. They lie below those that the system hands to outgoing connections and to `listen(0)` (`ip_local_port_range`
 * begins at 32768): a test that chooses a port and listens a moment later must not find it given to a connection in between.
 */
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Each process chooses among ports of its own, so tests that run at the same time, even those of two checkouts, do not collide. It owns a slot
 * of ports, or a pair of offsets, while it listens on the claim of it: `FIRST.slot + 100 · slot`, `FIRST.pair + pair`.
 */
const FIRST = { slot: 10_000, pair: 9_900, offset: 20_000 }
const SLOTS = 100
const PORTS_OF_A_SLOT = 100
/** No two of the ports that suites use differ by a multiple of `STEP`. */
const STEP = 101
const PAIRS = 19
const DEFAULT_PORTS = [8080, 8778, 4318, 8123, 8900]

const slot = once(() => claim(SLOTS, (index) => FIRST.slot + index * PORTS_OF_A_SLOT))
const pair = once(() => claim(PAIRS, (index) => FIRST.pair + index))
let at = Math.floor(Math.random() * PORTS_OF_A_SLOT)
let nextOffset = 0

/** A TCP port on loopback that is free now. */
export async function freePort(): Promise<number> {
  const first = FIRST.slot + (await slot()) * PORTS_OF_A_SLOT + 1
  for (;;) {
    const port = first + (at++ % (PORTS_OF_A_SLOT - 1))
    if (await isFree(port)) return port
  }
}

/** An offset for all ports of a suite at which the default ports and those of `listeners` are free now. */
export async function freeOffset(listeners: readonly number[] = []): Promise<number> {
  const ports = new Set([...DEFAULT_PORTS, ...listeners]) // a port that is asked for twice would be in its own way
  const first = FIRST.offset + (await pair()) * 2 * STEP
  for (; ; await delay(100)) {
    const offset = first + (nextOffset++ % 2) * STEP
    const free = await Promise.all([...ports].map((port) => isFree(port + offset)))
    if (free.every(Boolean)) return offset
  }
}

/** The first index from one of its own on whose claim no other process holds; this process holds it from now on. */
async function claim(count: number, portOf: (index: number) => number): Promise<number> {
  for (let index = process.pid % count; ; index = (index + 1) % count) {
    const server = await listening(portOf(index))
    if (server) return (server.unref(), index)
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = await listening(port)
  await new Promise<unknown>((closed) => (server ? server.close(closed) : closed(undefined)))
  return server !== undefined
}

function listening(port: number): Promise<net.Server | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
