/** Jobs of the server's own queues: one that is added is a child, one that runs is a root named by its queue. */
import type { JobInput, SentJobRecord } from '../current-agent.ts'
import { attempt } from '../guard/guard.ts'
import { type Headers, injectIntoMessage, parentOfMessage } from '../instrument/message-headers.ts'
import { processedMessage, sentMessage } from '../recorder/kinds/message.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { runRoot } from '../recorder/run-root.ts'

export function sendJob(recorder: Recorder, { system, queue, id }: JobInput): SentJobRecord | undefined {
  const child = recorder.startChild(sentMessage, { system, destination: queue, operation: 'add', messageId: id })
  if (!child) return undefined
  const headers: Headers = {}
  if (recorder.propagates) injectIntoMessage(headers, child)
  return { headers: headers as Record<string, string>, end: (error) => child.end(error) }
}

type ProcessedJob = JobInput & { readonly headers?: Headers | undefined }

export function processJob<R>(recorder: Recorder, { system, queue, id, headers }: ProcessedJob, fn: () => R): R {
  const parent = attempt('job.parent', () => parentOfMessage(headers), undefined)
  const detail = { system, destination: queue, operation: 'process', messageId: id, parent }
  return runRoot(recorder, { kind: processedMessage, detail, name: queue }, fn)
}
