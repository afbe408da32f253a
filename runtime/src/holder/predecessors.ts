/**
 * The processes of a keeper that was killed need some seconds to end, and hold ports and the store's files until then. A new keeper on
 * the same data folder waits for them instead of failing. They are found by a variable that every process of a server has in its
 * environment; without /proc, only the ports show it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '@spyglass/agent/contract'
import { inherited } from '@spyglass/process/channel'
import { probePort } from './listening-socket.ts'
import type { ListenerSpec } from '@spyglass/process/listen-failure'
import { processesWith } from './process-stat.ts'

/** Longer than the guard of the old keeper waits before it kills them. */
const PATIENCE_MS = 6000
const POLL_MS = 50

/** Pid and time: no two keepers are the same. The decider has that of its holder. */
const thisKeeper = (inherited() && process.env['SPYGLASS_KEEPER']) ?? `${process.pid}-${Date.now()}`

/** Environment of every process of this keeper: its data folder and its keeper. */
export const serverMark = (dataRoot: string): Readonly<Record<string, string>> => ({
  SPYGLASS_SERVER_DATA: dataRoot,
  SPYGLASS_KEEPER: thisKeeper,
})

/** The variable that only processes of this keeper have. */
export const keeperMark = `SPYGLASS_KEEPER=${thisKeeper}`

/** Resolves when they are gone; processes still alive after the patience are killed. */
export async function awaitPredecessors(dataRoot: string, patienceMs = PATIENCE_MS): Promise<void> {
  const mark = `SPYGLASS_SERVER_DATA=${dataRoot}`
  const until = performance.now() + patienceMs
  for (;;) {
    const living = processesWith(mark)
    if (living.length === 0) return
    if (performance.now() > until) for (const pid of living) killQuietly(pid)
    if (performance.now() > until + 1000) return // not ours to end, or stuck in the kernel: the ports decide
    await sleep(POLL_MS)
  }
}

/**
 * Probes the ports; after a crash, a port in use may become free soon.
 * @throws SPY_PORT_TAKEN, SPY_LISTEN_FAILED
 */
export async function probePorts(ports: readonly ListenerSpec[], afterCrash: boolean): Promise<void> {
  const until = performance.now() + (afterCrash ? PATIENCE_MS : 0)
  for (const { name, host, port } of ports) {
    for (;;) {
      try {
        await probePort(name, host, port)
        break
      } catch (error) {
        if (codeOf(error) !== 'SPY_PORT_TAKEN' || performance.now() > until) throw error
      }
      await sleep(POLL_MS)
    }
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has just ended, or belongs to another user
  }
}
