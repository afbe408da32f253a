/** An open-loop load on one path, and what came of it. */
import { atRate, OpenClient } from '../open-client.ts'

const DRAIN_MS = 3000

export interface Answers {
  /** Milliseconds of each answer of 200, from when the request was due. */
  readonly good: number[]
  /** Answers of 200 that came in the time that counts, however late. */
  readonly answered: number
  readonly refused: number
  /** No connection was free, or it broke off. */
  readonly failed: number
  readonly seconds: number
}

export interface LoadPlan {
  readonly path: string
  readonly perSecond: number
  readonly ms: number
  /** What begins earlier is not counted. */
  readonly warmUpMs: number
}

/** Resolves some time after the last request was sent; what is not answered by then has failed. */
export async function sendOpen(port: number, { path, perSecond, ms, warmUpMs }: LoadPlan): Promise<Answers> {
  const request = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`
  const client = new OpenClient(port)
  const good: number[] = []
  let [answered, refused, failed] = [0, 0, 0]
  const begin = performance.now()
  const countedFrom = begin + warmUpMs
  const isCounted = (at: number): boolean => at >= countedFrom && at <= begin + ms
  await atRate({ perSecond, ms }, (_at, due) =>
    client.send(request, due, (answer) => {
      if (answer?.status === 200 && isCounted(due + answer.ms)) answered++
      if (due < countedFrom) return
      if (answer === undefined) failed++
      else if (answer.status === 200) good.push(answer.ms)
      else refused++
    }),
  )
  await client.close(DRAIN_MS)
  return { good, answered, refused, failed, seconds: (ms - warmUpMs) / 1000 }
}
