/** What is sent for a page: one request, or several that follow each other. */
import type { ReceiverConfig } from '@spyglass/process/config'
import type { Page } from '../page.ts'
import type { Answer } from '../post.ts'

export interface Message {
  readonly url: string
  /** Sent as JSON. */
  readonly body: unknown
  /** Headers by what is sent. */
  readonly headersOf?: (body: string) => Readonly<Record<string, string>>
  /** Why an answer with 2xx is no acceptance; undefined when it is one. */
  readonly refusalOf?: (answer: Answer) => string | undefined
}

export type MessageMaker = (receiver: ReceiverConfig, page: Page, now: number) => readonly Message[]
