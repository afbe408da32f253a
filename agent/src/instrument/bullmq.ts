/**
 * Jobs of BullMQ: one that a worker processes is a root, named by its queue; one that is added is a child. The trace travels where BullMQ's own telemetry keeps it, in the
 * options of the job, unless the application has put something there.
 */
import { attempt } from '../guard/guard.ts'
import type { Child } from '../recorder/child.ts'
import { type Message, processedMessage, sentMessage } from '../recorder/kinds/message.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { runRoot } from '../recorder/run-root.ts'
import { fail } from './errors.ts'
import type { Instrumentation } from './instrumentation.ts'
import { type Headers, injectIntoMessage, parentOfMessage } from './message-headers.ts'
import { passedOn } from './passed-on.ts'

const SYSTEM = 'bullmq'

interface JobOptions {
  readonly telemetry?: { readonly metadata?: string }
}
interface AddedJob {
  readonly opts?: JobOptions
}
interface Job extends AddedJob {
  readonly id?: string
  readonly queueName?: string
}

interface Queue {
  readonly name: string
  add: (this: Queue, name: string, data: unknown, options?: JobOptions) => Promise<unknown>
  addBulk: (this: Queue, jobs: readonly AddedJob[]) => Promise<unknown>
}
interface Worker {
  readonly name: string
  callProcessJob: (this: Worker, job: Job, ...rest: unknown[]) => unknown
}

export const bullmq: Instrumentation = {
  name: 'bullmq',
  package: 'bullmq',
  versions: ['5.0.0', '7.0.0'],
  by: 'module hook',
  records: 'jobs that are processed and added, with trace context',
  kinds: [processedMessage.name, sentMessage.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  mark: 'bullmq:',
  attach: ({ recorder }) => [
    {
      file: /^dist\/(?:cjs|esm)\/classes\/queue\.js$/,
      append: (call) => `${call} Queue)`,
      apply: ({ prototype }: { prototype: Queue }) => patchQueue(prototype, recorder),
    },
    {
      file: /^dist\/(?:cjs|esm)\/classes\/worker\.js$/,
      append: (call) => `${call} Worker)`,
      apply: ({ prototype }: { prototype: Worker }) => patchWorker(prototype, recorder),
    },
  ],
}

function patchQueue(prototype: Queue, recorder: Recorder): void {
  const { add, addBulk } = prototype
  if (typeof add !== 'function') throw fail('SPY_AGENT_LIBRARY', ['bullmq', 'add'])
  prototype.add = function addRecorded(name, data, options) {
    const child = started(recorder, this)
    if (!child) return add.call(this, name, data, options)
    return passedOn(add.call(this, name, data, withTrace(options, child, recorder)), child) as Promise<unknown>
  }
  prototype.addBulk = function addBulkRecorded(jobs) {
    const child = started(recorder, this)
    if (!child) return addBulk.call(this, jobs)
    const carrying = attempt('bullmq.bulk', () => jobs.map((job) => ({ ...job, opts: withTrace(job.opts, child, recorder) })), jobs)
    return passedOn(addBulk.call(this, carrying), child) as Promise<unknown>
  }
}

function started(recorder: Recorder, { name }: Queue): Child<Message> | undefined {
  const detail: Message = { system: SYSTEM, destination: name, operation: 'add', messageId: undefined, more: undefined }
  return attempt('bullmq.add', () => recorder.startChild(sentMessage, detail), undefined)
}

function withTrace(options: JobOptions | undefined, child: Child, recorder: Recorder): JobOptions {
  const given = options ?? {}
  if (!recorder.propagates || given.telemetry) return given
  const headers: Headers = {}
  attempt('bullmq.inject', () => injectIntoMessage(headers, child), undefined)
  return Object.keys(headers).length === 0 ? given : { ...given, telemetry: { metadata: JSON.stringify(headers) } }
}

function patchWorker(prototype: Worker, recorder: Recorder): void {
  const { callProcessJob } = prototype
  if (typeof callProcessJob !== 'function') throw fail('SPY_AGENT_LIBRARY', ['bullmq', 'callProcessJob'])
  prototype.callProcessJob = function processRecorded(job, ...rest) {
    const { name } = this
    const parent = attempt('bullmq.parent', () => parentOf(job), undefined)
    const detail = {
      system: SYSTEM,
      destination: name,
      operation: 'process',
      messageId: job.id,
      more: undefined,
      parent,
      senders: undefined,
    }
    return runRoot(recorder, { kind: processedMessage, detail, name }, () => callProcessJob.call(this, job, ...rest))
  }
}

/** Metadata of another telemetry is something else, or nothing. */
function parentOf({ opts }: Job): ReturnType<typeof parentOfMessage> {
  const metadata = opts?.telemetry?.metadata
  return metadata?.startsWith('{') ? parentOfMessage(JSON.parse(metadata) as Headers) : undefined
}
