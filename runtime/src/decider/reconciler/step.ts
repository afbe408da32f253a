/** What is to be done next. */
import type { DesiredProcess } from './desired.ts'

export type Step =
  | { readonly do: 'open'; readonly listener: string }
  | { readonly do: 'close'; readonly listener: string }
  | { readonly do: 'start'; readonly process: DesiredProcess }
  /** Ask it to finish within the deadline, which has the time to close in it. */
  | { readonly do: 'stop'; readonly generation: number; readonly deadlineMs: number }
  /** `slow`: not ready in time; `hung`: no sign of life; `late`: asked to stop and still there. */
  | { readonly do: 'kill'; readonly generation: number; readonly why: 'slow' | 'hung' | 'late' }
  /** Nothing more until then, unless something happens. */
  | { readonly do: 'wait'; readonly until: number }

/** Steps and moments of one look at the world. */
export interface Look {
  readonly steps: readonly Step[]
  /** When something becomes due that nothing announces. */
  readonly moments: readonly number[]
}

export const nothingToDo: Look = { steps: [], moments: [] }

export const step = (...steps: readonly Step[]): Look => ({ steps, moments: [] })

export const at = (moment: number): Look => ({ steps: [], moments: [moment] })

export function together(looks: readonly Look[]): Look {
  return { steps: looks.flatMap(({ steps }) => steps), moments: looks.flatMap(({ moments }) => moments) }
}
