/** What main.ts requires from a view. */
import type { Place } from './location.ts'

export interface View {
  readonly title: string
  readonly element: HTMLElement
  /** Fetches from the API and draws. An error is shown above the previous content. */
  refresh(): Promise<void>
  /** Whether it refreshes automatically. */
  readonly isLive: boolean
  close?(): void
}

export type CreateView = (place: Place) => View
