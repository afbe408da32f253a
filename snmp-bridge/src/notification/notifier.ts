/**
 * Sends notifications to all receivers. Each has its own queue and gets them in order, so a receiver that does not answer
 * delays no other. A full queue drops its oldest notification.
 */
import { messageOf } from '@spyglass/agent/contract'
import type { AgentStatus } from '../mib/agent-objects.ts'
import type { Notification } from './message.ts'
import type { Receiver } from './receiver.ts'

const MAX_QUEUED = 1000

export interface NotifierOptions {
  readonly receivers: readonly Receiver[]
  readonly status: AgentStatus
  /** Called for each notification that a receiver did not accept. */
  readonly onFailure: (error: unknown, notification: Notification) => void
}

export interface Notifier {
  notify(notification: Notification): void
  /** Resolves when all queues are empty. */
  idle(): Promise<void>
  stop(): void
}

export function createNotifier({ receivers, status, onFailure }: NotifierOptions): Notifier {
  const queues = receivers.map((receiver) => createQueue(receiver, status, onFailure))
  return {
    notify: (notification) => queues.forEach((queue) => queue.push(notification)),
    idle: async () => {
      await Promise.all(queues.map((queue) => queue.idle()))
    },
    stop: () => queues.forEach((queue) => queue.stop()),
  }
}

interface Queue {
  push(notification: Notification): void
  idle(): Promise<void>
  stop(): void
}

function createQueue(receiver: Receiver, status: AgentStatus, onFailure: NotifierOptions['onFailure']): Queue {
  const waiting: Notification[] = []
  let draining: Promise<void> | undefined
  let stopped = false

  async function deliver(notification: Notification): Promise<void> {
    status.notificationsSent++
    try {
      await receiver.deliver(notification)
      status.undelivered.delete(receiver.name)
    } catch (error) {
      if (stopped) return
      status.informsUnacknowledged++
      status.undelivered.set(receiver.name, messageOf(error))
      onFailure(error, notification)
    }
  }

  async function drain(): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) await deliver(next)
    draining = undefined
  }

  return {
    push(notification) {
      if (stopped) return
      if (waiting.length >= MAX_QUEUED) {
        waiting.shift()
        status.notificationsDropped++
      }
      waiting.push(notification)
      draining ??= drain()
    },
    idle: () => draining ?? Promise.resolve(),
    stop() {
      stopped = true
      waiting.length = 0
      receiver.close()
    },
  }
}
