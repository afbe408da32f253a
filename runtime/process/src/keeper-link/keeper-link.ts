/**
 * A process's side of the channel to its keeper: says when it is ready and that it lives, and obeys a stop; its registry and events go to
 * management directly. Started by hand the same calls work: nothing is sent, and signals stop the process.
 */
import { flushCompileCache } from 'node:module'
import process from 'node:process'
import { PUSH_INTERVAL_MS, type Registry } from '@spyglass/agent/registry'
import { inherited } from '../channel/index.ts'
import type { LiveSettings } from '../live-settings/index.ts'
import { type Channel, channelOf, tellKeeper } from './control-channel.ts'
import { emitEarly, takeKept } from './early-events.ts'
import type { FailedApplication, FromChild, ToChild } from './messages.ts'
import { Permission } from './permission.ts'
import { RegistryLink } from './registry-link.ts'

export interface KeeperLinkOptions {
  readonly registry: Registry
  /** Finishes pending work within the deadline; the process exits when it is done. `withServer`: the whole server stops. */
  readonly stop: (deadlineMs: number, withServer: boolean) => Promise<void> | void
  /** Takes in new values of live settings. */
  readonly live?: Pick<LiveSettings, 'apply'>
  /** Receives every other message of the keeper. */
  readonly onMessage?: (message: ToChild) => void
  /** How often the registry is pushed. Default 1000: readers expect pushes at this interval. */
  readonly pushIntervalMs?: number
  /** Why the process cannot serve fully although it runs; read at each push, shown by management's `/ready`. */
  readonly unready?: () => readonly string[]
  /** Whether events of the registry are passed on. Default true; management, where they end up, says false. */
  readonly passEvents?: boolean
}

export interface KeeperLink {
  /** Whether a keeper is there. */
  readonly kept: boolean
  /** Tells the keeper that the process serves, and begins to push. */
  ready(): void
  send(message: FromChild): void
  /** Pushes the registry now. A process that is stopping does so no more by itself: what it closes would vanish. */
  push(): void
  /** Some applications failed to start. Resolves with whether the process may serve all the same; if not, it is being stopped. */
  servesPartly(failed: readonly FailedApplication[]): Promise<boolean>
}

const ALONE_DEADLINE_MS = 5000
/** When the keeper was killed, its guard kills what is left after four seconds. */
const ORPHAN_DEADLINE_MS = 3000
/** A signal to the process group reaches keeper and children at once: a child waits this long for the keeper to set the order. */
const TURN_MS = 500

export function connectKeeper(options: KeeperLinkOptions): KeeperLink {
  const { registry, stop, onMessage, pushIntervalMs = PUSH_INTERVAL_MS, unready = () => [], passEvents = true } = options
  const channel = channelOf()
  let [isReady, isInOrder, stopping] = [false, false, false]
  let ending: NodeJS.Timeout | undefined
  const permission = new Permission()

  async function end(deadlineMs: number): Promise<void> {
    if (stopping) return
    stopping = true
    permission.refuse()
    setTimeout(() => process.exit(1), deadlineMs).unref()
    await stop(deadlineMs, isInOrder)
    process.exit(0)
  }

  function obey(message: ToChild): void {
    if (message.type === 'stop') void end(message.deadlineMs)
    else if (message.type === 'stopping') {
      isInOrder = true // the keeper says when it is this process's turn, whether a signal arrives before or after
      clearTimeout(ending)
    } else if (message.type === 'live') options.live?.apply(message.values)
    else if (message.type === 'serve') permission.give()
    else if (message.type === 'probe') {
      if (isReady) tellKeeper({ type: 'ready' })
      else permission.askAgain()
    } else onMessage?.(message)
  }

  function obeyKeeper({ stream, waiting }: Channel): void {
    const orphaned = (): void => void end(ORPHAN_DEADLINE_MS) // the keeper died: finish pending work, then exit
    channel!.listener = obey
    channel!.onEnd = orphaned
    for (const message of waiting.splice(0)) obey(message)
    if (!stream.isOpen) orphaned() // it died while modules were loaded
    onSignals(['SIGINT', 'SIGHUP'], () => {}) // the terminal sends them to the whole process group; the keeper knows what they mean
    onSignals(['SIGTERM'], () => {
      if (!isInOrder) ending ??= setTimeout(() => void end(ALONE_DEADLINE_MS), TURN_MS)
    })
  }

  if (channel) obeyKeeper(channel)
  else onSignals(['SIGINT', 'SIGTERM', 'SIGHUP'], () => void end(ALONE_DEADLINE_MS))
  const link = linkToManagement(registry, unready)
  if (link && passEvents) passOn(registry, link)

  return {
    kept: channel !== undefined,
    send: tellKeeper,
    push: () => link?.push(),
    servesPartly: async (failed) => (channel ? permission.ask(failed) : true),
    ready() {
      isReady = true
      emitEarly(registry)
      flushCompileCache() // a later SIGKILL must not cost the next start what this one compiled
      tellKeeper({ type: 'ready' })
      link?.push()
      if (!channel) return
      setInterval(() => {
        tellKeeper({ type: 'pulse' })
        if (!stopping) link?.push()
      }, pushIntervalMs).unref()
    },
  }
}

/** Undefined when the process was started by hand. */
function linkToManagement(registry: Registry, unready: () => readonly string[]): RegistryLink | undefined {
  const { name = '', registry: path } = inherited() ?? {}
  if (path === undefined) return undefined
  return new RegistryLink({
    path,
    source: name,
    push: () => ({ type: 'registry', snapshot: registry.snapshot(), unready: unready() }),
  })
}

function passOn(registry: Registry, link: RegistryLink): void {
  for (const event of takeKept(registry)) link.send({ type: 'event', event })
  registry.onEvent((event) => {
    link.send({ type: 'event', event })
    queueMicrotask(() => link.push()) // a listener that reads values after an event must find those that belong to it
  })
}

function onSignals(signals: readonly NodeJS.Signals[], listener: () => void): void {
  for (const signal of signals) process.on(signal, listener)
}
