/**
 * Answers 304 where the client has what the application answers. A page cache hides the conditions of the request that it records from the application, which would
 * otherwise answer 304 itself and give nothing to keep.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pairsOf } from '../../middleware/index.ts'
import { type Conditions, conditionsOf, in304, isNotModified, isOfBody } from './precondition.ts'
import type { Fields } from './storable.ts'

type Head = (status: number, ...rest: unknown[]) => ServerResponse

const OK = 200

export function judgeConditions(request: IncomingMessage, response: ServerResponse): void {
  const conditions = conditionsOf(request.headers)
  if (!conditions) return
  for (const name of Object.keys(conditions) as (keyof Conditions)[]) delete request.headers[name]
  const writeHead = response.writeHead.bind(response) as Head
  const judged: Head = (status, ...rest) => {
    const given = Object.fromEntries(pairsOf(rest.at(-1)).map(([name, value]) => [name.toLowerCase(), value])) as Fields
    if (status !== OK || !isNotModified(conditions, { ...(response.getHeaders() as Fields), ...given })) return writeHead(status, ...rest)
    for (const name of response.getHeaderNames()) if (isOfBody(name)) response.removeHeader(name)
    return writeHead(304, in304(given)) // Node ignores the body of a 304
  }
  response.writeHead = judged
}
