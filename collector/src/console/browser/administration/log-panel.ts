/** The log of a thing, which grows while it is followed. */
import { ApiError, follow } from '../api.ts'
import { fill, h } from '../dom.ts'

/** Older lines make room: a page that stays open must not grow without bound. */
const MAX_LINES = 1000

/** `path` is that of the operation in the API. */
export function logPanel(path: string): HTMLElement {
  const text = h('pre', { class: 'log', tabindex: 0, 'aria-label': 'Log' })
  const problem = h('div', { role: 'alert' })
  const button = h('button', { type: 'button', 'aria-pressed': 'false', onclick: () => void toggle() }, 'Follow the log')
  let following: AbortController | undefined

  async function toggle(): Promise<void> {
    if (following) return following.abort()
    following = new AbortController()
    show(button, true)
    fill(problem)
    fill(text)
    await read(following.signal).catch((error: unknown) => tell(problem, error))
    following = undefined
    show(button, false)
  }

  async function read(signal: AbortSignal): Promise<void> {
    for await (const lines of follow(path, { lines: 200 }, signal)) {
      if (!text.isConnected) return // the page shows something else
      append(text, lines)
    }
  }

  return h('section', {}, h('h2', {}, 'Log'), h('p', { class: 'filters' }, button), problem, text)
}

function show(button: HTMLElement, isFollowing: boolean): void {
  button.setAttribute('aria-pressed', String(isFollowing))
  fill(button, isFollowing ? 'Stop' : 'Follow the log')
}

/** Stays at the end for a reader who is there. */
function append(text: HTMLElement, lines: readonly string[]): void {
  const isAtEnd = text.scrollHeight - text.scrollTop - text.clientHeight < 8
  text.append(...lines.map((line) => h('span', {}, `${line}\n`)))
  while (text.childElementCount > MAX_LINES) text.firstElementChild?.remove()
  if (isAtEnd) text.scrollTop = text.scrollHeight
}

function tell(problem: HTMLElement, error: unknown): void {
  const code = error instanceof ApiError ? error.code : 'Error'
  fill(problem, h('p', { class: 'problem' }, h('strong', {}, code), ' ', error instanceof Error ? error.message : String(error)))
}
