/**
 * Messages of KafkaJS. What is sent is a child for each topic, in transactions as well; a message that a consumer is given is a root, named by its topic, and so is a batch. The
 * trace travels in the headers.
 */
import { attempt } from '../guard/guard.ts'
import type { Child } from '../recorder/child.ts'
import { type Message, type ReceivedMessage, processedMessage, sentMessage } from '../recorder/kinds/message.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { type Run, runRoot } from '../recorder/run-root.ts'
import { attr } from '../contract/telemetry.ts'
import { fail } from './errors.ts'
import type { Instrumentation } from './instrumentation.ts'
import { type Headers, injectIntoMessage, parentOfMessage } from './message-headers.ts'
import { passedOn } from './passed-on.ts'

const SYSTEM = 'kafka'

interface KafkaMessage {
  readonly headers?: Headers | undefined
  readonly offset?: string
}
interface TopicMessages {
  readonly topic: string
  readonly messages: readonly KafkaMessage[]
}
interface Batches {
  readonly topicMessages: readonly TopicMessages[]
}
interface Sender {
  readonly send: (record: TopicMessages) => Promise<unknown>
  readonly sendBatch: (batches: Batches) => Promise<unknown>
}

/** Of one partition. */
interface Received {
  readonly topic: string
  readonly partition: number
}
interface EachMessage extends Received {
  readonly message: KafkaMessage
}
interface EachBatch {
  readonly batch: Received & { readonly messages: readonly KafkaMessage[] }
}
type Handler<P> = (this: unknown, payload: P) => unknown
interface RunOptions {
  readonly eachMessage?: Handler<EachMessage>
  readonly eachBatch?: Handler<EachBatch>
}
interface Consumer {
  readonly run: (options?: RunOptions) => Promise<unknown>
}
interface ConsumerOptions {
  readonly groupId?: string
}

const replaced = (call: string): string => `module.exports = ${call} module.exports)`

