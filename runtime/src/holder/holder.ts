/**
 * Binds sockets, forks, signals and reaps, as the decider orders. It decides nothing and knows nothing of applications, so that there is
 * next to nothing in it that can fail: as long as it lives, so do the sockets and the processes, whatever becomes of the decider.
 */
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { Child } from './child.ts'
import type { KeeperLog } from './keeper-log.ts'
import type { KeptSockets } from './kept-sockets.ts'
import { bindListeningSocket, bindPrivateSocket, type ListeningSocket } from './listening-socket.ts'
import type { ChildExit, ChildState, Label, LaunchSpec, ListenerAddress, Order, Report } from './orders.ts'
import type { OrphanGuard } from './orphan-guard.ts'

export interface HolderOptions {
  /** Reads standard output and standard error of the children. */
  readonly attach: KeeperLog['attach']
  readonly guard: Pick<OrphanGuard, 'watch' | 'forget'>
  /** Besides the listeners, which the decider opens and closes. */
  readonly kept?: Pick<KeptSockets, 'fd'>
  readonly report: (report: Report) => void
  /** The decider says that everything has stopped. */
  readonly onEnd: (code: number) => void
}

interface Kept {
  readonly child: Child
  readonly label: Label
  exit?: ChildExit
}

export class Holder {
  isStopping = false
  readonly #options: HolderOptions
  readonly #children = new Map<number, Kept>()
  readonly #sockets = new Map<string, ListeningSocket>()
  #memo: unknown

  constructor(options: HolderOptions) {
    this.#options = options
  }

  /** What a decider that begins is told first. */
  get state(): Report {
    const children = [...this.#children].map(([id, { child, label, exit }]): ChildState => ({
      id,
      pid: child.pid,
      label,
      ...(exit ? { exit } : {}),
    }))
    return {
      type: 'state',
      memo: this.#memo,
      children,
      listeners: [...this.#sockets.keys()],
      isStopping: this.isStopping,
      pid: process.pid,
    }
  }

  /** Whether a decider listens. While none does, nothing that children say is lost. */
  set isHeard(isHeard: boolean) {
    for (const { child } of this.#children.values()) child.isHeard = isHeard
  }

  obey(order: Order): void {
    if (order.do === 'open') void this.#open(order.listener)
    if (order.do === 'close') this.#close(order.listener)
    if (order.do === 'fork') this.#fork(order.id, order.launch, order.label)
    if (order.do === 'signal') this.#children.get(order.id)?.child.signal(order.signal)
    if (order.do === 'send') this.#children.get(order.id)?.child.send(order.message)
    if (order.do === 'forget') this.#children.delete(order.id)
    if (order.do === 'remember') this.#memo = order.memo
    if (order.do === 'end') this.#options.onEnd(order.code)
  }

  async #open(address: ListenerAddress): Promise<void> {
    const { report } = this.#options
    const { id } = address
    try {
      if (!this.#sockets.has(id)) this.#sockets.set(id, await bindSocket(address))
      report({ type: 'opened', listener: id })
    } catch (error) {
      const message = messageOf(error)
      report({ type: 'not-opened', listener: id, code: codeOf(error) ?? '', message })
    }
  }

  #close(listener: string): void {
    this.#sockets.get(listener)?.close()
    this.#sockets.delete(listener)
  }

  #fork(id: number, launch: LaunchSpec, label: Label): void {
    const { attach, guard, kept: own, report } = this.#options
    const onExit = (exit: ChildExit): void => {
      guard.forget(child.pid)
      kept.exit = exit
      report({ type: 'exited', id, exit })
    }
    const onMessage = (message: unknown): void => report({ type: 'said', id, message })
    const child: Child = new Child({ launch, attach, socketFd: (name) => this.#sockets.get(name)?.fd ?? own?.fd(name), onMessage, onExit })
    const kept: Kept = { child, label }
    this.#children.set(id, kept)
    if (child.pid > 0) guard.watch(child.pid)
    report({ type: 'forked', id, pid: child.pid })
  }
}

const bindSocket = (address: ListenerAddress): Promise<ListeningSocket> | ListeningSocket =>
  'path' in address ? bindPrivateSocket(address.path) : bindListeningSocket(address.name, address.host, address.port)
