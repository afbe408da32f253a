/** What main.ts asks of a view. */
import type { Place } from './location.ts'

export interface View {
  readonly title: string
  readonly element: HTMLElement
  /** Asks the API and draws. An error is shown above what was drawn before. */
  refresh(): Promise<void>
  /** Whether it is asked to refresh by itself. */
  readonly isLive: boolean
  close?(): void
}

export type CreateView = (place: Place) => View
