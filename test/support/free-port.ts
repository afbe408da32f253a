/**
 * Ports for servers of tests. They lie below those that the system hands to outgoing connections and to `listen(0)` (`ip_local_port_range`
 * begins at 32768): a test that chooses a port and listens a moment later must not find it given to a connection in between.
 */
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const FIRST = 10_000
/** Each process chooses among ports of its own: tests that run at the same time do not collide. */
const SLOTS = 100
const PORTS_OF_A_SLOT = 100
/**
 * Offsets of suites that run at the same time are a multiple of `step` apart, by which no two of the ports that they use differ. Of two workers
 * one takes the odd ones.
 */
const OFFSETS = { first: 20_000, step: 500, count: 8 }
const DEFAULT_PORTS = [8080, 8778, 4318, 8123, 8900]

const slot = FIRST + (process.pid % SLOTS) * PORTS_OF_A_SLOT
let at = Math.floor(Math.random() * PORTS_OF_A_SLOT)
const worker = Number(process.env['VITEST_POOL_ID'] ?? process.pid)
let nextOffset = 2 * Math.floor(Math.random() * OFFSETS.count) + (worker % 2)

/** A TCP port on loopback that is free now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = slot + (at++ % PORTS_OF_A_SLOT)
    if (await isFree(port)) return port
  }
}

/** An offset for all ports of a suite at which the default ports and those of `listeners` are free now. */
export async function freeOffset(listeners: readonly number[] = []): Promise<number> {
  for (; ; await delay(100)) {
    const offset = OFFSETS.first + (nextOffset % OFFSETS.count) * OFFSETS.step
    nextOffset += 2
    const ports = new Set([...DEFAULT_PORTS, ...listeners]) // a port that is asked for twice would be in its own way
    const free = await Promise.all([...ports].map((port) => isFree(port + offset)))
    if (free.every(Boolean)) return offset
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
