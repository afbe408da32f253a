/** The end of a root that nobody tells: a handler that returned may have begun what still runs. */
import { guarded } from '../guard/guard.ts'
import type { Recorder } from './recorder.ts'
import type { TraceRecord } from './trace-record.ts'

/** Ends it when nothing that was recorded in it runs any more: now, or after the callbacks of what ended last, which may begin more. */
export function endWhenIdle(recorder: Recorder, record: TraceRecord): void {
  if (isIdle(record)) return recorder.endRoot(record)
  const look = guarded('root.idle', () => {
    if (record.endMs === 0 && isIdle(record)) recorder.endRoot(record)
  })
  record.childEnded = () => void setImmediate(look)
}

const isIdle = ({ children }: TraceRecord): boolean => children === undefined || children.every(({ ended }) => ended)
