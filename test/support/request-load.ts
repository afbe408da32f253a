/** Requests without an end while something is done to the server, half of them on connections that are kept. */
import http from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

const CLIENTS = 4
/**
 * Each client waits between two requests: the machine is there for what is done, too. A kept connection that the server has closed meanwhile is noticed
 * then; without a pause a client that got no CPU for long would send on it, as HTTP allows, and have to repeat (RFC 9112 §9.3.1).
 */
const PAUSE_MS = 5

export interface Traffic {
  readonly good: number
  /** What was answered instead, or why there was no answer. */
  readonly failures: readonly string[]
}

/** `expected`: what an answer is to be, status and body: `200 hello`. */
export async function underLoad(url: string, expected: RegExp, action: () => Promise<void>): Promise<Traffic> {
  const failures: string[] = []
  let [good, isOver] = [0, false]
  const agents = [new http.Agent({ keepAlive: true }), undefined]
  const clients = Array.from({ length: CLIENTS }, async (_, at) => {
    while (!isOver) {
      const answer = await ask(url, agents[at % 2]).catch((error: Error) => error.message)
      if (expected.test(answer)) good++
      else failures.push(answer)
      await sleep(PAUSE_MS)
    }
  })
  try {
    await action()
  } finally {
    isOver = true
    await Promise.all(clients)
    agents[0]?.destroy()
  }
  return { good, failures }
}

/** Status and body. */
export function ask(url: string, agent?: http.Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    http
      .get(url, { agent: agent ?? false }, (response) => {
        text(response).then((body) => resolve(`${response.statusCode} ${body}`), reject)
      })
      .on('error', reject)
  })
}