export const kafkajs: Instrumentation = {
  name: 'kafkajs',
  package: 'kafkajs',
  versions: ['1.16.0', '3.0.0'],
  by: 'module hook',
  records: 'messages and batches that are consumed, messages that are sent, with trace context',
  kinds: [processedMessage.name, sentMessage.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  mark: 'The producer is disconnecting; therefore',
  attach: ({ recorder }) => [
    {
      file: /^src\/producer\/messageProducer\.js$/,
      append: replaced,
      apply: (createSender: (options: unknown) => Sender) => {
        expectFunction(createSender, 'createMessageProducer')
        return (options: unknown) => recordingSender(createSender(options), recorder)
      },
    },
    {
      file: /^src\/consumer\/index\.js$/,
      append: replaced,
      apply: (createConsumer: (options: ConsumerOptions) => Consumer) => {
        expectFunction(createConsumer, 'createConsumer')
        return (options: ConsumerOptions) => recordingConsumer(createConsumer(options), options.groupId, recorder)
      },
    },
  ],
}

function expectFunction(value: unknown, name: string): void {
  if (typeof value !== 'function') throw fail('SPY_AGENT_LIBRARY', ['kafkajs', name])
}

/** Producers and transactions send by one of these. */
function recordingSender(sender: Sender, recorder: Recorder): Sender {
  const { send, sendBatch } = sender
  return {
    ...sender,
    send(record) {
      const sending = attempt('kafkajs.send', () => sendings(recorder, [record])[0], undefined)
      return sending ? (passedOn(send(sending.record), sending.child) as Promise<unknown>) : send(record)
    },
    sendBatch(batches) {
      const sent = attempt('kafkajs.send', () => sendings(recorder, batches.topicMessages), [])
      if (sent.length === 0) return sendBatch(batches)
      const topicMessages = sent.map(({ record }) => record)
      return passedOn(sendBatch({ ...batches, topicMessages }), all(sent)) as Promise<unknown>
    },
  }
}

interface Sending {
  readonly child: Child<Message>
  /** With the trace in the headers. */
  readonly record: TopicMessages
}

const all = (sendings: readonly Sending[]): { end(error?: unknown): void } => ({
  end(error) {
    for (const { child } of sendings) child.end(error)
  },
})

/** Nothing for what the library will refuse. */
function sendings(recorder: Recorder, records: readonly TopicMessages[]): readonly Sending[] {
  const isSendable = ({ topic, messages }: TopicMessages): boolean => typeof topic === 'string' && Array.isArray(messages)
  return records.every(isSendable) ? records.map((record) => sending(recorder, record)) : []
}

function sending(recorder: Recorder, record: TopicMessages): Sending {
  const { topic, messages } = record
  const child = recorder.startChild(sentMessage, {
    system: SYSTEM,
    destination: topic,
    operation: 'send',
    messageId: undefined,
    more: messages.length === 1 ? undefined : { [attr.messagingBatchCount]: messages.length },
  })
  const carried: Headers = {}
  if (recorder.propagates) attempt('kafkajs.inject', () => injectIntoMessage(carried, child), undefined)
  const names = Object.keys(carried)
  if (names.length === 0) return { child, record }
  return { child, record: { ...record, messages: messages.map((message) => withHeaders(message, carried, names)) } }
}

/** A trace that the application has put there stays, and what is no plain object may be more than its own properties. */
function withHeaders(message: KafkaMessage, carried: Headers, names: readonly string[]): KafkaMessage {
  if (!isPlain(message)) return message
  const { headers = {} } = message
  return names.some((name) => name in headers) ? message : { ...message, headers: { ...headers, ...carried } }
}

function isPlain(message: unknown): boolean {
  if (typeof message !== 'object' || message === null) return false
  const prototype: unknown = Object.getPrototypeOf(message)
  return prototype === Object.prototype || prototype === null
}

function recordingConsumer(consumer: Consumer, group: string | undefined, recorder: Recorder): Consumer {
  const { run } = consumer
  return {
    ...consumer,
    run: (options) => run(attempt('kafkajs.run', () => options && recordingHandlers(options, group, recorder), options)),
  }
}

function recordingHandlers(options: RunOptions, group: string | undefined, recorder: Recorder): RunOptions {
  const { eachMessage, eachBatch } = options
  return {
    ...options,
    ...(eachMessage ? { eachMessage: recording(eachMessage, recorder, (payload) => ofMessage(payload, group)) } : {}),
    ...(eachBatch ? { eachBatch: recording(eachBatch, recorder, (payload) => ofBatch(payload, group)) } : {}),
  }
}

function recording<P>(handler: Handler<P>, recorder: Recorder, runOf: (payload: P) => Run<ReceivedMessage>): Handler<P> {
  return function handlerRecorded(this: unknown, payload) {
    const run = attempt('kafkajs.receive', () => runOf(payload), undefined)
    return run ? runRoot(recorder, run, () => handler.call(this, payload)) : handler.call(this, payload)
  }
}

function ofMessage({ topic, partition, message }: EachMessage, group: string | undefined): Run<ReceivedMessage> {
  return received({ topic, partition }, [message], { [attr.messagingGroup]: group, [attr.messagingOffset]: offsetOf(message) })
}

function ofBatch({ batch }: EachBatch, group: string | undefined): Run<ReceivedMessage> {
  return received(batch, batch.messages, { [attr.messagingGroup]: group, [attr.messagingBatchCount]: batch.messages.length })
}

/** One message continues the trace that sent it; of a batch each has its own, to which there are links. */
function received(
  { topic, partition }: Received,
  messages: readonly KafkaMessage[],
  more: NonNullable<Message['more']>,
): Run<ReceivedMessage> {
  const isOne = messages.length === 1
  return {
    kind: processedMessage,
    name: topic,
    detail: {
      system: SYSTEM,
      destination: topic,
      operation: 'process',
      messageId: undefined,
      more: { ...more, [attr.messagingPartition]: String(partition) },
      parent: isOne ? parentOfMessage(messages[0]?.headers) : undefined,
      senders: isOne ? undefined : () => messages.map(({ headers }) => parentOfMessage(headers)),
    },
  }
}

const offsetOf = ({ offset }: KafkaMessage): number | undefined => (offset === undefined ? undefined : Number(offset))
