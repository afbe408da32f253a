/**
 * Messages of amqplib, by promises and callbacks: one that is consumed is a root, named by its queue, which ends with what the consumer returns; one that is published is a
 * child. The trace travels in the headers.
 */
import { attempt } from '../guard/guard.ts'
import type { Child } from '../recorder/child.ts'
import { type Message, processedMessage, sentMessage } from '../recorder/kinds/message.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { runRoot } from '../recorder/run-root.ts'
import { fail } from './errors.ts'
import type { Instrumentation } from './instrumentation.ts'
import { type Headers, injectIntoMessage, parentOfMessage } from './message-headers.ts'

const SYSTEM = 'rabbitmq'

interface Fields {
  readonly exchange?: string
  readonly routingKey?: string
}
interface Properties {
  headers?: Headers | undefined
  readonly messageId?: string
}
interface Delivery {
  readonly properties: Properties
}
type Consumer = (this: unknown, message: Delivery | null) => unknown

interface Channel {
  sendMessage: (this: Channel, fields: Fields, properties: Properties, content: unknown) => unknown
  consume: (this: Channel, queue: string | undefined, consumer: Consumer, ...rest: unknown[]) => unknown
}
type ChannelClass = { readonly prototype: Channel }

export const amqplib: Instrumentation = {
  name: 'amqplib',
  package: 'amqplib',
  versions: ['0.10.0', '3.0.0'],
  by: 'module hook',
  records: 'messages that are consumed and published, with trace context',
  kinds: [processedMessage.name, sentMessage.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  mark: 'Unexpected response to BasicGet',
  attach: ({ recorder }) => [
    { file: /^lib\/channel\.js$/, apply: ({ Channel }: { Channel: ChannelClass }) => patchSending(Channel.prototype, recorder) },
    {
      file: /^lib\/(?:channel|callback)_model\.js$/,
      apply: ({ Channel }: { Channel: ChannelClass }) => patchConsuming(Channel.prototype, recorder),
    },
  ],
}

/** Every kind of channel sends by this method. The properties are made of the application's options, so they are not its own. */
function patchSending(prototype: Channel, recorder: Recorder): void {
  const { sendMessage } = prototype
  if (typeof sendMessage !== 'function') throw fail('SPY_AGENT_LIBRARY', ['amqplib', 'sendMessage'])
  prototype.sendMessage = function sendRecorded(fields, properties, content) {
    const child = attempt('amqplib.send', () => sending(recorder, fields, properties), undefined)
    try {
      const result = sendMessage.call(this, fields, properties, content)
      child?.end()
      return result
    } catch (error) {
      child?.end(error)
      throw error
    }
  }
}

function sending(recorder: Recorder, fields: Fields, properties: Properties): Child<Message> {
  const detail: Message = {
    system: SYSTEM,
    destination: destinationOf(fields),
    operation: 'publish',
    messageId: properties.messageId,
    more: undefined,
  }
  const child = recorder.startChild(sentMessage, detail)
  if (recorder.propagates) {
    const headers = { ...properties.headers }
    injectIntoMessage(headers, child)
    properties.headers = headers
  }
  return child
}

/** The default exchange delivers to the queue that the routing key names. */
function destinationOf({ exchange, routingKey }: Fields): string {
  return exchange || queueName(routingKey)
}

/** The broker gives names to queues, and each one is new; so are those that applications make for answers. */
export const queueName = (queue = ''): string =>
  queue.startsWith('amq.') ? queue.split(/[.-]/, 2).join('.') : queue.replaceAll(MADE_UP, '{id}')

/** A UUID, with or without its dashes, or another long number in base 16. */
const MADE_UP = /(?<![\da-z])(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\da-f]{16,64})(?![\da-z])/gi

function patchConsuming(prototype: Channel, recorder: Recorder): void {
  const { consume } = prototype
  if (typeof consume !== 'function') throw fail('SPY_AGENT_LIBRARY', ['amqplib', 'consume'])
  prototype.consume = function consumeRecorded(queue, consumer, ...rest) {
    const recorded = typeof consumer === 'function' ? consuming(queueName(queue), consumer, recorder) : consumer
    return consume.call(this, queue, recorded, ...rest)
  }
}

/** Without a message the broker says that it cancelled the consumer. */
function consuming(queue: string, consumer: Consumer, recorder: Recorder): Consumer {
  return function consumerRecorded(this: unknown, message) {
    if (!message) return consumer.call(this, message)
    const { headers, messageId } = message.properties
    const parent = attempt('amqplib.parent', () => parentOfMessage(headers), undefined)
    const detail = { system: SYSTEM, destination: queue, operation: 'consume', messageId, more: undefined, parent, senders: undefined }
    return runRoot(recorder, { kind: processedMessage, detail, name: queue }, () => consumer.call(this, message))
  }
}
