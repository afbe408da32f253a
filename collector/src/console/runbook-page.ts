/** A page for the person on call, as the links of pages lead to it. It is text that a browser shows as it is: Markdown is made to be read. */
import { runbookText } from '@spyglass/dashboards'
import type { FastifyReply } from 'fastify'

export function sendRunbook(reply: FastifyReply, name: string): FastifyReply {
  const text = runbookText(name)
  if (text === undefined) {
    reply.callNotFound()
    return reply
  }
  return reply.type('text/plain; charset=utf-8').header('cache-control', 'no-cache').send(text)
}
