/**
 * A child's side of the channel to its keeper: says when it is ready, pushes its registry, passes events on, and obeys a stop.
 * Started without a keeper the same calls work: nothing is pushed, and signals stop the process.
 */
import { flushCompileCache } from 'node:module'
import process from 'node:process'
import type { FromChild, SpyglassEvent, ToChild } from '@spyglass/agent/contract'
import { PUSH_INTERVAL_MS, type Registry } from '@spyglass/agent/registry'
import type { LiveSettings } from '../live-settings/index.ts'
import { emitEarly } from './early-events.ts'

export interface KeeperLinkOptions {
  readonly registry: Registry
  /** Finishes pending work within the deadline; the process exits when it is done. */
  readonly stop: (deadlineMs: number) => Promise<void> | void
  /** Takes in new values of live settings. */
  readonly live?: Pick<LiveSettings, 'apply'>
  /** Receives every other message of the keeper, with its socket handle. */
  readonly onMessage?: (message: ToChild, handle: unknown) => void
  /** How often the registry is pushed. Default 1000: readers expect pushes at this interval. */
  readonly pushIntervalMs?: number
  /** Why the process cannot serve fully although it runs; read at each push, shown by management's `/ready`. */
  readonly unready?: () => readonly string[]
  /** Whether events of the registry are passed to the keeper. Default true; management, where they end up, says false. */
  readonly passEvents?: boolean
}

export interface KeeperLink {
  /** Whether a keeper is there. */
  readonly kept: boolean
  /** Tells the keeper that the process serves, and begins to push. */
  ready(): void
  send(message: FromChild): void
}

/** A message that cannot be sent needs no handling beyond the `disconnect` that follows; unhandled, it would end the process at once. */
const keeperIsGone = (): void => {}

const ALONE_DEADLINE_MS = 5000
/** When the keeper was killed, its guard kills what is left after four seconds. */
const ORPHAN_DEADLINE_MS = 3000
/** A signal to the process group reaches keeper and children at once: a child waits this long for the keeper to set the order. */
const TURN_MS = 500

export function connectKeeper(options: KeeperLinkOptions): KeeperLink {
  const { registry, stop, onMessage, pushIntervalMs = PUSH_INTERVAL_MS, unready = () => [], passEvents = true } = options
  const kept = typeof process.send === 'function'
  let [pushing, isInOrder, stopping] = [false, false, false]
  let ending: NodeJS.Timeout | undefined

  /** The channel's own buffer is unbounded, so a push waits until the last one has left; the newest values win. */
  function push(): void {
    if (pushing || stopping) return
    pushing = true
    const message: FromChild = { type: 'registry', snapshot: registry.snapshot(), unready: unready() }
    process.send?.(message, () => (pushing = false))
  }

  function send(message: FromChild): void {
    if (process.connected) process.send?.(message, undefined, undefined, keeperIsGone)
  }

  /** A listener that reads values after an event must find those that belong to it. */
  function passOn(event: SpyglassEvent): void {
    send({ type: 'event', event })
    queueMicrotask(push)
  }

  async function end(deadlineMs: number): Promise<void> {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(1), deadlineMs).unref()
    await stop(deadlineMs)
    process.exit(0)
  }

  /** The keeper is stopping and says when it is this process's turn, whether a signal arrives before or after. */
  function awaitTurn(): void {
    isInOrder = true
    clearTimeout(ending)
  }

  function obeyKeeper(): void {
    process.on('message', (message: ToChild, handle: unknown) => {
      if (message.type === 'stop') void end(message.deadlineMs)
      else if (message.type === 'stopping') awaitTurn()
      else if (message.type === 'live') options.live?.apply(message.values)
      else onMessage?.(message, handle)
    })
    const orphaned = (): void => void end(ORPHAN_DEADLINE_MS) // the keeper died: finish pending work, then exit
    process.on('disconnect', orphaned)
    if (!process.connected) orphaned() // it died while modules were loaded
    if (passEvents) registry.onEvent(passOn)
    process.on('SIGINT', () => {}) // Ctrl-C reaches the whole process group; the keeper decides the order
    onSignals(['SIGTERM', 'SIGHUP'], () => {
      if (!isInOrder) ending ??= setTimeout(() => void end(ALONE_DEADLINE_MS), TURN_MS)
    })
  }

  if (kept) obeyKeeper()
  else onSignals(['SIGINT', 'SIGTERM', 'SIGHUP'], () => void end(ALONE_DEADLINE_MS))

  return {
    kept,
    send,
    ready() {
      emitEarly(registry)
      flushCompileCache() // a later SIGKILL must not cost the next start what this one compiled
      if (!kept) return
      send({ type: 'ready' })
      push()
      setInterval(push, pushIntervalMs).unref()
    },
  }
}

function onSignals(signals: readonly NodeJS.Signals[], listener: () => void): void {
  for (const signal of signals) process.on(signal, listener)
}
